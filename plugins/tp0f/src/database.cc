// SPDX-License-Identifier: Apache-2.0
#include "database.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "t2/file.h"
#include "t2/protocols.h"
#include "text.h"

namespace t2::tp0f {
namespace {

constexpr std::size_t kMaxName = 100;

/// Calls `take` with every line.
template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(text.substr(0, end));
    if (end == text.npos) return;
    text.remove_prefix(end + 1);
  }
}

/// As the reference's tables spell it.
std::string program_of(std::string_view name) {
  if (name == "Mac OS X" || name == "MacOS X") return "MacOSX";
  if (name == "p0f") return "tp0f";
  std::string out(name.substr(0, kMaxName));
  std::erase(out, ' ');
  return out.empty() ? "unknown" : out;
}

RuleLabel make_label(std::string_view os_class, std::string_view name, std::string_view flavor) {
  RuleLabel l;
  l.os_class = os_class.substr(0, kMaxName);
  l.program = program_of(name);
  l.version = flavor.empty() ? "unknown" : flavor.substr(0, kMaxName);
  l.numbers = {class_number(l.os_class), program_number(l.program), version_number(l.version)};
  return l;
}

enum class Section : std::uint8_t { kOther, kSyn, kSynAck };

std::optional<Section> section_of(std::string_view line) {
  if (!line.ends_with(']')) return std::nullopt;
  if (line == "[tcp:request]") return Section::kSyn;
  if (line == "[tcp:response]") return Section::kSynAck;
  return Section::kOther;
}

/// A line of a converted rule file, numbers within their limits.
struct Converted {
  std::uint16_t rule = 0;
  std::uint32_t flags = 0;
  std::uint8_t version = 0, ip_bits = 0, ttl = 0;
  bool syn_ack = false, payload = false;
  std::int32_t mss = 0, scale = 0;
  std::uint32_t window = 0;
  std::size_t option_count = 0;
  std::string_view options;  // kinds in hex
  std::uint8_t os_class = 0, program = 0, flavor = 0;
};

std::optional<Converted> read_converted(std::string_view line) {
  enum Field {
    kNumber,
    kFlags,
    kVersion,
    kIpBits,
    kTcpFlags,
    kQuirks,
    kTtl,
    kIpOptions,
    kMss,
    kWindow,
    kOptionCount,
    kOptions,
    kPayload,
    kClass,
    kProgram,
    kFlavor,
    kFields
  };
  const auto f = split(line, '\t');
  if (f.size() < kFields) return {};
  const auto window = split(f[kWindow], ',');
  if (window.size() != 2) return {};
  Converted c;
  bool good = true;
  const auto take = [&good](std::string_view text, std::uint32_t most, auto& value, int base = 10) {
    const auto n = number(text, most, base);
    good = good && n;
    if (n) value = static_cast<std::remove_reference_t<decltype(value)>>(*n);
  };
  std::uint8_t tcp = 0;
  take(f[kNumber], 65535, c.rule);
  take(f[kFlags], 255, c.flags, 16);
  take(f[kVersion], 255, c.version, 16);
  take(f[kIpBits], 255, c.ip_bits, 16);
  take(f[kTcpFlags], 255, tcp, 16);
  take(f[kTtl], 255, c.ttl);
  take(f[kMss], 65535, c.mss);
  take(window[0], 65535, c.window);
  take(window[1], 255, c.scale);
  take(f[kOptionCount], Layout::kMax, c.option_count);
  take(f[kPayload], 1, c.payload);
  take(f[kClass], 255, c.os_class);
  take(f[kProgram], 255, c.program);
  take(f[kFlavor], 255, c.flavor);
  c.options = f[kOptions];
  c.syn_ack = tcp == tcp_flag::kSynAck;
  if (!good || (c.version != 0 && c.version != 4 && c.version != 6)) return {};
  if (tcp != tcp_flag::kSyn && !c.syn_ack) return {};
  return c;
}

/// Without the layout of its options.
Signature signature_of(const Converted& c) {
  enum Flag : std::uint32_t {
    kTimesMss = 0x02,
    kTimesMtu = 0x04,
    kAnyMss = 0x08,
    kAnyScale = 0x10,
    kAnyPayload = 0x20
  };
  using W = Signature::Window;
  using P = Signature::Payload;
  Signature s;
  s.version = c.version;
  s.ttl = c.ttl;
  s.ip_options = Signature::kAnything;
  if ((c.flags & kAnyMss) == 0) s.mss = c.mss;
  if ((c.flags & kAnyScale) == 0) s.scale = c.scale;
  s.window_value = c.window;
  s.window = (c.flags & kTimesMss) != 0   ? W::kTimesMss
             : (c.flags & kTimesMtu) != 0 ? W::kTimesMtu
             : c.window == 0              ? W::kAny  // the conversion lost what stood there
                                          : W::kFixed;
  s.payload = (c.flags & kAnyPayload) != 0 ? P::kAny : c.payload ? P::kSome : P::kNone;
  s.quirks = (c.ip_bits & 0x40) != 0 ? kDf : 0U;
  s.compared_quirks = kDf;
  return s;
}

/// The kinds of options; one of 0 has the number of padding bytes above it.
bool read_layout(std::string_view options, std::size_t count, Layout& layout) {
  if (count > 0) {
    for (const std::string_view part : split(options, ',')) {
      const auto kind = number(part, 0xffff, 16);
      if (!kind || !layout.push(static_cast<std::uint8_t>(*kind & 0xff))) return false;
      if ((*kind & 0xff) == 0) layout.padding = static_cast<std::uint8_t>(*kind >> 8);
    }
  }
  return layout.count == count;
}

}  // namespace

Result<Database> Database::load(const std::string& path) {
  const auto text = read_regular_file(path, kMaxFile);
  if (!text) return text.error();
  return parse(*text);
}

Database Database::parse(std::string_view text) {
  Database d;
  bool p0f = false;
  each_line(text, [&p0f](std::string_view line) {
    p0f |= section_of(trim(line)).value_or(Section::kOther) != Section::kOther;
  });
  if (p0f) {
    d.parse_p0f(text);
  } else {
    d.parse_converted(text);
  }
  d.index();
  return d;
}

bool Database::add(Rule rule, bool syn_ack) {
  if (size() >= kMaxRules) return false;
  (syn_ack ? syn_ack_ : syn_).push_back(rule);
  return true;
}

void Database::index() {
  for (auto* rules : {&syn_, &syn_ack_}) {
    std::stable_sort(rules->begin(), rules->end(), [](const Rule& a, const Rule& b) {
      return a.signature.layout_hash < b.signature.layout_hash;
    });
  }
}

void Database::parse_p0f(std::string_view text) {
  Section section = Section::kOther;
  bool labelled = false, generic = false;
  std::uint16_t number = 0;
  each_line(text, [&](std::string_view raw) {
    const std::string_view line = trim(raw);
    if (line.empty() || line[0] == ';') return;
    if (line[0] == '[') {
      const auto found = section_of(line);
      skipped_ += found ? 0 : 1;
      section = found.value_or(Section::kOther);
      labelled = false;
      return;
    }
    if (section == Section::kOther) return;
    const auto pair = split(line, '=', 2);
    if (pair.size() == 2 && pair[0] == "sys") return;
    if (pair.size() == 2 && pair[0] == "label") {
      const auto f = split(pair[1], ':', 4);
      labelled = f.size() == 4 && (f[0] == "s" || f[0] == "g") && !f[1].empty();
      if (labelled) {
        generic = f[0] == "g";
        labels_.push_back(make_label(f[1], f[2], f[3]));
        return;
      }
    } else if (pair.size() == 2 && pair[0] == "sig") {
      ++number;  // skipped ones count, so that numbers do not depend on them
      const auto signature = parse_signature(pair[1]);
      const auto label = static_cast<std::uint32_t>(labels_.size() - 1);
      if (labelled && signature &&
          add({*signature, number, label, generic}, section == Section::kSynAck)) {
        return;
      }
    }
    ++skipped_;
  });
}

void Database::parse_converted(std::string_view text) {
  each_line(text, [this](std::string_view line) {
    constexpr std::string_view kComments = "#% \t\r";
    if (line.empty() || kComments.find(line[0]) != kComments.npos) return;
    if (!parse_converted_line(line)) ++skipped_;
  });
}

/// Spec tp0f 5, "Rule file format of the reference".
bool Database::parse_converted_line(std::string_view line) {
  const auto c = read_converted(line);
  if (!c) return false;
  Signature s = signature_of(*c);
  if (!read_layout(c->options, c->option_count, s.layout)) return false;
  s.layout_hash = s.layout.hash();
  labels_.push_back(
      make_label(class_name(c->os_class), program_name(c->program), version_name(c->flavor)));
  return add({s, c->rule, static_cast<std::uint32_t>(labels_.size() - 1), false}, c->syn_ack);
}

const Rule* Database::find(const Observation& o, bool fuzzy) const {
  const std::vector<Rule>& rules = o.syn_ack ? syn_ack_ : syn_;
  const auto first = std::lower_bound(
      rules.begin(), rules.end(), o.layout_hash,
      [](const Rule& r, std::uint32_t hash) { return r.signature.layout_hash < hash; });
  const Rule* generic = nullptr;
  const Rule* nearly = nullptr;
  for (auto r = first; r != rules.end() && r->signature.layout_hash == o.layout_hash; ++r) {
    const Fit fit = compare(r->signature, o);
    if (fit == Fit::kExact && !r->generic) return &*r;
    if (fit == Fit::kExact && generic == nullptr) generic = &*r;
    if (fit == Fit::kFuzzy && !r->generic && nearly == nullptr) nearly = &*r;
  }
  if (generic != nullptr) return generic;
  return fuzzy ? nearly : nullptr;
}

}  // namespace t2::tp0f
