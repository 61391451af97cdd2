// SPDX-License-Identifier: Apache-2.0
// Expected flows: a control flow announces a data flow to come (FTP's PASV and PORT). The table is
// bounded and forgets; each expectation is consumed by the first new connection that matches.
#pragma once

#include <cstdint>
#include <optional>

#include "t2/flow.h"

namespace t2 {

/// Who will listen where. `peer` narrows the other end if its family is not none.
struct Expectation {
  IpAddress listener;
  std::uint16_t port = 0;
  std::uint16_t vlan_id = 0;
  IpAddress peer;
  OrderedRef control;     // who announced it
  std::uint64_t tag = 0;  // the announcer's own mark
};

class Expectations {
 public:
  virtual ~Expectations() = default;
  /// Adds; a newer one of the same control flow for the same listener and peer replaces the older.
  /// The oldest goes when full. Forgotten five minutes after `now` (packet time).
  virtual void add(const Expectation& e, Nanoseconds now) = 0;
  /// Takes the expectation that the first packet of a connection fulfils, in either direction; one
  /// that names the peer goes first, else the newest. Several control flows may wait for the same
  /// connection (FTP between two servers, a session before and behind a NAT): call it again until
  /// it gives nothing.
  virtual std::optional<Expectation> take(const OrderedFlow& flow, Nanoseconds now) = 0;
  /// Drops all announced by this control flow.
  virtual void drop(OrderedRef control) = 0;
  /// Drops those of them with this tag.
  virtual void drop(OrderedRef control, std::uint64_t tag) = 0;
  virtual bool empty() const = 0;
};

}  // namespace t2
