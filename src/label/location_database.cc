// SPDX-License-Identifier: Apache-2.0
// IPFire's location database, format LOCDBXX version 1 (spec basicFlow D.3), read in place. libloc
// reads it too, but builds a network object per look-up: 6 us against the fraction of one here, see
// docs/decisions/dependencies.md.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <vector>

#include "label/database.h"

namespace t2 {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;
constexpr std::size_t kAsSize = 8, kNetworkSize = 12, kNodeSize = 12;
constexpr std::string_view kMagic("LOCDBXX\x01", 8);

class Mapping {
 public:
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (!bytes_.empty()) munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
  }

  bool open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    struct stat s {};
    void* at = MAP_FAILED;
    if (fstat(fd, &s) == 0 && s.st_size > 0) {
      at = mmap(nullptr, static_cast<std::size_t>(s.st_size), PROT_READ, MAP_SHARED, fd, 0);
    }
    const int error = errno;
    ::close(fd);
    errno = error;
    if (at == MAP_FAILED) return false;
    bytes_ = {static_cast<const std::uint8_t*>(at), static_cast<std::size_t>(s.st_size)};
    return true;
  }
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// Lower-case country codes as texts that live for ever.
std::string_view country_text(const std::uint8_t* code) {
  static const auto texts = [] {
    std::array<std::array<char, 2>, 26 * 26> t{};
    for (std::size_t i = 0; i < t.size(); ++i) {
      t[i] = {static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)};
    }
    return t;
  }();
  const auto letter = [](std::uint8_t c) {
    return static_cast<std::size_t>(std::tolower(c)) - std::size_t{'a'};  // above 25 if it is none
  };
  const std::size_t a = letter(code[0]), b = letter(code[1]);
  if (a > 25 || b > 25) return "-";
  const auto& t = texts[a * 26 + b];
  return {t.data(), t.size()};
}

class LocationDatabase final : public LabelDatabase {
 public:
  /// Every section must lie in the file; positions inside are tested on use.
  bool open(const std::string& path) {
    if (!map_.open(path)) return false;
    Cursor c(map_.bytes());
    if (as_text(c.bytes(kMagic.size())) != kMagic) return invalid();
    built_ = static_cast<std::int64_t>(c.be64());
    c.skip(12);  // vendor, description, licence
    const bool sound = section(c, as_) && section(c, networks_) && section(c, tree_) &&
                       skip_section(c) && section(c, pool_) && c.ok();
    if (!sound || tree_.size() < kNodeSize) return invalid();
    index_ipv4();
    return true;
  }

  void look_up(const IpAddress& a, Label& label) override {
    const IpAddress* const one = &a;
    std::uint32_t n = kUnnumbered;
    networks_of({&one, 1}, {&n, 1});
    if (n != kUnnumbered) describe(n, label);
  }

  void describe(std::uint32_t n, Label& label) override {
    const std::uint8_t* network = networks_.data() + std::size_t{n} * kNetworkSize;
    if (label.country == "-") label.country = country_text(network);
    const std::uint32_t asn = load_be32(network + 4);
    if (asn == 0) return;
    if (label.asn == 0) label.asn = asn;
    if (label.organisation == "-") label.organisation = as_name(asn);
  }

  /// The addresses go down the tree together, a step at a time each: every node is a miss of the
  /// caches, and so one miss is waited for while the others' nodes are on their way.
  void networks_of(Addresses addresses, std::span<std::uint32_t> found) override {
    std::array<Descent, kMostAtOnce> active;
    for (std::size_t done = 0; done < addresses.size(); done += kMostAtOnce) {
      const std::size_t n = std::min(addresses.size() - done, kMostAtOnce);
      std::size_t left = 0;
      for (std::size_t i = done; i < done + n; ++i) {
        if (begin(*addresses[i], found[i], active[left])) ++left;
      }
      while (left > 0) {
        for (std::size_t i = 0; i < left;) {
          if (go_on(active[i])) {
            ++i;
          } else {
            active[i] = active[--left];
          }
        }
      }
    }
    for (std::uint32_t& n : found) n = n < networks() ? n : kUnnumbered;
  }

  std::uint64_t networks() const override { return networks_.size() / kNetworkSize; }
  std::int64_t built() const override { return built_; }

 private:
  static constexpr unsigned kIndexBits = 12;

  /// Where a walk stands: the node, and the innermost network met so far.
  struct Walk {
    std::uint32_t node = 0;
    std::uint32_t network = kNone;
  };

  static bool invalid() {
    errno = 0;
    return false;
  }
  bool section(Cursor& c, Bytes& s) const {
    const std::uint32_t at = c.be32(), n = c.be32();
    if (std::uint64_t{at} + n > map_.bytes().size()) return false;
    s = map_.bytes().subspan(at, n);
    return true;
  }
  bool skip_section(Cursor& c) const {
    Bytes ignored;
    return section(c, ignored);
  }

  /// One step down; false at the end of the branch.
  bool step(Walk& w, unsigned bit) const {
    const std::size_t at = std::size_t{w.node} * kNodeSize;
    const std::uint32_t child = load_be32(&tree_[at + 4 * bit]);
    if (child == 0 || (std::size_t{child} + 1) * kNodeSize > tree_.size()) return false;
    w.node = child;
    const std::uint32_t network = load_be32(&tree_[std::size_t{child} * kNodeSize + 8]);
    if (network != kNone) w.network = network;
    return true;
  }

  /// IPv4 stands at ::ffff:0:0/96; the first kIndexBits behind it are walked once for all. More of
  /// them would pay from some hundred thousand addresses on only.
  void index_ipv4() {
    Walk root{0, load_be32(&tree_[8])};
    for (int i = 0; i < 96; ++i) {
      if (!step(root, i >= 80 ? 1 : 0)) return;
    }
    ipv4_.resize(1 << kIndexBits);
    fill_index(root, 0, kIndexBits);
  }
  void fill_index(const Walk& w, std::uint32_t prefix, unsigned left) {
    if (left == 0) {
      ipv4_[prefix] = {w, true};
      return;
    }
    for (unsigned bit = 0; bit < 2; ++bit) {
      Walk next = w;
      const std::uint32_t p = prefix | bit << (left - 1);
      if (step(next, bit)) {
        fill_index(next, p, left - 1);
      } else {
        const std::uint32_t n = 1U << (left - 1);
        for (std::uint32_t i = 0; i < n; ++i) ipv4_[p + i] = {next, false};
      }
    }
  }

  /// The way of one address down the tree.
  struct Descent {
    const std::uint8_t* address = nullptr;  // its bits, the most significant one first
    std::uint32_t* network = nullptr;       // the innermost one met so far
    std::uint32_t node = 0;                 // reached, but not looked at yet
    std::uint8_t bit = 0, end = 0;          // the next one, and behind the last
  };
  static constexpr std::size_t kMostAtOnce = 64;

  const std::uint8_t* node(std::uint32_t number) const {
    return tree_.subspan(std::size_t{number} * kNodeSize, kNodeSize).data();
  }

  /// False if there is no way to go.
  bool begin(const IpAddress& a, std::uint32_t& network, Descent& d) const {
    network = kNone;
    if (a.is_v4() && ipv4_.empty()) return false;
    if (a.is_v4()) {
      const Top& top = ipv4_[load_be16(a.bytes.data()) >> (16 - kIndexBits)];
      network = top.walk.network;
      if (!top.goes_on) return false;
      d = {a.bytes.data(), &network, top.walk.node, kIndexBits, 32};
    } else {
      d = {a.bytes.data(), &network, 0, 0, 128};
    }
    __builtin_prefetch(node(d.node));
    return true;
  }

  /// Looks at the node, and goes to the next one; false at the end of the branch.
  bool go_on(Descent& d) const {
    const std::uint8_t* const at = node(d.node);
    if (const std::uint32_t network = load_be32(at + 8); network != kNone) *d.network = network;
    if (d.bit == d.end) return false;
    const unsigned bit = d.address[d.bit / 8] >> (7 - d.bit % 8) & 1;
    const std::uint32_t child = load_be32(at + 4 * bit);
    if (child == 0 || (std::size_t{child} + 1) * kNodeSize > tree_.size()) return false;
    d.node = child;
    ++d.bit;
    __builtin_prefetch(node(child));
    return true;
  }

  /// The AS table is sorted by number.
  std::string_view as_name(std::uint32_t asn) const {
    std::size_t low = 0, high = as_.size() / kAsSize;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      const std::uint32_t number = load_be32(&as_[middle * kAsSize]);
      if (number == asn) return pool_text(load_be32(&as_[middle * kAsSize + 4]));
      if (number < asn) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return "-";
  }
  std::string_view pool_text(std::uint32_t at) const {
    if (at >= pool_.size()) return "-";
    const std::string_view rest = as_text(pool_.subspan(at));
    const std::string_view name = rest.substr(0, rest.find('\0'));
    return name.empty() ? "-" : name;
  }

  struct Top {
    Walk walk;
    bool goes_on = false;
  };

  Mapping map_;
  Bytes as_, networks_, tree_, pool_;
  std::int64_t built_ = 0;
  std::vector<Top> ipv4_;
};

}  // namespace

Result<std::unique_ptr<LabelDatabase>> open_location_database(const std::string& path) {
  auto database = std::make_unique<LocationDatabase>();
  if (database->open(path)) return std::unique_ptr<LabelDatabase>(std::move(database));
  if (errno == 0) return Error{fmt::format("File '{}' is not a valid location database", path)};
  return Error{fmt::format("Failed to open file '{}' for reading: {}", path, std::strerror(errno))};
}

}  // namespace t2
