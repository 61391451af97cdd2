// SPDX-License-Identifier: Apache-2.0
#include "label/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <new>

#include "base/format.h"
#include "base/hash.h"
#include "label/list_file.h"
#include "label/special.h"

namespace t2 {
namespace fs = std::filesystem;

LabelStore::LabelStore() : cache_(kCacheSize) {
  add_special_ranges(pool_, special_);
  (void)special_.build();  // the built-in ranges nest; a unit test proves it
}

Result<void> LabelStore::load_list(const std::string& path) {
  const MutexLock lock(mutex_);
  std::fill(cache_.begin(), cache_.end(), Cached{});
  return read_list(path, pool_, user_);
}

void LabelStore::try_database(const std::string& path,
                              Result<std::unique_ptr<LabelDatabase>> (*open)(const std::string&)) {
  if (access(path.c_str(), R_OK) != 0) return;
  auto database = open(path);
  if (database) {
    databases_.push_back(std::move(*database));
  } else {
    warnings_.push_back(database.error().message);
  }
}

void LabelStore::load_databases(const std::string& home) {
  for (const char* name : {"subnets4.txt", "subnets6.txt"}) {
    const std::string path = home + "/.tranalyzer/plugins/" + name;
    if (home.empty() || access(path.c_str(), R_OK) != 0) continue;
    if (auto r = read_list(path, pool_, user_); !r) warnings_.push_back(r.error().message);
  }
  for (const char* folder : {"/var/lib/GeoIP", "/usr/share/GeoIP"}) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (it->path().extension() == ".mmdb") files.push_back(it->path().string());
    }
    std::sort(files.begin(), files.end());
    for (const std::string& f : files) try_database(f, open_maxmind);
  }
  try_database("/usr/share/libloc-location/location.db", open_location_database);
  if (databases_.empty() && user_.empty()) {
    warnings_.emplace_back(
        "No country database found: labels of public addresses stay empty. Install "
        "libloc-database");
  }
}

std::vector<std::string> LabelStore::take_warnings() {
  return std::exchange(warnings_, {});
}

std::string LabelStore::summary(Family family) const {
  std::uint64_t ranges = user_.size() + special_.size();
  std::int64_t built = 0;
  for (const auto& d : databases_) {
    ranges += d->networks();
    built = std::max(built, d->built());
  }
  std::string revision = "00000000";
  if (built > 0) {
    const std::time_t t = built;
    std::tm parts{};
    gmtime_r(&t, &parts);
    revision =
        fmt::format("{:02}{:02}{:04}", parts.tm_mday, parts.tm_mon + 1, parts.tm_year + 1900);
  }
  return fmt::format("{} Ver: 5, Rev: {}, Range Mode: 0, subnet ranges loaded: {}",
                     family == Family::kIpv4 ? "IPv4" : "IPv6", revision, with_suffix(ranges));
}

std::uint32_t LabelStore::from_databases(const IpAddress& a) {
  Label l;
  for (const auto& d : databases_) d->look_up(a, l);
  return pool_.intern(l);
}

/// The label of the network `n` of the only database, which holds `a`.
std::uint32_t LabelStore::from_network(const IpAddress& a, std::uint32_t n) {
  if (n == LabelDatabase::kUnnumbered) return from_databases(a);
  if (by_network_ == nullptr) {
    auto* const zeros = std::calloc(databases_.front()->networks(), sizeof(std::uint32_t));
    by_network_.reset(static_cast<std::uint32_t*>(zeros));
    if (zeros == nullptr) throw std::bad_alloc();
  }
  std::uint32_t& known = by_network_[n];
  if (known == 0) {
    Label l;
    databases_.front()->describe(n, l);
    known = pool_.intern(l) + 1;
  }
  return known - 1;
}

std::uint32_t LabelStore::from_ranges(AddressNumber number) const {
  const std::uint32_t id = user_.find(number);
  return id != 0 ? id : special_.find(number);
}

std::uint32_t LabelStore::look_up(const IpAddress& a, AddressNumber number) {
  if (const std::uint32_t id = from_ranges(number)) return id;
  if (databases_.empty()) return 0;
  if (databases_.size() > 1) return from_databases(a);
  const IpAddress* const one = &a;
  std::uint32_t network = LabelDatabase::kUnnumbered;
  databases_.front()->networks_of({&one, 1}, {&network, 1});
  return from_network(a, network);
}

/// Its number, or nothing for what has no label.
std::optional<AddressNumber> LabelStore::number_of(const IpAddress& a) {
  if (a.family != Family::kIpv4 && a.family != Family::kIpv6) return {};
  const AddressNumber number = to_number(a);
  // 0.0.0.0 and :: never have a label (spec basicFlow C.5).
  if (number == 0 || number == AddressNumber{0xffff} << 32) return {};
  return number;
}

LabelStore::Cached& LabelStore::place_of(AddressNumber number) {
  return cache_[hash_bytes(number, 0) % kCacheSize];
}

/// Without a look into the databases.
std::uint32_t LabelStore::known_label(AddressNumber number) {
  const Cached& c = place_of(number);
  if (c.address == number) return c.label;
  const std::uint32_t id = from_ranges(number);
  return id != 0 ? id : kNotKnown;
}

std::uint32_t LabelStore::find(const IpAddress& a) {
  const MutexLock lock(mutex_);
  return find_alone(a);
}

std::uint32_t LabelStore::find_alone(const IpAddress& a) {
  const auto number = number_of(a);
  if (!number) return 0;
  Cached& c = place_of(*number);
  if (c.address != *number) c = {*number, look_up(a, *number)};
  return c.label;
}

void LabelStore::find_all(LabelDatabase::Addresses addresses, std::span<std::uint32_t> labels) {
  const MutexLock lock(mutex_);
  if (databases_.size() != 1) {
    for (std::size_t i = 0; i < addresses.size(); ++i) labels[i] = find_alone(*addresses[i]);
    return;
  }
  std::array<const IpAddress*, kMostAtOnce> wanted;
  std::array<std::size_t, kMostAtOnce> places;  // of the wanted ones' labels
  std::array<std::uint32_t, kMostAtOnce> networks;
  std::size_t n = 0;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto number = number_of(*addresses[i]);
    labels[i] = number ? known_label(*number) : 0;
    if (!number || labels[i] != kNotKnown) continue;
    places[n] = i;
    wanted[n++] = addresses[i];
  }
  if (n == 0) return;
  databases_.front()->networks_of({wanted.data(), n}, {networks.data(), n});
  for (std::size_t i = 0; i < n; ++i) {
    const AddressNumber number = to_number(*wanted[i]);
    const std::uint32_t label = from_network(*wanted[i], networks[i]);
    place_of(number) = {number, label};
    labels[places[i]] = label;
  }
}

}  // namespace t2
