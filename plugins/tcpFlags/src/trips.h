// SPDX-License-Identifier: Apache-2.0
// Round trips (spec tcpFlags 11): how long a direction waits for the answer of the other one.
// Inline, for every packet goes through them.
#pragma once

#include <algorithm>
#include <cmath>

#include "state.h"
#include "t2/flow.h"

namespace t2::tcp_flags {

/// Whether times go through 32-bit floats, as in the reference, or stay exact.
enum class Precision : bool { kExact, kFloat32 };

/// Seconds between two packets; with kFloat32 the reference's digits.
inline double trip_seconds(Nanoseconds now, Nanoseconds then, Precision precision) {
  if (precision == Precision::kExact) return static_cast<double>(std::abs(now - then)) / 1e9;
  const auto fraction = [](Nanoseconds t) { return static_cast<float>(t % kSecond); };
  const float below = fraction(now) - fraction(then);
  const Nanoseconds whole = now / kSecond - then / kSecond;
  return static_cast<float>(std::fabs(static_cast<double>(whole) + below / 1e9));
}

/// One step of mean and jitter in the precision of Float.
template <class Float>
void average_trip(State& s, double seconds, std::uint32_t count) {
  const auto n = static_cast<Float>(count);
  auto mean = static_cast<Float>(s.mean_trip);
  auto jitter = static_cast<Float>(s.jitter);
  const Float d = static_cast<Float>(seconds) - mean;
  mean += d / n;
  jitter += (d * d - jitter) / n;
  s.mean_trip = mean;
  s.jitter = jitter;
}

/// Attributes the time since the last packet of `peer` to it: that is what it waited for `me`,
/// whose packets are counted already. To be called before the flags of the packet are looked at.
inline void measure_trip(const State& me, State& peer, double seconds, Precision precision) {
  if (me.trip_state == Trip::kStop) return;
  const auto r = static_cast<float>(seconds);
  peer.min_trip = std::min(peer.min_trip, r);
  peer.max_trip = std::max(peer.max_trip, r);
  const bool opening = peer.trip_state == Trip::kSyn || peer.trip_state == Trip::kFirst;
  if (opening && peer.packets == 1) {  // a repeated answer counts anew
    peer.trip = r;
    peer.mean_trip = seconds;
    return;
  }
  if (precision == Precision::kFloat32) {
    average_trip<float>(peer, seconds, me.packets);
  } else {
    average_trip<double>(peer, seconds, me.packets);
  }
  peer.trip_state = Trip::kAcked;
}

/// Takes the packet into account: `ack_syn_fin_rst` is that part of the TCP flags.
inline void advance_trip_tcp(State& me, State* peer, std::uint8_t ack_syn_fin_rst) {
  switch (ack_syn_fin_rst) {
    case kAck:
      if (me.trip_state == Trip::kFirst) me.trip_state = Trip::kAcked;
      if (peer == nullptr) break;
      if (peer->trip_state == Trip::kNone || peer->trip_state == Trip::kFirst) {
        peer->trip_state = Trip::kAcked;
      }
      break;
    case kSyn:
      me.trip_state = Trip::kSyn;
      break;
    case kSyn | kAck:
      me.trip_state = Trip::kFirst;
      break;
    default:
      me.trip_state = Trip::kStop;
  }
}

inline void advance_trip_other(State& me) {
  if (me.packets == 1) {
    me.trip_state = Trip::kFirst;
  } else if (me.trip_state == Trip::kFirst) {
    me.trip_state = Trip::kAcked;
  }
}

}  // namespace t2::tcp_flags
