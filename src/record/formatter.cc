// SPDX-License-Identifier: Apache-2.0
// RowFormatter and the scalar texts (spec core 8.1, txtSink 4).
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "t2/text.h"

namespace t2 {

void TextBuffer::grow(std::size_t n) {
  std::size_t capacity = capacity_ < 4096 ? 4096 : capacity_ * 2;
  while (capacity - size_ < n) capacity *= 2;
  auto data = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

namespace {

/// Longest text of one scalar other than a string: a fully written IPv6 address or an ISO time.
constexpr std::size_t kScalarRoom = 96;

/// Whether put_scalar() knows it.
bool is_scalar(Kind kind) {
  return kind != Kind::kString && kind != Kind::kText && kind != Kind::kContent &&
         kind != Kind::kCompound;
}

char* put_text(char* p, std::string_view s) {
  std::memcpy(p, s.data(), s.size());
  return p + s.size();
}

/// Most numbers in a flow table have one digit.
template <class Int>
char* put_number(char* p, Int v) {
  if (v >= 0 && v < 10) {
    *p = static_cast<char>('0' + v);
    return p + 1;
  }
  return std::to_chars(p, p + 24, v).ptr;
}

/// An IPv4 address as everybody writes it.
char* put_dotted(char* p, const IpAddress& a) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *p++ = '.';
    p = put_number(p, unsigned{a.bytes[i]});
  }
  return p;
}

/// "00" to "99".
constexpr auto digit_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = static_cast<char>('0' + (i % 2 == 0 ? i / 20 : i / 2 % 10));
  }
  return pairs;
}

constexpr auto kPairs = digit_pairs();

/// Exactly `digits` decimal digits of v < 2^32, zero padded.
char* put_padded(char* p, std::uint32_t v, int digits) {
  int i = digits;
  for (; i >= 2; v /= 100) std::memcpy(p + (i -= 2), &kPairs[v % 100 * 2], 2);
  if (i == 1) *p = static_cast<char>('0' + v % 10);
  return p + digits;
}

/// "%.7g" of numbers that need no exponent, for which seven digits can be had with one product. It
/// is off by less than 2^-29, so it is rounded as the exact value unless it lies that close to the
/// middle of two. Null: not such a number.
char* put_plain_float(char* out, double value) {
  constexpr int kDigits = 7;
  constexpr std::uint32_t kLimit = 10'000'000;
  constexpr std::array<double, 12> kPowers = {1e0, 1e1, 1e2, 1e3, 1e4,  1e5,
                                              1e6, 1e7, 1e8, 1e9, 1e10, 1e11};
  const double size = std::fabs(value);
  if (!(size >= 1e-4 && size < kLimit)) return nullptr;
  // The number of digits behind the point, so that there are seven in all.
  std::size_t decimals = kDigits - 1;
  double limit = 10;
  while (size >= limit) {
    limit *= 10;
    --decimals;
  }
  limit = 1;
  while (size < limit) {
    limit /= 10;
    ++decimals;
  }
  const double scaled = size * kPowers[decimals];
  auto digits = static_cast<std::uint32_t>(scaled);
  const double rest = scaled - digits;
  if (std::fabs(rest - 0.5) < 1e-6) return nullptr;
  digits += rest > 0.5;
  if (digits >= kLimit || digits < kLimit / 10) return nullptr;
  if (value < 0) *out++ = '-';
  for (; decimals > 0 && digits % 10 == 0; --decimals) digits /= 10;
  const auto unit = static_cast<std::uint64_t>(kPowers[decimals]);
  out = put_number(out, static_cast<std::uint32_t>(digits / unit));
  if (decimals == 0) return out;
  *out++ = '.';
  // Leading zeros of a small number stand before the at most seven digits.
  const auto fraction = static_cast<std::uint32_t>(digits % unit);
  const int zeros = std::max(static_cast<int>(decimals) - kDigits, 0);
  std::memset(out, '0', static_cast<std::size_t>(zeros));
  return put_padded(out + zeros, fraction, static_cast<int>(decimals) - zeros);
}

char* put_hex_digits(char* p, std::uint64_t v, int digits, const char* alphabet) {
  for (int i = digits - 1; i >= 0; --i) {
    p[i] = alphabet[v & 15];
    v >>= 4;
  }
  return p + digits;
}

}  // namespace

char* put_float(char* out, double value) {
  if (char* end = put_plain_float(out, value); end != nullptr) return end;
  return std::to_chars(out, out + 24, value, std::chars_format::general, 7).ptr;
}

char* put_time(char* out, Nanoseconds ns, int digits) {
  auto v = static_cast<std::uint64_t>(ns);
  if (ns < 0) {
    *out++ = '-';
    v = -v;
  }
  out = put_number(out, v / kSecond);
  *out++ = '.';
  const auto fraction = static_cast<std::uint32_t>(v % kSecond);
  return put_padded(out, digits == 9 ? fraction : fraction / 1000, digits);
}

struct RowFormatter::Impl {
  const Schema& schema;
  std::string separator;
  std::string header_mark;
  std::string mac_separator;
  std::string no_ip;
  const char* hex;
  int ip4_format, ip6_format, mac_format, digits;
  bool iso_time, utc, sanitise, quote;

  Impl(const Schema& s, const TextSettings& t, Quoting quoting)
      : schema(s),
        separator(t.SEP_CHR.value()),
        header_mark(t.HDR_CHR.value()),
        mac_separator(t.MAC_SEP.value()),
        no_ip(t.B2T_NON_IP_STR.value()),
        hex(t.HEX_CAPITAL ? "0123456789ABCDEF" : "0123456789abcdef"),
        ip4_format(static_cast<int>(t.IP4_FORMAT)),
        ip6_format(static_cast<int>(t.IP6_FORMAT)),
        mac_format(static_cast<int>(t.MAC_FORMAT)),
        digits(t.TSTAMP_PREC == 0 ? 6 : 9),
        iso_time(t.B2T_TIMESTR),
        utc(t.TSTAMP_UTC),
        sanitise(t.TFS_SAN_UTF8),
        quote(quoting == Quoting::kStrings) {}

  void cell(const Type& type, RowReader& in, TextBuffer& out) const;
  void single(const Type& type, RowReader& in, TextBuffer& out, bool nested) const;
  void scalar(Kind kind, RowReader& in, TextBuffer& out) const;
  char* put_scalar(Kind kind, RowReader& in, char* p) const;
  void string(Kind kind, std::string_view s, TextBuffer& out) const;
  char* put_hex(char* p, std::uint64_t v, int n) const {
    return put_hex_digits(put_text(p, "0x"), v, n, hex);
  }
  char* put_finite(char* p, double v, bool fixed) const;
  char* put_iso(char* p, Nanoseconds t) const;
  char* put_mac(char* p, const Mac& m) const;
  char* put_ip(char* p, const IpAddress& a) const;
  char* put_ip4(char* p, const IpAddress& a) const;
  char* put_ip6(char* p, const IpAddress& a) const;
};

/// NaN and infinity would choke readers: printed as 0 (spec txtSink 4).
char* RowFormatter::Impl::put_finite(char* p, double v, bool fixed) const {
  if (!std::isfinite(v)) v = 0;
  if (v == 0 && !fixed && !std::signbit(v)) return put_number(p, 0);
  if (!fixed) return put_float(p, v);
  // "%f" of the largest double has 309 digits; such a value has no meaning in any column.
  if (std::fabs(v) > 1e60) return put_float(p, v);
  return std::to_chars(p, p + kScalarRoom, v, std::chars_format::fixed, 6).ptr;
}

char* RowFormatter::Impl::put_iso(char* p, Nanoseconds t) const {
  std::time_t seconds = t / kSecond;
  Nanoseconds rest = t % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  std::tm parts{};
  if (utc) {
    gmtime_r(&seconds, &parts);
  } else {
    localtime_r(&seconds, &parts);
  }
  p += std::strftime(p, 32, "%Y-%m-%dT%H:%M:%S.", &parts);
  p = put_padded(p, static_cast<std::uint32_t>(digits == 9 ? rest : rest / 1000), digits);
  return p + std::strftime(p, 8, "%z", &parts);
}

char* RowFormatter::Impl::put_mac(char* p, const Mac& m) const {
  if (mac_format == 0) {
    for (std::size_t i = 0; i < m.bytes.size(); ++i) {
      if (i > 0) p = put_text(p, std::string_view(mac_separator).substr(0, 8));
      p = put_hex_digits(p, m.bytes[i], 2, hex);
    }
    return p;
  }
  std::uint64_t v = 0;
  for (const std::uint8_t b : m.bytes) v = v << 8 | b;
  return mac_format == 1 ? put_hex(p, v, 16) : put_number(p, v);
}

char* RowFormatter::Impl::put_ip4(char* p, const IpAddress& a) const {
  if (ip4_format == 2) return put_hex(p, a.v4_value(), 8);
  if (ip4_format == 3) return put_number(p, a.v4_value());
  if (ip4_format == 0) return put_dotted(p, a);
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *p++ = '.';
    p = put_padded(p, a.bytes[i], 3);
  }
  return p;
}

char* RowFormatter::Impl::put_ip6(char* p, const IpAddress& a) const {
  if (ip6_format == 0) {
    inet_ntop(AF_INET6, a.bytes.data(), p, INET6_ADDRSTRLEN);
    return p + std::strlen(p);
  }
  if (ip6_format == 1) {
    for (std::size_t i = 0; i < 16; i += 2) {
      if (i > 0) *p++ = ':';
      p = put_hex_digits(p, load_be16(&a.bytes[i]), 4, hex);
    }
    return p;
  }
  p = put_hex(p, load_be64(a.bytes.data()), 16);
  if (ip6_format == 3) p = put_text(p, "_0x");
  return put_hex_digits(p, load_be64(a.bytes.data() + 8), 16, hex);
}

char* RowFormatter::Impl::put_ip(char* p, const IpAddress& a) const {
  if (a.is_v4()) return put_ip4(p, a);
  if (a.is_v6()) return put_ip6(p, a);
  return put_text(p, std::string_view(no_ip).substr(0, kScalarRoom));
}

char* RowFormatter::Impl::put_scalar(Kind kind, RowReader& in, char* p) const {
  switch (kind) {
    case Kind::kI8:
      return put_number(p, int{in.scalar<std::int8_t>()});
    case Kind::kI16:
      return put_number(p, in.scalar<std::int16_t>());
    case Kind::kI32:
      return put_number(p, in.scalar<std::int32_t>());
    case Kind::kI64:
      return put_number(p, in.scalar<std::int64_t>());
    case Kind::kU8:
      return put_number(p, unsigned{in.scalar<std::uint8_t>()});
    case Kind::kU16:
      return put_number(p, in.scalar<std::uint16_t>());
    case Kind::kU32:
      return put_number(p, in.scalar<std::uint32_t>());
    case Kind::kU64:
      return put_number(p, in.scalar<std::uint64_t>());
    case Kind::kH8:
      return put_hex(p, in.scalar<std::uint8_t>(), 2);
    case Kind::kH16:
      return put_hex(p, in.scalar<std::uint16_t>(), 4);
    case Kind::kH32:
      return put_hex(p, in.scalar<std::uint32_t>(), 8);
    case Kind::kH64:
      return put_hex(p, in.scalar<std::uint64_t>(), 16);
    case Kind::kFloat:
      return put_finite(p, in.scalar<float>(), false);
    case Kind::kDouble:
      return put_finite(p, in.scalar<double>(), true);
    case Kind::kTimestamp: {
      const auto t = in.scalar<Nanoseconds>();
      return iso_time ? put_iso(p, t) : put_time(p, t, digits);
    }
    case Kind::kDuration:
      return put_time(p, in.scalar<Nanoseconds>(), digits);
    case Kind::kMac:
      return put_mac(p, in.scalar<Mac>());
    case Kind::kIp:
      return put_ip(p, in.scalar<IpAddress>());
    case Kind::kChar:
    case Kind::kDirection: {
      const char c = in.scalar<char>();
      if (c != 0) *p++ = c;
      return p;
    }
    case Kind::kString:
    case Kind::kText:
    case Kind::kContent:
    case Kind::kCompound:
      break;
  }
  return p;
}

void RowFormatter::Impl::string(Kind kind, std::string_view s, TextBuffer& out) const {
  if (kind == Kind::kContent) return put_content(out, s);
  const bool quoted = kind == Kind::kString && quote;
  if (quoted) out.append('"');
  if (sanitise) {
    put_escaped(out, s);
  } else {
    out.append(s.substr(0, s.find('\0')));
  }
  if (quoted) out.append('"');
}

void RowFormatter::Impl::scalar(Kind kind, RowReader& in, TextBuffer& out) const {
  if (!is_scalar(kind)) return string(kind, in.text(), out);
  char* p = out.reserve(kScalarRoom);
  out.commit(put_scalar(kind, in, p));
}

void RowFormatter::Impl::single(const Type& type, RowReader& in, TextBuffer& out,
                                bool nested) const {
  if (type.kind != Kind::kCompound) return scalar(type.kind, in, out);
  if (nested) out.append('(');
  for (std::size_t i = 0; i < type.parts.size(); ++i) {
    if (i > 0) out.append('_');
    if (type.parts[i].repeated) {
      out.append('(');
      cell(type.parts[i], in, out);
      out.append(')');
    } else {
      single(type.parts[i], in, out, true);
    }
  }
  if (nested) out.append(')');
}

void RowFormatter::Impl::cell(const Type& type, RowReader& in, TextBuffer& out) const {
  if (type.optional && in.scalar<std::uint8_t>() == 0) return;
  if (!type.repeated) return single(type, in, out, false);
  const auto n = in.scalar<std::uint32_t>();
  for (std::uint32_t i = 0; i < n; ++i) {
    if (i > 0) out.append(';');
    single(type, in, out, false);
  }
}

RowFormatter::RowFormatter(const Schema& schema, const TextSettings& settings, Quoting quoting)
    : impl_(std::make_unique<Impl>(schema, settings, quoting)) {}
RowFormatter::~RowFormatter() = default;

void RowFormatter::header(TextBuffer& out) const {
  out.append(impl_->header_mark);
  bool first_column = true;
  for (const Column& c : impl_->schema.columns) {
    if (!first_column) out.append(impl_->separator);
    first_column = false;
    out.append(c.name);
  }
  out.append('\n');
}

void RowFormatter::row(RowView row, TextBuffer& out) const {
  RowReader in(row);
  // Before the first cell; not null, for memcpy. NOLINTNEXTLINE(readability-redundant-string-init)
  std::string_view separator = "";
  for (const Column& c : impl_->schema.columns) {
    char* p = out.reserve(impl_->separator.size() + kScalarRoom);
    p = put_text(p, separator);
    separator = impl_->separator;
    const bool plain = is_scalar(c.type.kind) && !c.type.optional && !c.type.repeated;
    out.commit(plain ? impl_->put_scalar(c.type.kind, in, p) : p);
    if (!plain) impl_->cell(c.type, in, out);
  }
  out.append('\n');
}

namespace {

struct KindName {
  const char* name;
  int number;
};

KindName kind_name(Kind kind) {
  switch (kind) {
    case Kind::kCompound:
      return {"", 0};
    case Kind::kI8:
      return {"I8", 1};
    case Kind::kI16:
      return {"I16", 2};
    case Kind::kI32:
      return {"I32", 3};
    case Kind::kI64:
      return {"I64", 4};
    case Kind::kU8:
      return {"U8", 7};
    case Kind::kU16:
      return {"U16", 8};
    case Kind::kU32:
      return {"U32", 9};
    case Kind::kU64:
      return {"U64", 10};
    case Kind::kH8:
      return {"H8", 13};
    case Kind::kH16:
      return {"H16", 14};
    case Kind::kH32:
      return {"H32", 15};
    case Kind::kH64:
      return {"H64", 16};
    case Kind::kFloat:
      return {"F", 19};
    case Kind::kDouble:
      return {"D", 20};
    case Kind::kChar:
      return {"C", 22};
    case Kind::kString:
      return {"S", 23};
    case Kind::kDirection:
      return {"C", 24};
    case Kind::kTimestamp:
      return {"U64.U32", 25};
    case Kind::kDuration:
      return {"U64.U32", 26};
    case Kind::kMac:
      return {"MAC", 27};
    case Kind::kIp:
      return {"IPX", 30};
    case Kind::kText:
    case Kind::kContent:
      return {"SC", 31};
  }
  return {"?", 0};
}

std::string describe(const Type& type, bool numbers, bool nested) {
  std::string out;
  if (type.kind != Kind::kCompound) {
    const KindName k = kind_name(type.kind);
    out = numbers ? std::to_string(k.number) : k.name;
  } else {
    for (const Type& part : type.parts) {
      if (!out.empty()) out += '_';
      out += describe(part, numbers, true);
    }
    if (nested) out = "(" + out + ")";
  }
  return type.repeated ? out + ":R" : out;
}

}  // namespace

std::string type_name(const Type& type) {
  return describe(type, false, false);
}
std::string type_number(const Type& type) {
  return describe(type, true, false);
}

std::string to_text(const IpAddress& a) {
  char buffer[INET6_ADDRSTRLEN] = "";
  if (a.is_v4()) return {buffer, put_dotted(buffer, a)};
  if (!a.is_v6()) return "-";
  inet_ntop(AF_INET6, a.bytes.data(), buffer, sizeof buffer);
  return buffer;
}

std::string to_text(const Mac& m) {
  char buffer[18];
  char* p = buffer;
  for (const std::uint8_t b : m.bytes) {
    if (p != buffer) *p++ = ':';
    p = put_hex_digits(p, b, 2, "0123456789abcdef");
  }
  return {buffer, p};
}

}  // namespace t2
