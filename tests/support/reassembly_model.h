// SPDX-License-Identifier: Apache-2.0
// The plainest reassembly there is, byte by byte and without limits, to compare the real one with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "decode/ip_fragment.h"

namespace t2::test {

class ReassemblyModel {
 public:
  struct Result {
    bool known = false, complete = false, conflict = false, doubtful = false;
    std::uint16_t src_port = 0;
    std::vector<std::uint8_t> bytes;  // if complete: up to the first that was not captured
    std::uint32_t length = 0;         // ... and on the wire
  };

  explicit ReassemblyModel(Nanoseconds age) : age_(age) {}

  Result take(const IpFragment& f, Nanoseconds now) {
    const auto key =
        std::tuple(f.src.bytes, f.dst.bytes, f.id, f.vlan_id, f.src.is_v6() ? 0 : int{f.protocol});
    if (const auto it = all_.find(key); it != all_.end() && now - it->second.begun >= age_) {
      all_.erase(it);
    }
    const std::uint32_t length = f.more ? f.length & ~7U : f.length;
    Result r;
    if (length == 0 || f.header.size() < f.header_length) {
      const auto it = all_.find(key);
      if (it == all_.end()) return r;
      if (it->second.complete && now - it->second.last >= kSecond) return r;
      tell(it->second, r);
      return r;
    }
    const bool is_new = all_.find(key) == all_.end();
    Datagram& d = all_[key];
    if (is_new) d.begun = now;
    if (d.complete) {
      d.bytes.clear();
      d.end.reset();
      d.first = d.complete = d.doubtful = false;
      d.known = now - d.last < kSecond;
      d.begun = now;
    }
    if (!d.bytes.empty() && now - d.last >= kSecond) d.doubtful = true;
    d.last = now;
    r.conflict = !add(d, f, length);
    if (r.conflict) d.doubtful = true;
    tell(d, r);
    if (!d.first || !d.end || d.bytes.size() < *d.end) return r;
    d.complete = r.complete = true;
    r.doubtful = d.doubtful;
    r.length = *d.end;
    for (const auto& [offset, byte] : d.bytes) {
      if (byte < 0) break;
      r.bytes.push_back(static_cast<std::uint8_t>(byte));
    }
    return r;
  }

 private:
  struct Datagram {
    std::map<std::uint32_t, int> bytes;  // by offset; -1: not captured
    std::optional<std::uint32_t> end;
    Nanoseconds begun = 0, last = 0;
    bool first = false, known = false, complete = false, doubtful = false;
    std::uint16_t src_port = 0;
  };

  static void tell(const Datagram& d, Result& r) {
    r.known = d.known;
    r.src_port = d.src_port;
  }

  /// False if something contradicts what came before.
  static bool add(Datagram& d, const IpFragment& f, std::uint32_t length) {
    const std::uint32_t end = f.offset + length;
    if (end > 65535) return false;
    if (d.end && (f.more ? end > *d.end : end != *d.end)) return false;
    if (!d.end && !f.more && !d.bytes.empty() && d.bytes.rbegin()->first >= end) return false;
    if (!f.more) d.end = end;
    if (f.offset == 0 && !d.first) {
      d.first = d.known = true;
      d.src_port = f.src_port;
    }
    bool same = true;
    for (std::uint32_t i = 0; i < length; ++i) {
      const int byte = i < f.payload.size() ? f.payload[i] : -1;
      const int there = d.bytes.emplace(f.offset + i, byte).first->second;
      if (byte >= 0 && there >= 0 && byte != there) same = false;
    }
    return same;
  }

  Nanoseconds age_;
  std::map<std::tuple<std::array<std::uint8_t, 16>, std::array<std::uint8_t, 16>, std::uint32_t,
                      std::uint16_t, int>,
           Datagram>
      all_;
};

}  // namespace t2::test
