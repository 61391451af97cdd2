// SPDX-License-Identifier: Apache-2.0
// Undecoded: packets of link types that the decoder does not know, by link type.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace t2 {

class Undecoded {
 public:
  /// The first or only interface of a file has this type.
  void announce(std::uint16_t link_type) { by_type_.try_emplace(link_type, 0); }
  void count(std::uint16_t link_type) {
    ++by_type_[link_type];
    ++packets_;
  }

  /// Whether `read` packets, all that there were, are of such types.
  bool nothing_else(std::uint64_t read) const { return !by_type_.empty() && packets_ == read; }
  /// `DESCRIPTION [NAME/NUMBER]` of one of them; there must be one.
  std::string example() const;
  /// A line for the user: how many packets of which link types; empty if there are none.
  std::string warning() const;

 private:
  std::map<std::uint16_t, std::uint64_t> by_type_;  // at most 65,536
  std::uint64_t packets_ = 0;
};

/// `DESCRIPTION [NAME/NUMBER]`.
std::string describe_link_type(std::uint16_t link_type);

}  // namespace t2
