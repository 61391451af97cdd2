// SPDX-License-Identifier: Apache-2.0
// What is known of each address: place, organisation, system, card, sums. Bounded: beyond kMost the
// smaller half of the hosts is forgotten and counted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "dictionary.h"
#include "rows.h"

namespace t2::report {

struct Host {
  std::uint32_t country = 0, org = 0, mac = 0;  // entries of Hosts' dictionaries
  std::uint64_t conversations = 0, sent = 0, received = 0;
  struct System {
    std::uint32_t name = 0, count = 0;  // 0 times: unused
  };
  std::array<System, 3> systems{};  // rule matches only; the first three that were met
};

class Hosts {
 public:
  static constexpr std::size_t kMost = 600'000;

  Hosts();
  /// Labels of both ends of a row.
  void add(const Row& row);
  /// Sums of a conversation.
  void add(const Conversation& c);

  const Host* find(const std::string& address) const;
  /// How many addresses there were: exact as long as none was forgotten, else an estimate with an
  /// error below 1 % up to 50 million.
  std::size_t count() const;
  bool count_is_exact() const { return forgotten_ == 0; }
  std::uint64_t forgotten() const { return forgotten_; }
  /// The largest number of bytes that a forgotten host had when it was forgotten.
  std::uint64_t forgotten_bytes() const { return forgotten_bytes_; }
  /// Addresses, those with most bytes first.
  std::vector<std::string> largest(std::size_t most) const;
  /// "Windows XP", with " ?" if several systems were seen; empty if none was.
  std::string system_of(const Host& h) const;
  const Dictionary& countries() const { return countries_; }
  const Dictionary& orgs() const { return orgs_; }
  const Dictionary& macs() const { return macs_; }

 private:
  Host& at(const std::string& address);
  void label(Host& h, std::string_view country, std::string_view org, std::string_view mac);
  void note_system(Host& h, const RowLabels& labels);
  void forget_smaller_half();

  std::unordered_map<std::string, Host> hosts_;
  Dictionary countries_, orgs_, macs_, systems_;
  std::uint64_t forgotten_ = 0, forgotten_bytes_ = 0;
  /// Linear counting (Whang, Vander-Zanden, Taylor 1990): a bit for each hash that was met.
  std::vector<bool> met_ = std::vector<bool>(std::size_t{1} << 24);
};

}  // namespace t2::report
