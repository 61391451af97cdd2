// SPDX-License-Identifier: Apache-2.0
#include "label/list_file.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstring>
#include <sstream>
#include <vector>

#include "t2/file.h"
#include "t2/words.h"

namespace t2 {
namespace {

constexpr std::size_t kMostText = std::size_t{1} << 30;

bool parse_address(std::string_view text, IpAddress& a) {
  const std::string s(text);
  std::uint8_t bytes[16];
  if (inet_pton(AF_INET, s.c_str(), bytes) == 1) {
    a = IpAddress::v4(bytes);
    return true;
  }
  if (inet_pton(AF_INET6, s.c_str(), bytes) != 1) return false;
  a = IpAddress::v6(bytes);
  return true;
}

constexpr std::string_view kBlanks = " \r";

/// Splits at the separator; a cell may stand in double quotes.
std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> cells;
  for (;;) {
    line = separator == ',' ? trimmed(line, kBlanks) : line;
    std::size_t end = std::string_view::npos;
    if (line.starts_with('"') && (end = line.find('"', 1)) != std::string_view::npos) {
      cells.push_back(line.substr(1, end - 1));
      end = line.find(separator, end);
    } else {
      end = line.find(separator);
      cells.push_back(trimmed(line.substr(0, end), kBlanks));
    }
    if (end == std::string_view::npos) return cells;
    line = line.substr(end + 1);
  }
}

/// Optional numbers of a label; an absent or empty cell keeps the default.
template <class T>
bool number(const std::vector<std::string_view>& cells, std::size_t at, T& v) {
  return at >= cells.size() || cells[at].empty() || parse_whole(cells[at], v);
}

bool parse_code(std::string_view s, std::uint32_t& v) {
  return s.starts_with("0x") && parse_whole(s.substr(2), v, 16);
}

struct Entry {
  AddressNumber first = 0, last = 0;
  Label label;
};

/// Bit 22 of the code word marks Tor (spec basicFlow C.6).
constexpr std::uint32_t kTorBit = 0x00400000;

bool parse_tabbed(std::string_view line, Entry& e) {
  const auto c = split(line, '\t');
  if (c.size() < 11) return false;
  e.label.country = c[7];
  e.label.county = c[8];
  e.label.city = c[9];
  e.label.organisation = c[10];
  e.label.tor = parse_code(c[2], e.label.code) && (e.label.code & kTorBit) != 0;
  return parse_range(c[0], e.first, e.last) && number(c, 3, e.label.asn) &&
         number(c, 4, e.label.radius) && number(c, 5, e.label.latitude) &&
         number(c, 6, e.label.longitude);
}

bool parse_comma(std::string_view line, Entry& e) {
  const auto c = split(line, ',');
  if (c.size() < 3) return false;
  e.label.country = c[1];
  e.label.organisation = c[2];
  return parse_range(c[0], e.first, e.last) && number(c, 3, e.label.asn) &&
         number(c, 4, e.label.latitude) && number(c, 5, e.label.longitude) &&
         number(c, 6, e.label.radius);
}

}  // namespace

bool parse_range(std::string_view text, AddressNumber& first, AddressNumber& last) {
  IpAddress a, b;
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    if (!parse_address(text.substr(0, dash), a) || !parse_address(text.substr(dash + 1), b))
      return false;
    first = to_number(a);
    last = to_number(b);
    return first <= last;
  }
  const auto slash = text.find('/');
  if (!parse_address(text.substr(0, slash), a)) return false;
  const unsigned bits = a.is_v4() ? 32 : 128;
  unsigned prefix = bits;
  if (slash != std::string_view::npos && !parse_whole(text.substr(slash + 1), prefix)) return false;
  if (prefix > bits) return false;
  const unsigned host = bits - prefix;
  const AddressNumber mask = host == 128 ? ~AddressNumber{0} : (AddressNumber{1} << host) - 1;
  first = to_number(a) & ~mask;
  last = first | mask;
  return true;
}

Result<void> read_list(const std::string& path, LabelPool& pool, RangeTable& ranges) {
  const auto text = read_regular_file(path, kMostText);
  if (!text) return text.error();
  std::istringstream in(*text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    // A leading '-' marks a range of the reference's format that is no prefix.
    if (line.empty() || std::strchr("# \t\r-", line[0]) != nullptr) continue;
    Entry e;
    const bool good =
        line.find('\t') != std::string::npos ? parse_tabbed(line, e) : parse_comma(line, e);
    if (!good) {
      return Error{fmt::format(
          "{}:{}: expected PREFIX,CC,ORGANISATION[,ASN[,LAT,LNG,RADIUS]] or 11 tab-separated cells",
          path, number)};
    }
    ranges.add(e.first, e.last, pool.intern(e.label));
  }
  if (auto r = ranges.build(); !r) return Error{fmt::format("{}: {}", path, r.error().message)};
  return {};
}

}  // namespace t2
