// SPDX-License-Identifier: Apache-2.0
// Country and organisation databases that happen to be on the machine (spec basicFlow D.1, D.2).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "t2/label.h"
#include "t2/result.h"
#include "t2/types.h"

namespace t2 {

/// Fills in what it knows of an address; texts in the label live until the next call.
class LabelDatabase {
 public:
  virtual ~LabelDatabase() = default;
  virtual void look_up(const IpAddress& a, Label& label) = 0;
  /// The networks of addresses as numbers below networks(), for callers that remember labels by
  /// network; kUnnumbered if the database has no such numbers, or the address no network. Both
  /// spans have one size. Many at once cost less each.
  static constexpr std::uint32_t kUnnumbered = 0xffffffff;
  using Addresses = std::span<const IpAddress* const>;
  virtual void networks_of(Addresses, std::span<std::uint32_t> found) {
    std::fill(found.begin(), found.end(), kUnnumbered);
  }
  /// look_up() for all addresses of a network that networks_of() found.
  virtual void describe(std::uint32_t /*network*/, Label& /*label*/) {}
  virtual std::uint64_t networks() const = 0;
  virtual std::int64_t built() const = 0;  // seconds since the epoch
};

/// IPFire's location database (Debian's libloc-database).
Result<std::unique_ptr<LabelDatabase>> open_location_database(const std::string& path);
/// A MaxMind-format file: country, city or AS, whatever it holds.
Result<std::unique_ptr<LabelDatabase>> open_maxmind(const std::string& path);

}  // namespace t2
