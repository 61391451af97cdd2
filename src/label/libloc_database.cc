// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

extern "C" {  // its headers do not say so themselves
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
}

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "label/database.h"

namespace t2 {
namespace {

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

class LibLoc final : public LabelDatabase {
 public:
  ~LibLoc() override {
    if (database_) loc_database_unref(database_);
    if (context_) loc_unref(context_);
  }

  bool open(std::FILE* f) {
    networks_ = count_networks(f);
    if (loc_new(&context_) != 0) return false;
    loc_set_log_priority(context_, 0);
    return loc_database_new(context_, &database_, f) == 0;
  }

  void look_up(const IpAddress& a, Label& label) override {
    in6_addr address{};
    if (a.is_v4()) {
      address.s6_addr[10] = address.s6_addr[11] = 0xff;
      std::memcpy(&address.s6_addr[12], a.bytes.data(), 4);
    } else {
      std::memcpy(&address, a.bytes.data(), 16);
    }
    loc_network* network = nullptr;
    if (loc_database_lookup(database_, &address, &network) != 0 || network == nullptr) return;
    take_country(loc_network_get_country_code(network), label);
    if (const std::uint32_t asn = loc_network_get_asn(network); asn != 0) take_as(asn, label);
    loc_network_unref(network);
  }

  std::uint64_t networks() const override { return networks_; }
  std::int64_t built() const override { return loc_database_created_at(database_); }

 private:
  /// The length of the network section stands in the file's head (spec basicFlow D.3).
  static std::uint64_t count_networks(std::FILE* f) {
    std::uint8_t head[44] = {};
    const std::size_t n = std::fread(head, 1, sizeof head, f);
    std::rewind(f);
    return n == sizeof head ? load_be32(&head[40]) / 12 : 0;
  }

  void take_country(const char* code, Label& label) {
    if (label.country != "-" || code == nullptr) return;
    if (!std::isalpha(static_cast<unsigned char>(code[0])) || std::strlen(code) != 2) return;
    country_ = {static_cast<char>(std::tolower(code[0])), static_cast<char>(std::tolower(code[1]))};
    label.country = country_;
  }

  void take_as(std::uint32_t asn, Label& label) {
    if (label.asn == 0) label.asn = asn;
    if (label.organisation != "-") return;
    loc_as* as = nullptr;
    if (loc_database_get_as(database_, &as, asn) != 0 || as == nullptr) return;
    if (const char* name = loc_as_get_name(as)) organisation_ = name;
    loc_as_unref(as);
    if (!organisation_.empty()) label.organisation = organisation_;
  }

  loc_ctx* context_ = nullptr;
  loc_database* database_ = nullptr;
  std::uint64_t networks_ = 0;
  std::string country_, organisation_;
};

}  // namespace

Result<std::unique_ptr<LabelDatabase>> open_libloc(const std::string& path) {
  File f(std::fopen(path.c_str(), "re"));
  if (!f) {
    return Error{fmt::format("Failed to open file '{}' for reading: {}", path, std::strerror(errno))};
  }
  auto database = std::make_unique<LibLoc>();
  if (!database->open(f.get())) {
    return Error{fmt::format("File '{}' is not a valid location database", path)};
  }
  return std::unique_ptr<LabelDatabase>(std::move(database));
}

}  // namespace t2
