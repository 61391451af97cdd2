// SPDX-License-Identifier: Apache-2.0
// Fragments against the plainest model, and with tight limits. Input: records of 8 bytes (which
// datagram and flags, offset, length, what the bytes are, how many were captured, seconds passed).
#include <algorithm>
#include <cstdlib>

#include "decode/reassembly.h"
#include "reassembly_model.h"

namespace {

using namespace t2;

constexpr Nanoseconds kAge = 60 * kSecond;

void check(bool right) {
  if (!right) std::abort();
}

/// The fragments of one input.
class Fragments {
 public:
  explicit Fragments(Bytes input) : c_(input) {
    header4_[0] = 0x45;
    header6_[0] = 0x60;
    header6_[6] = 44;
    header6_[40] = 17;
  }

  bool next() {
    const std::uint8_t control = c_.u8();
    const std::uint32_t offset = c_.be16() & 0x1fffU, length = c_.be16();
    const std::uint8_t kind = c_.u8(), missing = c_.u8(), seconds = c_.u8();
    if (!c_.ok()) return false;
    const bool v6 = (control & 1) != 0;
    f_.src.family = f_.dst.family = v6 ? Family::kIpv6 : Family::kIpv4;
    f_.header = v6 ? Bytes(header6_) : Bytes(header4_);
    f_.header_length = static_cast<std::uint16_t>(v6 ? 48 : 20);
    f_.next_header = v6 ? 6 : 0;
    if ((control & 0x40) != 0) f_.header = first(f_.header, 12);  // cut by the snapshot length
    f_.more = (control & 2) != 0;
    f_.id = control >> 2 & 3U;
    f_.protocol = (control & 0x10) != 0 ? 6 : 17;
    f_.vlan_id = control >> 5 & 1U;
    // Most are small and lie close together. No longer ones: the model takes its time.
    f_.offset = (control & 0x80) != 0 ? offset * 8 : offset % 16 * 8;
    f_.length = length % ((control & 0x80) != 0 ? 1024 : 64);
    body_.resize(f_.length);
    for (std::uint32_t i = 0; i < f_.length; ++i) {
      body_[i] = static_cast<std::uint8_t>((f_.offset + i) * 31 + kind % 4);
    }
    f_.payload = first(body_, f_.length - std::min<std::uint32_t>(f_.length, missing / 64 * 5U));
    f_.src_port = f_.offset == 0 ? kind : std::uint8_t{0};
    f_.transport = kind % 3;
    now_ += seconds % 16 == 0 ? seconds * kSecond / 16 : 0;
    return true;
  }

  const IpFragment& fragment() const { return f_; }
  Nanoseconds now() const { return now_; }

 private:
  Cursor c_;
  IpFragment f_;
  std::array<std::uint8_t, 20> header4_{};
  std::array<std::uint8_t, 48> header6_{};
  std::vector<std::uint8_t> body_;
  Nanoseconds now_ = 0;
};

void compare(const IpFragment& f, const Reassembly::Taken& got,
             const test::ReassemblyModel::Result& expected) {
  check(got.known == expected.known && got.src_port == expected.src_port);
  check(got.complete == expected.complete);
  if (got.complete) check(got.doubtful == expected.doubtful);
  if (got.whole.empty()) return;
  const std::size_t header = f.src.is_v6() ? 40 : 20;
  check(got.length == expected.length + header);
  const Bytes body = skip(got.whole, header);
  check(std::equal(body.begin(), body.end(), expected.bytes.begin(), expected.bytes.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kDatagrams = 3;
  constexpr std::uint64_t kBytes = 500, kOneMore = 65535 + 4096;
  Reassembly real;
  Reassembly tight({.datagrams = kDatagrams, .bytes = kBytes});
  test::ReassemblyModel model(kAge);
  Fragments input(Bytes(data, size));
  std::uint64_t conflicts = 0;
  while (input.next()) {
    const IpFragment& f = input.fragment();
    const Reassembly::Taken got = real.take(f, input.now());
    const test::ReassemblyModel::Result expected = model.take(f, input.now());
    compare(f, got, expected);
    const bool too_long = got.complete && got.whole.empty();
    conflicts += expected.conflict || too_long ? 1 : 0;
    check(real.stats().conflicts == conflicts);
    tight.take(f, input.now());
    check(tight.datagrams() <= kDatagrams && tight.bytes() <= kBytes + kOneMore);
  }
  return 0;
}
