// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <maxminddb.h>

#include <cctype>
#include <charconv>
#include <cstring>
#include <initializer_list>

#include "label/database.h"

namespace t2 {
namespace {

/// Texts of one look-up that have to live until the next.
struct Texts {
  std::string country, organisation, county, city;
};

class MaxMind final : public LabelDatabase {
 public:
  ~MaxMind() override {
    if (open_) MMDB_close(&db_);
  }

  bool open(const std::string& path) {
    open_ = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &db_) == MMDB_SUCCESS;
    return open_;
  }

  void look_up(const IpAddress& a, Label& label) override {
    sockaddr_storage storage{};
    if (a.is_v4()) {
      auto* s = reinterpret_cast<sockaddr_in*>(&storage);
      s->sin_family = AF_INET;
      std::memcpy(&s->sin_addr, a.bytes.data(), 4);
    } else {
      auto* s = reinterpret_cast<sockaddr_in6*>(&storage);
      s->sin6_family = AF_INET6;
      std::memcpy(&s->sin6_addr, a.bytes.data(), 16);
    }
    int error = 0;
    MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&storage), &error);
    if (error != MMDB_SUCCESS || !found.found_entry) return;
    take(found.entry, label);
  }

  std::uint64_t networks() const override { return db_.metadata.node_count; }
  std::int64_t built() const override {
    return static_cast<std::int64_t>(db_.metadata.build_epoch);
  }

 private:
  using Path = std::initializer_list<const char*>;

  static bool get(MMDB_entry_s entry, Path path, MMDB_entry_data_s& data) {
    const char* keys[8] = {};
    std::size_t n = 0;
    for (const char* k : path) keys[n++] = k;
    return MMDB_aget_value(&entry, &data, keys) == MMDB_SUCCESS && data.has_data;
  }
  static std::string text(MMDB_entry_s entry, Path path) {
    MMDB_entry_data_s d;
    if (!get(entry, path, d) || d.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
    return {d.utf8_string, d.data_size};
  }
  static double real(MMDB_entry_s entry, Path path) {
    MMDB_entry_data_s d;
    if (!get(entry, path, d)) return 0;
    if (d.type == MMDB_DATA_TYPE_DOUBLE) return d.double_value;
    return d.type == MMDB_DATA_TYPE_UINT16 ? d.uint16 : 0;
  }
  static std::uint32_t as_number(MMDB_entry_s entry) {
    MMDB_entry_data_s d;
    if (get(entry, {"autonomous_system_number"}, d)) {
      return d.type == MMDB_DATA_TYPE_UINT32 ? d.uint32 : 0;
    }
    std::string s = text(entry, {"asn"});
    if (s.starts_with("AS")) s.erase(0, 2);
    std::uint32_t v = 0;
    std::from_chars(s.data(), s.data() + s.size(), v);
    return v;
  }
  static std::string first_text(MMDB_entry_s entry, std::initializer_list<Path> paths) {
    for (const Path& p : paths) {
      if (std::string s = text(entry, p); !s.empty()) return s;
    }
    return {};
  }

  void take(MMDB_entry_s entry, Label& label) {
    if (label.country == "-") {
      texts_.country = first_text(entry, {{"country", "iso_code"},
                                          {"registered_country", "iso_code"},
                                          {"country_code"},
                                          {"country"}});
      for (char& c : texts_.country)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const bool known = texts_.country.size() == 2 && texts_.country != "??" &&
                         texts_.country != "zz" && texts_.country != "xx";
      if (known) label.country = texts_.country;
    }
    if (label.asn == 0) label.asn = as_number(entry);
    fill(label.organisation, texts_.organisation,
         first_text(entry,
                    {{"autonomous_system_organization"}, {"as_name"}, {"organization"}, {"name"}}));
    fill(label.county, texts_.county, text(entry, {"subdivisions", "0", "names", "en"}));
    fill(label.city, texts_.city, text(entry, {"city", "names", "en"}));
    if (label.latitude == 0 && label.longitude == 0) {
      label.latitude = static_cast<float>(real(entry, {"location", "latitude"}));
      label.longitude = static_cast<float>(real(entry, {"location", "longitude"}));
      label.radius = static_cast<float>(real(entry, {"location", "accuracy_radius"}));
    }
  }

  static void fill(std::string_view& field, std::string& storage, std::string value) {
    if (field != "-" || value.empty()) return;
    storage = std::move(value);
    field = storage;
  }

  MMDB_s db_{};
  bool open_ = false;
  Texts texts_;
};

}  // namespace

Result<std::unique_ptr<LabelDatabase>> open_maxmind(const std::string& path) {
  auto database = std::make_unique<MaxMind>();
  if (!database->open(path)) {
    return Error{fmt::format("File '{}' is not a valid MaxMind database", path)};
  }
  return std::unique_ptr<LabelDatabase>(std::move(database));
}

}  // namespace t2
