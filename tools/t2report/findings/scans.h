// SPDX-License-Identifier: Apache-2.0
// Who looks for open doors: many targets in a minute without payload, scanners that their own
// packets give away, flag combinations that no ordinary TCP sends.
#pragma once

#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "findings/finding.h"
#include "rows.h"

namespace t2::report {

/// TCP without payload, by client: kLeast or more server endpoints within a minute.
class PortScans {
 public:
  static constexpr std::size_t kLeast = 15;
  static constexpr Nanoseconds kWithin = 60 * kSecond;

  /// True: this row should be embedded.
  bool add(const Conversation& c);
  void finish(std::vector<Finding>& out) const;

 private:
  static constexpr std::size_t kMostClients = 50'000, kMostTries = 1'000'000, kMostOfOne = 20'000;
  struct Try {
    Nanoseconds at;
    std::uint64_t target;  // hash of address and port
  };
  struct Client {
    std::uint64_t conversations = 0, embedded = 0;
    Nanoseconds first = 0, last = 0;
    std::vector<Try> tries;
    std::unordered_set<std::uint64_t> targets, ports, hosts, open;
  };
  void forget_small_clients();

  std::unordered_map<std::string, Client> clients_;
  std::size_t tries_ = 0;
};

/// tp0fPrName is a scanner.
class RecognisedScanners {
 public:
  void add(const Row& row);
  void finish(std::vector<Finding>& out) const;

 private:
  static constexpr std::size_t kMost = 10'000;
  std::map<std::pair<std::string, std::string>, std::uint64_t> found_;  // address, tool: flows
};

/// NULL, Xmas, SYN+FIN: tcpFlags 11, 15, 12.
class OddFlags {
 public:
  bool add(const Conversation& c);
  void finish(std::vector<Finding>& out) const;

 private:
  static constexpr std::size_t kMostSources = 10'000;
  struct Bit {
    std::uint64_t conversations = 0;
    std::map<std::string, std::uint64_t> sources;
  };
  std::array<Bit, 3> bits_;
};

/// The rules of this file.
std::vector<const Rule*> scan_rules();

}  // namespace t2::report
