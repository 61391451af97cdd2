// SPDX-License-Identifier: Apache-2.0
#include "analysis.h"

#include <fmt/format.h>

#include <algorithm>

#include "findings/contents.h"

namespace t2::report {
namespace {

/// Cells of a row that are looked at; t2 has some 110 columns.
constexpr std::size_t kMostColumns = 4096;

void add(Sums& s, const Conversation& c) {
  s.flows += 1;
  s.packets += c.packets();
  s.bytes += c.bytes();
}

}  // namespace

std::uint64_t bits_in(const Side& s, std::size_t column) {
  const std::array<std::uint64_t, kBitColumns.size()> all = {
      s.flow_stat, s.ip_flags,  s.tcp_flags,  s.tcp_anomaly, s.tcp_states,
      s.ftp_stat,  s.tp0f_stat, s.tcp_f_stat, s.http_flags};
  return all[column];
}

Analysis::Analysis(std::size_t rows, std::size_t texts)
    : keeper_(rows, texts),
      pairing_(services_, headers_, vlans_,
               [this](Conversation& c, std::string_view a, std::string_view b) {
                 conversation(c, a, b);
               }) {}

Result<void> Analysis::read(LineReader& lines, std::string_view mark, char separator) {
  bool has_header = false;
  while (const auto line = lines.next()) {
    if (has_header) {
      row(*line, separator);
      continue;
    }
    auto found = header(*line, mark, separator);
    if (!found) return found.error();
    has_header = *found;
  }
  if (!lines.error().empty()) return Error{lines.error()};
  if (!has_header) return Error{"no header row: is this a flow table of t2 (NAME_flows.txt)?"};
  pairing_.finish();
  keeper_.finish();
  totals_.not_rows += lines.passed_over();
  return {};
}

Result<bool> Analysis::header(std::string_view line, std::string_view mark, char separator) {
  if (!line.starts_with(mark)) return Error{"no header row: is this a flow table of t2?"};
  line.remove_prefix(mark.size());
  split(line, separator, kMostColumns, cells_);
  // The first lines of an extended header are remarks.
  if (cells_.size() < 2) return false;
  if (auto r = parser_.columns(cells_); !r) return r.error();
  return true;
}

void Analysis::row(std::string_view line, char separator) {
  split(line, separator, kMostColumns, cells_);
  const auto r = parser_.row(cells_);
  if (!r) {
    ++totals_.not_rows;
    return;
  }
  ++totals_.rows;
  ++(r->direction == 'A' ? totals_.a : totals_.b);
  constexpr std::uint64_t kIpv4 = 1 << 14, kIpv6 = 1 << 15;
  if ((r->side.flow_stat & kIpv4) != 0) ++totals_.ipv4;
  if ((r->side.flow_stat & kIpv6) != 0) ++totals_.ipv6;
  hosts_.add(*r);
  note_logins(*r);
  scanners_.add(*r);
  pairing_.add(*r, line);
}

/// Who sends requests is the client, whatever the direction's letter. The columns of a login stand
/// side by side.
void Analysis::note_logins(const Row& r) {
  const auto cell = [this](const char* name) {
    const auto at = parser_.find(name);
    return at ? cells_[*at] : std::string_view();
  };
  if (cell("httpUser").empty()) return;
  const auto users = strings_of(cell("httpUser")), passwords = strings_of(cell("httpPass"));
  std::vector<std::string_view> codes;
  split(cell("httpAuthRC"), ';', users.size(), codes);
  for (std::size_t i = 0; i < users.size() && logins_.size() < kMostLogins; ++i) {
    Login l;
    l.flow = r.index;
    l.protocol = "http";
    l.client = r.source;
    l.server = r.destination;
    l.user = users[i];
    if (i < passwords.size()) l.password = passwords[i];
    const std::uint64_t code = i < codes.size() ? number_of(codes[i]) : 0;
    if (code == 401 || code == 407) l.ok = 0;
    if (code >= 200 && code < 400) l.ok = 1;
    if (code != 0) l.reply = codes[i];
    l.at = r.first;
    logins_.push_back(std::move(l));
  }
}

void Analysis::conversation(Conversation& c, std::string_view a, std::string_view b) {
  sum(c);
  judge(c);
  bool wanted = c.is_ftp_control() || c.is_ftp_data();
  wanted |= scans_.add(c);
  wanted |= odd_.add(c);
  wanted |= regular_.add(c);
  wanted |= leaving_.add(c);
  wanted |= broken_.add(c);
  keeper_.add(c, wanted, a, b);
}

void Analysis::sum(const Conversation& c) {
  if (totals_.conversations++ == 0) {
    totals_.first = c.first;
    totals_.last = c.last;
  }
  totals_.first = std::min(totals_.first, c.first);
  totals_.last = std::max(totals_.last, c.last);
  totals_.packets += c.packets();
  totals_.bytes += c.bytes();
  hosts_.add(c);
  bins_.add(c, services_.all()[c.service].cls);
  if (by_service_.size() <= c.service) by_service_.resize(c.service + 1);
  add(by_service_[c.service], c);
  const Host *client = hosts_.find(c.client), *server = hosts_.find(c.server);
  const std::uint32_t from = client ? client->country : 0, to = server ? server->country : 0;
  if (from != 0) add(by_country_[from], c);
  if (to != 0 && to != from) add(by_country_[to], c);
  for (std::size_t column = 0; column < kBitColumns.size(); ++column) {
    std::uint64_t set = bits_in(c.c, column) | bits_in(c.s, column);
    for (; set != 0; set &= set - 1)
      ++bits_[column][static_cast<std::size_t>(__builtin_ctzll(set))];
  }
}

void Analysis::judge(const Conversation& c) {
  const auto any = [&](std::initializer_list<int> list) {
    return std::ranges::any_of(list, [&](int bit) { return c.flow_bit(bit); });
  };
  const std::uint32_t ip = c.c.ip_flags | c.s.ip_flags;
  const std::uint32_t tcp = c.c.tcp_anomaly | c.s.tcp_anomaly;
  trust_.snapped += any({33, 34, 35}) ? 1 : 0;
  trust_.gaps += (tcp & (1 << 8 | 1 << 9)) != 0 ? 1 : 0;
  trust_.checksums += (ip & (1 << 10 | 1 << 11)) != 0 ? 1 : 0;
  trust_.clock += any({51}) ? 1 : 0;
  trust_.fragments += any({38, 39}) ? 1 : 0;
  trust_.not_captured += (c.ftp_stat() & 1 << 6) != 0 ? 1 : 0;
}

void Analysis::findings(std::vector<Finding>& out) const {
  scans_.finish(out);
  scanners_.finish(out);
  odd_.finish(out);
  regular_.finish(out);
  leaving_.finish(out);
  broken_.finish(out);
  data_not_captured(trust_.not_captured, out);
}

}  // namespace t2::report
