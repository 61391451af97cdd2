// SPDX-License-Identifier: Apache-2.0
// LabelStore: all label sources behind one look-up (spec basicFlow C, D.4). Layers, first hit wins:
// user lists, built-in special ranges, then the databases, which complete each other.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "label/database.h"
#include "label/pool.h"
#include "label/ranges.h"
#include "t2/label.h"
#include "t2/result.h"

namespace t2 {

/// find(), find_all() and get() are for any thread, the rest is for before the first packet.
class LabelStore final : public Labels {
 public:
  LabelStore();

  /// Looks for the databases on this machine (spec basicFlow D.4); `home` holds the user's plugins.
  void load_databases(const std::string& home);
  /// Adds one database; what it does not know, the next one may.
  void add_database(std::unique_ptr<LabelDatabase> d) { databases_.push_back(std::move(d)); }
  /// What could not be loaded, without prefix; each line once.
  std::vector<std::string> take_warnings();
  /// Text behind "[INF] ": `IPv4 Ver: 5, Rev: 09082023, Range Mode: 0, subnet ranges loaded: N`.
  std::string summary(Family family) const;

  Result<void> load_list(const std::string& path) override;
  std::uint32_t find(const IpAddress& a) override;
  const Label& get(std::uint32_t id) const override { return pool_.get(id); }
  /// find() for at most kMostAtOnce addresses, for less than one after the other would cost. Both
  /// spans have one size.
  void find_all(LabelDatabase::Addresses addresses, std::span<std::uint32_t> labels);
  static constexpr std::size_t kMostAtOnce = 64;
  /// Whether a list has Tor addresses; databases do not know them.
  bool knows_tor() const { return pool_.knows_tor(); }

 private:
  /// Addresses come again and again; a database look-up costs microseconds.
  struct Cached {
    AddressNumber address = 0;
    std::uint32_t label = 0;
  };
  static constexpr std::size_t kCacheSize = 1 << 14;
  static constexpr std::uint32_t kNotKnown = 0xffffffff;

  static std::optional<AddressNumber> number_of(const IpAddress& a);
  Cached& place_of(AddressNumber number) T2_REQUIRES(mutex_);
  std::uint32_t find_alone(const IpAddress& a) T2_REQUIRES(mutex_);
  std::uint32_t look_up(const IpAddress& a, AddressNumber number) T2_REQUIRES(mutex_);
  std::uint32_t known_label(AddressNumber number) T2_REQUIRES(mutex_);
  std::uint32_t from_ranges(AddressNumber number) const;
  std::uint32_t from_network(const IpAddress& a, std::uint32_t n) T2_REQUIRES(mutex_);
  std::uint32_t from_databases(const IpAddress& a) T2_REQUIRES(mutex_);
  void try_database(const std::string& path,
                    Result<std::unique_ptr<LabelDatabase>> (*open)(const std::string&));

  Mutex mutex_;
  LabelPool pool_;
  RangeTable user_, special_;
  std::vector<std::unique_ptr<LabelDatabase>> databases_;
  std::vector<Cached> cache_ T2_GUARDED_BY(mutex_);
  struct Free {
    void operator()(std::uint32_t* p) const { std::free(p); }
  };
  /// id + 1 per network of the only database, 0: not known yet. From calloc(), for there are half a
  /// million, of which a run meets few: pages that are not touched cost nothing.
  std::unique_ptr<std::uint32_t[], Free> by_network_ T2_GUARDED_BY(mutex_);
  std::vector<std::string> warnings_;
};

}  // namespace t2
