// SPDX-License-Identifier: Apache-2.0
// Linker: brings transfers and data connections together. A connection is announced by an endpoint
// (expectation table of the core), or was seen before its announcement (look-back, between hosts
// that have a control connection). It is linked at the reply that opens the transfer, or when its
// bytes come.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "content.h"
#include "control.h"
#include "host.h"
#include "session.h"
#include "t2/expect.h"

namespace t2::ftp {

/// What one control connection has to do with a data connection.
struct Link {
  std::shared_ptr<Control> control;
  std::uint64_t endpoint = 0;
  TransferPtr transfer;
  bool made = false;     // the columns of both sides know of each other
  Expectation expected;  // what announced it
};

/// One data connection; both directions of its flow share it.
struct DataConnection {
  OrderedRef flow;
  std::uint64_t index = 0;
  std::uint32_t number = 1;                    // the how many-th connection on this 5-tuple
  std::uint32_t first_seq = 0;                 // of its SYN, 0 if not seen
  std::vector<Link> links;                     // one; two when two servers talk to each other
  std::vector<std::uint64_t> control_indices;  // ftpCDFindex
  std::vector<ContentRecord> waiting;          // complete files whose transfer has no result yet
  bool linked = false;
  bool payload = false;  // was seen
  bool overflow = false;
  bool ended = false;

  /// The link that says what is transferred; null if none does yet.
  const Link* main_link() const;
};

class Linker {
 public:
  explicit Linker(Host& host) : host_(host) {}

  // From the control connections.
  void add_hosts(const Control& c);
  void announce(Control& c, const Endpoint& e);
  void withdraw(Control& c, std::uint64_t endpoint);
  void on_transfer(Control& c, const TransferPtr& t);
  void on_opened(Control& c, const TransferPtr& t);
  void on_finished(Control& c, const TransferPtr& t);
  void on_control_end(Control& c);

  // From other flows.
  /// The first direction of a TCP flow that is no control connection.
  void on_new_flow(OrderedFlow& f, const Packet& p);
  /// The second direction of a flow whose first one is a data connection or a candidate.
  void on_second_direction(OrderedFlow& f, Side& first);
  /// A SYN on an existing data connection's flow: perhaps a new one.
  void on_syn(OrderedFlow& f, Side& d, const Packet& p);
  /// It was refused, or reset before any payload: another attempt may follow.
  void on_reset(const DataConnection& connection);
  /// Payload came: links a connection whose transfer is known but not opened by a reply (yet).
  void on_payload(DataConnection& connection);
  /// A direction of a data connection's flow ends.
  void on_data_end(OrderedFlow& f, Side& d);
  void on_candidate_end(OrderedFlow& f);

  std::uint64_t bounces() const { return bounces_; }

 private:
  struct HostPair {
    IpAddress low, high;
    std::uint16_t vlan_id = 0;
    auto operator<=>(const HostPair&) const = default;  // NOLINT: no 0 of ours in it
  };
  struct Hosts {
    std::uint32_t controls = 0;  // control connections between them
    /// One of them, seen from the client's side only, if its transfer waits for a connection.
    std::weak_ptr<Control> one_sided;
  };
  struct Candidate {
    OrderedRef flow;
    Moment began;
    std::uint16_t src_port = 0, dst_port = 0;
  };
  /// How many candidates have a port, or one of the same bucket: of most announced ones none has.
  class Ports {
   public:
    void add(const Candidate& c) { ++count(c.src_port), ++count(c.dst_port); }
    void remove(const Candidate& c) { --count(c.src_port), --count(c.dst_port); }
    bool may_have(std::uint16_t port) const { return counts_[port % kBuckets] != 0; }

   private:
    static constexpr std::size_t kBuckets = 16384;
    std::uint16_t& count(std::uint16_t port) { return counts_[port % kBuckets]; }

    std::array<std::uint16_t, kBuckets> counts_{};
  };
  static constexpr std::size_t kMaxCandidates = 256;
  static constexpr std::size_t kMaxRecent = 1024;
  static constexpr std::uint16_t kFirstUnprivileged = 1024;
  static constexpr std::size_t kMaxConnections = 64;  // remembered per control connection
  static constexpr Nanoseconds kCandidateAge = 60 * kSecond;

  static HostPair pair_of(const IpAddress& a, const IpAddress& b, std::uint16_t vlan_id);
  struct Waiting {
    std::shared_ptr<Control> control;
    Expectation expected;
    bool own = false;  // the flow connects the control connection's own hosts
  };
  std::vector<Waiting> take_waiting(const OrderedFlow& f);
  std::shared_ptr<DataConnection> take_expectations(OrderedFlow& f);
  void keep_for_peer(const OrderedFlow& f, const Control& c, Expectation e);
  void claim(OrderedFlow& f, const std::shared_ptr<DataConnection>& connection);
  void look_back(const Control& c, const Expectation& e);
  static bool is_expected(const OrderedFlow& f, const Expectation& e);
  static bool is_one_sided(const OrderedFlow& f, const Control& c);
  void find_unnamed(Control& c, const TransferPtr& t);
  void claim_unnamed(OrderedFlow& f, const std::shared_ptr<Control>& c);
  void remember(OrderedFlow& f);
  Candidate candidate(OrderedFlow& f) const;
  void add_candidate(OrderedFlow& f);
  void erase_candidate(std::list<Candidate>::iterator it);
  void drop_candidate(std::list<Candidate>::iterator it);
  std::shared_ptr<DataConnection> connection_of(const Control& c, std::uint64_t endpoint) const;
  void make_link(DataConnection& connection, Link& link);
  void mark(Side& d, const DataConnection& connection) const;
  void flush(DataConnection& connection);
  template <class Function>
  void for_directions(const DataConnection& connection, Function function) const;

  Host& host_;
  std::map<HostPair, Hosts> hosts_;
  std::list<Candidate> candidates_;  // oldest first
  Ports candidate_ports_, recent_ports_;
  /// The last TCP flows, whoever's: a ring once it is full.
  std::vector<Candidate> recent_;
  std::size_t next_recent_ = 0;
  std::uint64_t bounces_ = 0;
};

}  // namespace t2::ftp
