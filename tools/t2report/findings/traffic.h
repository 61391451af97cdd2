// SPDX-License-Identifier: Apache-2.0
// Findings on what flows do over time: connections as regular as a clock, much data that leaves,
// packets that break the rules of IP and TCP.
#pragma once

#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "conversation.h"
#include "findings/finding.h"

namespace t2::report {

/// kLeast or more connections per client, server and port; the median step kStep or more, its
/// median deviation below kDeviation of it.
class Regular {
 public:
  static constexpr std::size_t kLeast = 8;
  static constexpr Nanoseconds kStep = kSecond;
  static constexpr double kDeviation = 0.12;

  bool add(const Conversation& c);
  void finish(std::vector<Finding>& out) const;

 private:
  static constexpr std::size_t kMostSeries = 100'000, kMostTimes = 1'000'000, kMostOfOne = 5'000;
  struct Series {
    std::string client, server;
    std::uint16_t port = 0;
    std::uint8_t protocol = 0;
    std::uint64_t connections = 0, embedded = 0;
    std::vector<Nanoseconds> times;
  };
  void forget_short_series();

  std::unordered_map<std::string, Series> series_;
  std::size_t times_ = 0;
};

/// From a private to a public address: more than kMore bytes sent by the client, per pair.
class Leaving {
 public:
  static constexpr std::uint64_t kMore = 1'000'000;

  bool add(const Conversation& c);
  void finish(std::vector<Finding>& out) const;

 private:
  static constexpr std::size_t kMost = 100'000;
  struct Pair {
    std::uint64_t sent = 0, received = 0, conversations = 0, embedded = 0;
  };
  std::map<std::pair<std::string, std::string>, Pair> pairs_;
};

/// Bits that tell something by themselves.
class BrokenRules {
 public:
  static constexpr std::size_t kRules = 5;

  bool add(const Conversation& c);
  void finish(std::vector<Finding>& out) const;

 private:
  std::array<std::uint64_t, kRules> found_{};
};

/// The rules of this file.
std::vector<const Rule*> traffic_rules();

}  // namespace t2::report
