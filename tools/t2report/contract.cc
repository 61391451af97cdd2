// SPDX-License-Identifier: Apache-2.0
#include "contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base64.h"
#include "columns.h"
#include "contract_parts.h"
#include "members.h"
#include "t2/json.h"
#include "words.h"

namespace t2::report {
namespace {

/// The addresses of the embedded conversations, and in a sample the largest of all; by volume.
class HostList {
 public:
  explicit HostList(const Case& c) {
    const Analysis& a = c.analysis;
    std::map<std::string, bool> wanted;
    for (const KeptRow& k : a.keeper().rows()) {
      wanted[k.c.client] = true;
      wanted[k.c.server] = true;
    }
    if (a.keeper().sampled())
      for (std::string& k : a.hosts().largest(c.options.top)) wanted[std::move(k)] = true;
    for (const auto& [address, yes] : wanted) {
      numbers_[address] = static_cast<std::uint32_t>(all_.size());
      all_.push_back(address);
    }
  }
  std::uint32_t number(const std::string& address) const { return numbers_.at(address); }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> all_;
};

void write_hosts(JsonWriter& out, const Case& c, const HostList& hosts) {
  const Hosts& known = c.analysis.hosts();
  static const Host kUnknown;
  std::vector<std::string_view> keys, country, org, mac;
  std::vector<std::string> systems;
  std::vector<std::uint64_t> n, sent, received;
  for (const std::string& address : hosts.all()) {
    const Host* h = known.find(address);
    if (h == nullptr) h = &kUnknown;
    keys.push_back(address);
    country.push_back(known.countries().text(h->country));
    org.push_back(known.orgs().text(h->org));
    mac.push_back(known.macs().text(h->mac));
    systems.push_back(known.system_of(*h));
    n.push_back(h->conversations);
    sent.push_back(h->sent);
    received.push_back(h->received);
  }
  const std::vector<std::string_view> os(systems.begin(), systems.end());
  out.key("hosts").begin_array();
  write_texts(out, "k", keys);
  write_texts(out, "cc", country);
  write_texts(out, "org", org);
  write_texts(out, "os", os);
  write_texts(out, "mac", mac);
  write_numbers(out, "n", n);
  write_numbers(out, "snt", sent);
  write_numbers(out, "rcv", received);
  out.end_array();
}

using Rows = std::vector<KeptRow>;

template <class Get>
void column(JsonWriter& out, const char* name, const Rows& rows, Get get) {
  std::vector<std::uint64_t> v;
  v.reserve(rows.size());
  for (const KeptRow& k : rows) v.push_back(static_cast<std::uint64_t>(get(k.c)));
  write_numbers(out, name, v);
}

template <class Get>
void steps(JsonWriter& out, const char* name, const Rows& rows, Get get) {
  std::vector<std::int64_t> v;
  v.reserve(rows.size());
  for (const KeptRow& k : rows) v.push_back(static_cast<std::int64_t>(get(k.c)));
  write_steps(out, name, v);
}

void write_side(JsonWriter& out, const char* key, const Rows& rows, Side Conversation::*side) {
  const auto numbers = [&](const char* name, auto get) {
    column(out, name, rows, [&](const Conversation& c) { return get(c.*side); });
  };
  out.key(key).begin_array();
  numbers("p", [](const Side& s) { return s.packets; });
  numbers("b", [](const Side& s) { return s.bytes; });
  for (std::size_t i = 0; i < kBitColumns.size(); ++i) {
    std::vector<std::uint64_t> v;
    v.reserve(rows.size());
    for (const KeptRow& k : rows) v.push_back(bits_in(k.c.*side, i));
    write_bits(out, kBitColumns[i], v);
  }
  numbers("ipMinTTL", [](const Side& s) { return s.min_ttl; });
  numbers("tcpMSS", [](const Side& s) { return s.mss; });
  numbers("tcpSeqFaultCnt", [](const Side& s) { return s.sequence_faults; });
  std::vector<double> rtt;
  for (const KeptRow& k : rows) rtt.push_back((k.c.*side).rtt);
  write_reals(out, "tcpRTTAckTripAve", rtt);
  out.end_array();
}

std::string write_flows(const Case& c, const HostList& hosts) {
  const Rows& rows = c.analysis.keeper().rows();
  JsonWriter out;
  out.begin_object().key("n").number(rows.size()).key("cols").begin_array();
  steps(out, "fi", rows, [](const Conversation& x) { return x.index; });
  steps(out, "ts", rows, [](const Conversation& x) { return x.first / kSecond; });
  column(out, "tn", rows, [](const Conversation& x) { return x.first % kSecond; });
  column(out, "dur", rows, [](const Conversation& x) { return x.duration() / 1000; });
  column(out, "c", rows, [&](const Conversation& x) { return hosts.number(x.client); });
  column(out, "s", rows, [&](const Conversation& x) { return hosts.number(x.server); });
  column(out, "cp", rows, [](const Conversation& x) { return x.client_port; });
  column(out, "sp", rows, [](const Conversation& x) { return x.server_port; });
  column(out, "pr", rows, [](const Conversation& x) { return x.protocol; });
  column(out, "et", rows, [](const Conversation& x) { return x.ether_type; });
  column(out, "sv", rows, [](const Conversation& x) { return x.service; });
  std::vector<std::string_view> headers, vlans;
  for (const KeptRow& k : rows) {
    headers.push_back(c.analysis.headers().text(k.c.headers));
    vlans.push_back(c.analysis.vlans().text(k.c.vlan));
  }
  write_texts(out, "vl", vlans);
  write_texts(out, "hd", headers);
  // 1: there is an A row, 2: a B row, 4: the client is the source of B.
  column(out, "have", rows, [](const Conversation& x) {
    const bool a = x.inverted ? x.s.seen : x.c.seen, b = x.inverted ? x.c.seen : x.s.seen;
    return (a ? 1 : 0) | (b ? 2 : 0) | (x.inverted ? 4 : 0);
  });
  out.end_array();
  write_side(out, "client", rows, &Conversation::c);
  write_side(out, "server", rows, &Conversation::s);
  out.end_object();
  return out.view();
}

void write_wide_side(JsonWriter& out, const char* key, const Case& c, std::string KeptRow::*side) {
  const Rows& rows = c.analysis.keeper().rows();
  const auto& names = c.analysis.parser().names();
  std::vector<std::vector<std::string_view>> cells(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& text = rows[i].*side;
    if (!text.empty()) split(text, '\t', names.size(), cells[i]);
  }
  out.key(key).begin_array();
  std::vector<std::string_view> column(rows.size());
  for (std::size_t n = 0; n < names.size(); ++n) {
    const bool passwords = names[n] == "ftpPass" || names[n] == "httpPass";
    const bool secret = passwords && !c.options.evidence.passwords;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string_view cell = n < cells[i].size() ? cells[i][n] : std::string_view();
      column[i] = secret && !cell.empty() ? "(not in this page)" : cell.substr(0, 400);
    }
    write_texts(out, names[n], column);
  }
  out.end_array();
}

std::string write_wide(const Case& c) {
  JsonWriter out;
  out.begin_object().key("names").begin_array();
  for (const std::string& n : c.analysis.parser().names()) out.text(n);
  out.end_array();
  write_wide_side(out, "A", c, &KeptRow::a);
  write_wide_side(out, "B", c, &KeptRow::b);
  out.end_object();
  return out.view();
}

std::string write_media(const Case& c) {
  JsonWriter out;
  out.begin_object();
  for (std::size_t i = 0; i < c.evidence.files.size(); ++i) {
    const CapturedFile& f = c.evidence.files[i];
    if (f.picture.empty()) continue;
    out.key(fmt::format("{}", i)).begin_object();
    out.key("t").text(f.picture).key("w").number(f.width).key("h").number(f.height);
    out.key("b").text(base64(f.bytes)).end_object();
  }
  out.end_object();
  return out.view();
}

std::string write_core(const Case& c, const HostList& hosts) {
  JsonWriter out;
  out.begin_object().key("contract").number(kContract);
  out.key("mode").text(c.analysis.keeper().sampled() ? "sample" : "all");
  write_meta(out, c);
  write_evidence(out, c);
  write_totals(out, c);
  write_packet_bins(out, c);
  if (c.analysis.keeper().sampled()) write_sums(out, c);
  write_services(out, c.analysis);
  write_columns(out, c);
  write_hosts(out, c, hosts);
  write_findings(out, c.findings);
  write_files(out, c.evidence);
  write_sessions(out, c.evidence);
  write_logins(out, c.evidence);
  out.end_object();
  return out.view();
}

}  // namespace

bool has_wide(const Case& c) {
  const Keeper& k = c.analysis.keeper();
  if (!k.has_texts() || k.sampled()) return false;
  switch (c.options.columns) {
    case Options::Columns::kCore:
      return false;
    case Options::Columns::kAll:
      return true;
    case Options::Columns::kAuto:
      break;
  }
  return k.rows().size() <= kConversationsWithAllColumns;
}

std::string title_of(const Case& c) {
  if (!c.options.title.empty()) return c.options.title;
  const Json& captures = array_of(c.evidence.end, "captures");
  if (captures.size() > 1) return fmt::format("{} captures", captures.size());
  const Json* const file = captures.empty() ? nullptr : member(captures[0], "file");
  const bool named = file != nullptr && file->is_string();
  return std::filesystem::path(named ? file->get<std::string>() : c.table_path).filename();
}

std::string join_chunks(const Chunks& chunks) {
  std::string out = "{\"core\":" + chunks.core + ",\"flows\":" + chunks.flows;
  if (!chunks.wide.empty()) out += ",\"wide\":" + chunks.wide;
  if (!chunks.media.empty()) out += ",\"media\":" + chunks.media;
  return out + "}\n";
}

Chunks write_chunks(const Case& c) {
  const HostList hosts(c);
  Chunks out;
  out.core = write_core(c, hosts);
  out.flows = write_flows(c, hosts);
  if (has_wide(c)) out.wide = write_wide(c);
  const bool pictures = std::ranges::any_of(
      c.evidence.files, [](const CapturedFile& f) { return !f.picture.empty(); });
  if (pictures) out.media = write_media(c);
  return out;
}

}  // namespace t2::report
