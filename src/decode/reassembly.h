// SPDX-License-Identifier: Apache-2.0
// Reassembly: IP datagrams from their fragments (RFC 791, 3.2; RFC 8200, 4.5), in whatever order
// they come. The first bytes to arrive for an offset win. Bounded in datagrams, bytes and age by
// packet time; what comes out depends on the fragments and their times only.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "decode/ip_fragment.h"
#include "t2/types.h"

namespace t2 {

struct ReassemblyOptions {
  std::size_t datagrams = 1 << 16;  // known at a time; the oldest one goes
  std::uint64_t bytes = 64U << 20;  // held at a time, give or take one fragment; the same
  Nanoseconds age = 60 * kSecond;   // RFC 8200, 4.5; RFC 1122, 3.3.2
  std::uint64_t seed = 0;           // of the hash table
};

struct ReassemblyStats {
  std::uint64_t conflicts = 0;  // fragments with other bytes or another end than earlier ones, or
                                // beyond the longest datagram
  std::uint64_t evicted = 0;    // datagrams given up incomplete: too many of them, too many bytes
  std::uint64_t expired = 0;    // ... or no longer waited for
};

class Reassembly {
 public:
  struct Taken {
    bool known = false;  // the transport's ports and protocol are
    std::uint8_t protocol = 0;
    std::uint16_t src_port = 0, dst_port = 0;
    bool begun = false;     // the datagram's first fragment has come
    bool complete = false;  // with this fragment
    /// Fragments of it contradicted each other, or came so late that they may be another one's, for
    /// 16-bit IDs are soon used again (RFC 4963): a checksum should tell.
    bool doubtful = false;
    /// If complete: the IP packet as if it had never been fragmented, up to the first byte that was
    /// not captured; then what it has on the wire. Until the next take().
    Bytes whole;
    std::uint32_t length = 0;
    /// If not complete, but begun: the transport's first bytes, as many as came in one piece, and
    /// where they begin in the datagram. Until the next take().
    Bytes transport;
    std::uint32_t transport_offset = 0;
  };

  explicit Reassembly(const ReassemblyOptions& options = {});

  /// `now`: the packet's time.
  Taken take(const IpFragment& f, Nanoseconds now);
  /// What is known of the datagram, which gets nothing from this fragment.
  Taken find(const IpFragment& f, Nanoseconds now) const;

  const ReassemblyStats& stats() const { return stats_; }
  std::size_t datagrams() const { return table_.size(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Key {
    std::array<std::uint8_t, 16> src{}, dst{};
    std::uint32_t id = 0;
    std::uint16_t vlan_id = 0;
    std::uint8_t protocol = 0;  // IPv4 only: in IPv6 the fragments may differ in it
    Family family = Family::kNone;

    bool operator==(const Key&) const = default;
  };
  static_assert(sizeof(Key) == 40, "no padding, for hashing");
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const Key& k) const { return hash_bytes(k, seed); }
  };
  /// Pieces of a datagram never overlap.
  struct Piece {
    std::uint32_t offset, length;
    std::uint32_t at;  // in Datagram::data
    bool captured;     // else only known to have been there
  };
  struct Datagram {
    Key key;
    Nanoseconds begun = 0, last = 0;   // its first and last fragment
    std::vector<std::uint8_t> header;  // the first fragment's
    std::vector<std::uint8_t> data;    // in the order it came
    std::vector<Piece> pieces;         // by offset
    std::uint32_t held = 0;            // bytes on the wire
    std::uint32_t end = 0;             // where it ends, if end_known
    std::uint32_t transport = 0;
    std::uint16_t next_header = 0;
    std::uint16_t src_port = 0, dst_port = 0;
    std::uint8_t protocol = 0;
    bool first = false;  // the first fragment has come
    bool end_known = false;
    bool ports_known = false;  // of this datagram, or of the one before with the same key
    bool complete = false;     // its bytes are gone; the next fragment begins another one
    bool doubtful = false;

    std::uint64_t cost() const {
      return data.size() + header.size() + pieces.size() * sizeof(Piece);
    }
  };
  using Datagrams = std::list<Datagram>;  // those begun last at the end

  static Key key_of(const IpFragment& f);
  bool expired(const Datagram& d, Nanoseconds now) const;
  static bool is_late(const Datagram& d, Nanoseconds now);
  Datagram& datagram_of(const IpFragment& f, Nanoseconds now);
  void begin_again(Datagrams::iterator d, Nanoseconds now);
  void make_room(Nanoseconds now);
  void drop(Datagrams::iterator d, std::uint64_t& counter);
  void forget_bytes(Datagram& d);
  void note_first(Datagram& d, const IpFragment& f);
  bool fits(Datagram& d, const IpFragment& f, std::uint32_t length) const;
  void insert(Datagram& d, Bytes data, std::uint32_t offset, std::uint32_t length);
  void conflict(Datagram& d);
  void add(Datagram& d, std::vector<Piece>::iterator& at, Bytes data, std::uint32_t offset,
           std::uint32_t length);
  bool build(const Datagram& d);
  static Taken known(const Datagram& d);

  ReassemblyOptions options_;
  Datagrams datagrams_;
  std::unordered_map<Key, Datagrams::iterator, Hash> table_;
  std::uint64_t bytes_ = 0;  // sum of the costs
  std::vector<std::uint8_t> whole_;
  std::uint32_t whole_length_ = 0;
  ReassemblyStats stats_;
};

}  // namespace t2
