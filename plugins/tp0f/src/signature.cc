// SPDX-License-Identifier: Apache-2.0
#include "signature.h"

#include <algorithm>
#include <vector>

#include "t2/protocols.h"
#include "text.h"

namespace t2::tp0f {
namespace {

enum OptionKind : std::uint8_t {
  kEol = 0,
  kNop = 1,
  kMss = 2,
  kScale = 3,
  kSackOk = 4,
  kSack = 5,
  kTimestamps = 8
};

struct Named {
  std::string_view name;
  std::uint32_t value;
};

constexpr Named kQuirkNames[] = {
    {"df", kDf},         {"id+", kIdPlus},          {"id-", kIdMinus},      {"ecn", kEcn},
    {"0+", kMustBeZero}, {"flow", kFlow},           {"seq-", kSeqMinus},    {"ack+", kAckPlus},
    {"ack-", kAckMinus}, {"uptr+", kUrgentPointer}, {"urgf+", kUrgentFlag}, {"pushf+", kPushFlag},
    {"ts1-", kTs1Minus}, {"ts2+", kTs2Plus},        {"opt+", kOptPlus},     {"exws", kScaleTooBig},
    {"bad", kBad}};

constexpr Named kOptionNames[] = {{"nop", kNop},    {"mss", kMss},   {"ws", kScale},
                                  {"sok", kSackOk}, {"sack", kSack}, {"ts", kTimestamps}};

template <std::size_t kN>
const Named* find(const Named (&names)[kN], std::string_view name) {
  const auto* found = std::find_if(std::begin(names), std::end(names),
                                   [&](const Named& n) { return n.name == name; });
  return found == std::end(names) ? nullptr : found;
}

// --- a packet ---

void read_ip(Observation& o, const Packet& p) {
  constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40;
  const auto quirk = [&o](bool there, Quirk q) { o.quirks |= there ? q : 0U; };
  o.ttl = p.ttl;
  o.v6 = p.src_ip.is_v6();
  quirk((p.tos & 3) != 0, kEcn);
  o.ip_options =
      static_cast<std::uint16_t>(p.l3_header_length - (o.v6 ? kIpv6Header : kIpv4Header));
  if (o.v6) {
    quirk((load_be32(p.l3.data()) & 0x000fffff) != 0, kFlow);
    return;
  }
  const std::uint16_t fragment = load_be16(&p.l3[6]);
  const bool df = (fragment & 0x4000) != 0;
  quirk(df, kDf);
  quirk(df && p.ip_id != 0, kIdPlus);
  quirk(!df && p.ip_id == 0, kIdMinus);
  quirk((fragment & 0x8000) != 0, kMustBeZero);
}

void read_tcp(Observation& o, Bytes tcp) {
  using namespace tcp_flag;
  constexpr std::uint8_t kEcnFlags = kEce | kCwr;
  const auto quirk = [&o](bool there, Quirk q) { o.quirks |= there ? q : 0U; };
  const std::uint32_t seq = load_be32(&tcp[4]), ack = load_be32(&tcp[8]);
  const std::uint8_t flags = tcp[kByte];
  o.syn_ack = (flags & kAck) != 0;
  o.window = load_be16(&tcp[14]);
  quirk(seq == 0, kSeqMinus);
  quirk(!o.syn_ack && ack != 0, kAckPlus);
  quirk(o.syn_ack && ack == 0, kAckMinus);
  quirk((flags & kUrg) == 0 && load_be16(&tcp[18]) != 0, kUrgentPointer);
  quirk((flags & kUrg) != 0, kUrgentFlag);
  quirk((flags & kPsh) != 0, kPushFlag);
  quirk((flags & kEcnFlags) != 0, kEcn);
}

void read_option(Observation& o, std::uint8_t kind, Bytes body) {
  constexpr std::uint8_t kMaxShift = 14;
  const auto has_length = [&](std::size_t n) {
    if (body.size() == n) return true;
    o.quirks |= kBad;
    return false;
  };
  switch (kind) {
    case kMss:
      if (has_length(2)) o.mss = load_be16(body.data());
      break;
    case kScale:
      if (!has_length(1)) break;
      o.scale = body[0];
      if (o.scale > kMaxShift) o.quirks |= kScaleTooBig;
      break;
    case kTimestamps:
      if (!has_length(8)) break;
      o.timestamps = true;
      if (load_be32(&body[0]) == 0) o.quirks |= kTs1Minus;
      if (!o.syn_ack && load_be32(&body[4]) != 0) o.quirks |= kTs2Plus;
      break;
    default:
      break;
  }
}

void read_options(Observation& o, Bytes options, std::size_t most) {
  Cursor c(options);
  while (c.left() > 0 && o.layout.count < most) {
    const std::uint8_t kind = c.u8();
    o.layout.push(kind);
    if (kind == kNop) continue;
    if (kind == kEol) {
      const Bytes rest = c.rest();
      o.layout.padding = static_cast<std::uint8_t>(rest.size());
      const bool used =
          std::any_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b != 0; });
      if (used) o.quirks |= kOptPlus;
      return;
    }
    const std::uint8_t length = c.u8();
    const Bytes body = c.bytes(length < 2 ? 0U : length - 2U);
    if (length < 2 || !c.ok()) {
      o.corrupt = true;
      o.quirks |= kBad;
      return;
    }
    read_option(o, kind, body);
  }
}

// --- a signature ---

bool parse_ttl(std::string_view text, Signature& s) {
  if (text.ends_with('-')) {
    s.ttl_is_maximum = true;
    text.remove_suffix(1);
  }
  const std::size_t plus = text.find('+');  // as seen + routers passed
  const auto ttl = number(text.substr(0, plus), 255);
  const auto routers = plus == text.npos ? std::optional(0U) : number(text.substr(plus + 1), 255);
  if (!ttl || !routers || *ttl + *routers > 255 || *ttl == 0) return false;
  s.ttl = static_cast<std::uint8_t>(*ttl + *routers);
  return true;
}

/// A number or `*`.
bool parse_optional(std::string_view text, std::uint32_t largest, std::int32_t& value) {
  value = Signature::kAnything;
  if (text == "*") return true;
  const auto n = number(text, largest);
  if (!n) return false;
  value = static_cast<std::int32_t>(*n);
  return true;
}

bool parse_window(std::string_view text, Signature& s) {
  using W = Signature::Window;
  const std::size_t comma = text.find(',');
  if (comma == text.npos || !parse_optional(text.substr(comma + 1), 255, s.scale)) return false;
  std::string_view size = text.substr(0, comma);
  if (size == "*") return true;
  const auto starts = [&](std::string_view prefix, W kind) {
    if (!size.starts_with(prefix)) return false;
    size.remove_prefix(prefix.size());
    s.window = kind;
    return true;
  };
  if (!starts("mss*", W::kTimesMss) && !starts("mtu*", W::kTimesMtu) &&
      !starts("%", W::kMultipleOf)) {
    s.window = W::kFixed;
  }
  const auto n = number(size, 65535);
  if (!n || (*n == 0 && s.window != W::kFixed)) return false;
  s.window_value = *n;
  return true;
}

bool parse_layout(std::string_view text, Layout& layout) {
  if (text.empty()) return true;
  for (const std::string_view part : split(text, ',')) {
    if (const Named* known = find(kOptionNames, part)) {
      if (!layout.push(static_cast<std::uint8_t>(known->value))) return false;
    } else if (part.starts_with("eol+")) {
      const auto padding = number(part.substr(4), 255);
      if (!padding || !layout.push(kEol)) return false;
      layout.padding = static_cast<std::uint8_t>(*padding);
    } else if (part.starts_with("?")) {
      const auto kind = number(part.substr(1), 255);
      if (!kind || !layout.push(static_cast<std::uint8_t>(*kind))) return false;
    } else {
      return false;
    }
  }
  return true;
}

bool parse_quirks(std::string_view text, std::uint32_t& quirks) {
  if (text.empty()) return true;
  for (const std::string_view part : split(text, ',')) {
    const Named* known = find(kQuirkNames, part);
    if (known == nullptr) return false;
    quirks |= known->value;
  }
  return true;
}

bool parse_payload(std::string_view text, Signature& s) {
  using P = Signature::Payload;
  if (text != "0" && text != "+" && text != "*") return false;
  s.payload = text == "0" ? P::kNone : text == "+" ? P::kSome : P::kAny;
  return true;
}

bool parse_version(std::string_view text, Signature& s) {
  if (text != "4" && text != "6" && text != "*") return false;
  s.version = text == "*" ? 0 : static_cast<std::uint8_t>(text[0] - '0');
  return true;
}

// --- both ---

bool window_fits(const Signature& s, const Observation& o) {
  using W = Signature::Window;
  constexpr std::uint16_t kSmallestMss = 100, kTimestampOption = 12;
  const auto times = [&](std::uint32_t unit) { return o.window == unit * s.window_value; };
  switch (s.window) {
    case W::kAny:
      return true;
    case W::kFixed:
      return o.window == s.window_value;
    case W::kMultipleOf:
      return o.window % s.window_value == 0;
    case W::kTimesMss:
      if (o.mss < kSmallestMss) return false;
      return times(o.mss) || (o.timestamps && times(o.mss - kTimestampOption)) || times(1460) ||
             times(1448) || (o.v6 && (times(1440) || times(1428)));
    case W::kTimesMtu:
      if (o.mss < kSmallestMss) return false;
      return times(o.mss + 40U) || times(o.mss + std::uint32_t{o.headers}) ||
             (o.v6 && times(o.mss + 60U)) || times(1500);
  }
  return false;
}

bool payload_fits(const Signature& s, const Observation& o) {
  return s.payload == Signature::Payload::kAny ||
         (s.payload == Signature::Payload::kSome) == o.payload;
}

bool ttl_fits(const Signature& s, const Observation& o) {
  constexpr int kMostRouters = 35;
  if (s.ttl_is_maximum) return o.ttl <= s.ttl;
  return o.ttl <= s.ttl && s.ttl - o.ttl <= kMostRouters;
}

}  // namespace

std::uint32_t Layout::hash() const {
  std::uint32_t h = 2166136261U;  // FNV-1a
  for (std::size_t i = 0; i < count; ++i) h = (h ^ kinds[i]) * 16777619U;
  return (h ^ padding) * 16777619U;
}

Observation observe(const Packet& p, Bytes tcp, std::size_t most_options) {
  constexpr std::size_t kFixedHeader = 20;
  Observation o;
  read_ip(o, p);
  read_tcp(o, tcp);
  o.payload = p.l7_length > 0;
  o.headers = static_cast<std::uint16_t>(p.l3_header_length + p.l4_header_length);
  const std::size_t stated = (tcp[12] >> 4) * std::size_t{4};
  o.corrupt = stated < kFixedHeader || tcp.size() < stated;
  if (!o.corrupt) read_options(o, skip(tcp, kFixedHeader), std::min(most_options, Layout::kMax));
  o.layout_hash = o.layout.hash();
  return o;
}

std::optional<Signature> parse_signature(std::string_view text) {
  constexpr std::size_t kFields = 8;
  const std::vector<std::string_view> f = split(text, ':');
  if (f.size() != kFields) return std::nullopt;
  Signature s;
  const bool good = parse_version(f[0], s) && parse_ttl(f[1], s) &&
                    parse_optional(f[2], 255, s.ip_options) && parse_optional(f[3], 65535, s.mss) &&
                    parse_window(f[4], s) && parse_layout(f[5], s.layout) &&
                    parse_quirks(f[6], s.quirks) && parse_payload(f[7], s);
  if (!good) return std::nullopt;
  s.layout_hash = s.layout.hash();
  return s;
}

Fit compare(const Signature& s, const Observation& o) {
  constexpr std::uint32_t kOnlyIpv4 = kDf | kIdPlus | kIdMinus | kMustBeZero, kOnlyIpv6 = kFlow;
  constexpr std::uint32_t kMayLack = kDf | kIdPlus, kMayHave = kIdMinus | kEcn;
  const auto equal = [](std::int32_t wanted, std::int32_t seen) {
    return wanted == Signature::kAnything || wanted == seen;
  };
  if (s.layout_hash != o.layout_hash) return Fit::kNo;
  if (s.version != 0 && (s.version == 6) != o.v6) return Fit::kNo;
  // The layouts themselves last: of one hash they hardly ever differ, and they are long.
  if (!equal(s.scale, o.scale) || !equal(s.mss, o.mss) || !equal(s.ip_options, o.ip_options) ||
      !window_fits(s, o) || !payload_fits(s, o) || s.layout != o.layout) {
    return Fit::kNo;
  }
  std::uint32_t wanted = s.quirks;
  if (s.version == 0) wanted &= ~(o.v6 ? kOnlyIpv4 : kOnlyIpv6);
  const std::uint32_t seen = o.quirks;
  const std::uint32_t lacking = wanted & ~seen & s.compared_quirks;
  const std::uint32_t extra = seen & ~wanted & s.compared_quirks;
  if ((lacking & ~kMayLack) != 0 || (extra & ~kMayHave) != 0) return Fit::kNo;
  return lacking == 0 && extra == 0 && ttl_fits(s, o) ? Fit::kExact : Fit::kFuzzy;
}

}  // namespace t2::tp0f
