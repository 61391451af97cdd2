// SPDX-License-Identifier: Apache-2.0
#include "trips.h"

#include <algorithm>
#include <cmath>

namespace t2::tcp_flags {
namespace {

/// One step of mean and jitter in the precision of Float.
template <class Float>
void average(State& s, double seconds, std::uint32_t count) {
  const auto n = static_cast<Float>(count);
  auto mean = static_cast<Float>(s.mean_trip);
  auto jitter = static_cast<Float>(s.jitter);
  const Float d = static_cast<Float>(seconds) - mean;
  mean += d / n;
  jitter += (d * d - jitter) / n;
  s.mean_trip = mean;
  s.jitter = jitter;
}

}  // namespace

double trip_seconds(Nanoseconds now, Nanoseconds then, Precision precision) {
  if (precision == Precision::kExact) return static_cast<double>(std::abs(now - then)) / 1e9;
  const auto fraction = [](Nanoseconds t) { return static_cast<float>(t % kSecond); };
  const float below = fraction(now) - fraction(then);
  const Nanoseconds whole = now / kSecond - then / kSecond;
  return static_cast<float>(std::fabs(static_cast<double>(whole) + below / 1e9));
}

void measure_trip(State& me, State& peer, double seconds, Precision precision) {
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
    average<float>(peer, seconds, me.packets);
  } else {
    average<double>(peer, seconds, me.packets);
  }
  peer.trip_state = Trip::kAcked;
}

void advance_trip_tcp(State& me, State* peer, std::uint8_t ack_syn_fin_rst) {
  switch (ack_syn_fin_rst) {
    case kSyn:
      me.trip_state = Trip::kSyn;
      break;
    case kSyn | kAck:
      me.trip_state = Trip::kFirst;
      break;
    case kAck:
      if (me.trip_state == Trip::kFirst) me.trip_state = Trip::kAcked;
      if (peer == nullptr) break;
      if (peer->trip_state == Trip::kNone || peer->trip_state == Trip::kFirst) {
        peer->trip_state = Trip::kAcked;
      }
      break;
    default:
      me.trip_state = Trip::kStop;
  }
}

void advance_trip_other(State& me) {
  if (me.packets == 1) {
    me.trip_state = Trip::kFirst;
  } else if (me.trip_state == Trip::kFirst) {
    me.trip_state = Trip::kAcked;
  }
}

}  // namespace t2::tcp_flags
