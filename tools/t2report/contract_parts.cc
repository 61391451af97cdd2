// SPDX-License-Identifier: Apache-2.0
#include "contract_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "columns.h"
#include "findings/rules.h"
#include "members.h"
#include "trust.h"

namespace t2::report {
namespace {

/// Nanoseconds as text: they do not fit a number of JavaScript.
std::string ns(Nanoseconds t) {
  return fmt::format("{}", t);
}

/// JSON as it was read: what is no UTF-8 is replaced, and everything beyond ASCII is escaped.
void write_json(JsonWriter& out, const Json& j) {
  out.literal(j.dump(-1, ' ', true, Json::error_handler_t::replace));
}

void write_changed(JsonWriter& out, const Case& c) {
  out.key("changed").begin_array();
  const Json& settings = object_of(c.evidence.run, "settings");
  if (c.catalogue != nullptr) {
    const auto compare = [&](const tools::Owner& owner) {
      const Json& group = object_of(settings, owner.name.c_str());
      for (const tools::SettingEntry& s : owner.settings) {
        const std::string was = text_of(group, s.value->name());
        if (was.empty() || was == s.value->default_text()) continue;
        out.begin_array().text(owner.name).text(s.value->name());
        out.text(was).text(s.value->default_text()).end_array();
      }
    };
    compare(c.catalogue->core);
    for (const tools::Owner& p : c.catalogue->plugins) compare(p);
  }
  out.end_array();
}

void write_captures(JsonWriter& out, const Evidence& e) {
  const Json* const known = member(e.end, "captures");
  const bool has = known != nullptr && known->is_array();
  out.key("captures");
  write_json(out, has ? *known : array_of(e.run, "captures"));
}

void write_trust(JsonWriter& out, const Case& c) {
  out.key("trust").begin_array();
  for (const Trust& t : trust_of(c)) {
    constexpr const char* kStates[] = {"yes", "look", "unknown"};
    out.begin_object().key("state").text(kStates[static_cast<std::size_t>(t.state)]);
    out.key("title").text(t.title).key("text").text(t.text).key("filter").text(t.filter);
    out.end_object();
  }
  out.end_array();
}

/// Whether the bins are of the packets that the rows are of: a table may have been filtered.
bool has_bins(const Case& c) {
  const PacketBins& b = c.facts.bins;
  const TableTotals& t = c.analysis.totals();
  return b.width != 0 && b.packets() == t.packets && b.bytes() == t.bytes;
}

/// What the page cannot show, and why.
void write_lacks(JsonWriter& out, const Case& c) {
  out.key("lacks").begin_array();
  const Evidence& e = c.evidence;
  const auto missing = c.analysis.parser().missing();
  if (!missing.empty()) {
    std::string names;
    for (const std::string& m : missing) names += (names.empty() ? "" : ", ") + m;
    out.text("The table has no columns " + names + ": their plugins were not active.");
  }
  if (!e.has_manifest)
    out.text(
        "No manifest: files, sessions, logins and digests of captures are not known. "
        "'t2report -r CAPTURE' carves.");
  if (e.not_listed > 0)
    out.text(fmt::format("{} more carved files are counted but not listed.", e.not_listed));
  if (e.lines_damaged > 0)
    out.text(fmt::format("{} lines of the manifest could not be read.", e.lines_damaged));
  if (c.facts.counts.empty())
    out.text(
        "No end report as JSON (t2 --set tranalyzer2.JSON_REPORT=1): the figures are not checked "
        "against it.");
  if (!has_bins(c))
    out.text(c.facts.bins.width == 0
                 ? "No time bins (plugin timeBins): packets and bytes are spread evenly over the "
                   "life of their flow."
                 : "The time bins are of other packets than the table and are not used.");
  if (c.analysis.totals().not_rows > 0)
    out.text(fmt::format("{} lines of the table are no rows and were passed over.",
                         c.analysis.totals().not_rows));
  if (c.analysis.rows_alone() > 0)
    out.text(fmt::format("{} B rows stand without their A row: the table was filtered or sorted.",
                         c.analysis.rows_alone()));
  if (c.catalogue == nullptr) out.text("t2 was not found: columns and flags have no texts.");
  if (c.analysis.hosts().forgotten() > 0)
    out.text(
        fmt::format("There were more hosts than are kept while reading: {} times one was "
                    "forgotten, with at most {} bytes; their number is an estimate.",
                    c.analysis.hosts().forgotten(), c.analysis.hosts().forgotten_bytes()));
  out.end_array();
}

void write_bits_of(JsonWriter& out, const tools::ColumnEntry& column) {
  out.key("bits").begin_array();
  for (const tools::BitLabel& b : column.bits) {
    const char severity = static_cast<char>(b.severity);
    out.begin_array().number(b.bit).text(b.text);
    out.text(b.severity == Severity::kNone ? "" : std::string_view(&severity, 1)).end_array();
  }
  out.end_array();
}

const tools::ColumnEntry* entry_of(const tools::Catalogue& catalogue, const std::string& name,
                                   std::string& plugin) {
  for (const tools::Owner& p : catalogue.plugins) {
    const auto found = std::ranges::find(p.flow_columns, name, &tools::ColumnEntry::name);
    if (found == p.flow_columns.end()) continue;
    plugin = p.name;
    return &*found;
  }
  const auto found =
      std::ranges::find(catalogue.core.flow_columns, name, &tools::ColumnEntry::name);
  if (found == catalogue.core.flow_columns.end()) return nullptr;
  plugin = "tranalyzer2";
  return &*found;
}

void sums(JsonWriter& out, const Sums& s) {
  out.number(s.flows).number(s.packets).number(s.bytes);
}

}  // namespace

void write_meta(JsonWriter& out, const Case& c) {
  const Evidence& e = c.evidence;
  const std::string program = text_of(e.run, "program"), version = text_of(e.run, "version");
  out.key("meta").begin_object();
  out.key("title").text(title_of(c)).key("note").text(c.options.note);
  out.key("made_by").text("t2report " T2_VERSION);
  out.key("program").text(program.empty() ? c.facts.program : program);
  out.key("version").text(version).key("stamp").text(c.facts.program);
  out.key("created").text(c.facts.date);
  out.key("hw").text(c.facts.hardware).key("sw").text(c.facts.software);
  out.key("table").text(c.table_path).key("folder").text(c.folder);
  out.key("packets").flag(c.facts.has_packets);
  out.key("passwords").flag(c.options.evidence.passwords);
  out.key("cover").flag(c.options.evidence.pictures == EvidenceOptions::Pictures::kCover);
  out.end_object();
}

void write_evidence(JsonWriter& out, const Case& c) {
  out.key("evidence").begin_object();
  write_captures(out, c.evidence);
  const std::string command = text_of(c.evidence.run, "command_line");
  out.key("command").text(command.empty() ? c.facts.command : command);
  const Json* const settings = member(c.evidence.run, "settings");
  out.key("settings");
  write_json(out, settings != nullptr ? *settings : Json::object());
  write_changed(out, c);
  out.key("plugins").begin_array();
  for (const auto& [name, version] : c.facts.plugins) {
    std::string doc;
    if (c.catalogue != nullptr) {
      const auto found = std::ranges::find(c.catalogue->plugins, name, &tools::Owner::name);
      if (found != c.catalogue->plugins.end()) doc = found->doc;
    }
    out.begin_array().text(name).text(version).text(doc).end_array();
  }
  out.end_array().key("report").begin_array();
  for (const std::string& line : c.facts.log) out.text(line);
  out.end_array().key("counts").begin_object();
  for (const auto& [group, counts] : c.facts.counts) {
    out.key(group).begin_object();
    for (const auto& [name, n] : counts) out.key_text(name).number(n);
    out.end_object();
  }
  out.end_object();
  write_trust(out, c);
  write_lacks(out, c);
  out.key("tables").begin_array();
  for (const TableFile& t : c.tables)
    out.begin_array().text(t.name).number(t.rows).text(t.sha256).end_array();
  out.end_array().end_object();
}

void write_totals(JsonWriter& out, const Case& c) {
  const TableTotals& t = c.analysis.totals();
  out.key("totals").begin_object();
  out.key("rows").number(t.rows).key("a").number(t.a).key("b").number(t.b);
  out.key("ipv4").number(t.ipv4).key("ipv6").number(t.ipv6);
  out.key("pairs").number(t.conversations).key("hosts").number(c.analysis.hosts().count());
  out.key("hostsExact").flag(c.analysis.hosts().count_is_exact());
  out.key("pkts").number(t.packets).key("bytes").number(t.bytes);
  out.key("first").text(ns(t.first)).key("last").text(ns(t.last));
  out.key("contents").number(c.evidence.contents).key("complete").number(c.evidence.complete);
  out.end_object();
}

void write_packet_bins(JsonWriter& out, const Case& c) {
  if (!has_bins(c)) return;
  const PacketBins& b = c.facts.bins;
  out.key("packetBins").begin_object().key("width").text(ns(b.width)).key("of").begin_array();
  for (const PacketBins::Bin& bin : b.bins) {
    out.begin_array().literal(fmt::format("{}", bin.number));
    out.number(bin.packets).number(bin.bytes).end_array();
  }
  out.end_array().end_object();
}

void write_sums(JsonWriter& out, const Case& c) {
  const Analysis& a = c.analysis;
  out.key("bins").begin_object().key("width").text(ns(a.bins().width())).key("of").begin_array();
  for (const auto& [number, bin] : a.bins().all()) {
    out.begin_array().literal(fmt::format("{}", number));
    for (std::size_t k = 0; k < kClasses; ++k) {
      if (bin.of[k].flows + bin.of[k].packets + bin.of[k].bytes == 0) continue;
      out.begin_array().number(k).number(bin.of[k].flows).number(bin.of[k].packets);
      out.number(bin.of[k].bytes).end_array();
    }
    out.end_array();
  }
  out.end_array().end_object();
  out.key("flags").begin_array();
  for (std::size_t column = 0; column < kBitColumns.size(); ++column) {
    for (std::size_t bit = 0; bit < 64; ++bit) {
      if (a.bits()[column][bit] == 0) continue;
      out.begin_array().text(kBitColumns[column]).number(bit).number(a.bits()[column][bit]);
      out.end_array();
    }
  }
  out.end_array().key("bySv").begin_array();
  for (std::size_t i = 0; i < a.by_service().size(); ++i) {
    out.begin_array().number(i);
    sums(out, a.by_service()[i]);
    out.end_array();
  }
  out.end_array().key("countries").begin_array();
  for (const auto& [country, s] : a.by_country()) {
    out.begin_array().text(a.hosts().countries().text(country));
    sums(out, s);
    out.end_array();
  }
  out.end_array();
}

void write_services(JsonWriter& out, const Analysis& a) {
  out.key("services").begin_array();
  for (const Service& s : a.services().all()) {
    out.begin_array().text(s.name).number(static_cast<std::uint64_t>(s.cls)).end_array();
  }
  out.end_array().key("classes").begin_array();
  for (std::size_t i = 0; i < kClasses; ++i) out.text(class_name(i));
  out.end_array();
}

void write_columns(JsonWriter& out, const Case& c) {
  out.key("cols").begin_array();
  for (const std::string& name : c.analysis.parser().names()) {
    out.begin_object().key("n").text(name);
    const auto fact = std::ranges::find(c.facts.columns, name, &RunFacts::Column::name);
    if (fact != c.facts.columns.end()) out.key("t").text(fact->type);
    std::string plugin;
    const tools::ColumnEntry* e =
        c.catalogue == nullptr ? nullptr : entry_of(*c.catalogue, name, plugin);
    if (e != nullptr) {
      out.key("p").text(plugin).key("d").text(e->doc);
      if (!e->bits.empty()) write_bits_of(out, *e);
    } else if (fact != c.facts.columns.end()) {
      out.key("d").text(fact->doc);
    }
    out.end_object();
  }
  out.end_array();
}

void write_findings(JsonWriter& out, const std::vector<Finding>& findings) {
  out.key("findings").begin_array();
  for (const Finding& f : findings) {
    constexpr const char* kLevels[] = {"first", "look", "note"};
    out.begin_object().key("sev").text(kLevels[static_cast<std::size_t>(f.level)]);
    out.key("cls").text(f.rule->name).key("title").text(f.rule->title);
    out.key("text").text(f.text).key("filter").text(f.filter).key("n").number(f.weight);
    out.key("why").text(f.rule->why).key("harmless").text(f.rule->harmless);
    out.key("how").text(f.rule->how).end_object();
  }
  out.end_array().key("rules").begin_array();
  for (const Rule* r : all_rules()) {
    out.begin_object().key("cls").text(r->name).key("title").text(r->title);
    out.key("how").text(r->how).end_object();
  }
  out.end_array();
}

void write_files(JsonWriter& out, const Evidence& e) {
  out.key("files").begin_array();
  for (const CapturedFile& f : e.files) {
    constexpr std::size_t kLargestRecord = 16 << 10;
    out.begin_object();
    std::string record = f.record.dump(-1, ' ', true, Json::error_handler_t::replace);
    out.key("record").literal(record.size() <= kLargestRecord ? record : "{}");
    out.key("name").text(f.name).key("is").text(f.is);
    if (!f.preview.empty()) out.key("preview").text(f.preview);
    if (!f.hex.empty()) out.key("hex").text(f.hex);
    if (!f.picture.empty()) out.key("pic").flag(true);
    if (!f.no_picture.empty()) out.key("nopic").text(f.no_picture);
    if (f.unlike_name || f.unlike_type) out.key("unlike").flag(true);
    if (f.program || f.macros) out.key("danger").flag(true);
    out.end_object();
  }
  out.end_array();
}

void write_sessions(JsonWriter& out, const Evidence& e) {
  out.key("sessions").begin_array();
  for (const Session& s : e.sessions) {
    out.begin_object().key("flow").number(s.flow).key("protocol").text(s.protocol);
    out.key("client").text(s.client).key("server").text(s.server).key("port").number(s.server_port);
    out.key("user").text(s.user).key("complete").flag(s.complete).key("guess").flag(s.guessed);
    out.key("first").text(ns(s.first)).key("all").number(s.lines_in_all);
    out.key("lines").begin_array();
    for (const SessionLine& l : s.lines) {
      out.begin_object().key("d").text(l.from_client ? "C" : "S").key("x").text(l.text);
      if (l.hidden) out.key("h").flag(true);
      if (l.length > 0) out.key("l").number(l.length);
      if (l.timed) out.key("p").number(l.packet).key("t").text(ns(l.at));
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
}

void write_logins(JsonWriter& out, const Evidence& e) {
  out.key("logins").begin_array();
  for (const Login& l : e.logins) {
    out.begin_object().key("flow").number(l.flow).key("protocol").text(l.protocol);
    out.key("client").text(l.client).key("server").text(l.server).key("user").text(l.user);
    if (!l.password.empty()) out.key("pass").text(l.password);
    out.key("ok");
    if (l.ok < 0)
      out.null();
    else
      out.flag(l.ok == 1);
    out.key("reply").text(l.reply).key("t").text(ns(l.at)).end_object();
  }
  out.end_array();
}

}  // namespace t2::report
