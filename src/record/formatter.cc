// SPDX-License-Identifier: Apache-2.0
// RowFormatter (spec core 8.1, txtSink 4).
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <ctime>
#include <utility>
#include <vector>

#include "base/plain_text.h"
#include "t2/scalars.h"
#include "t2/text.h"

namespace t2 {

namespace {

/// What a step is that prints no value of its own.
enum class Frame : std::uint8_t {
  kNothing,    // only what stands behind it
  kSeparator,  // between columns, unless it is a single character
  kOptional,   // runs the steps in it if there is a value
  kRepeated,   // runs them for each element
  kQuoted,     // puts what they print in the quotes of RFC 4180 if need be
  kString,     // a string in these quotes
  kText,       // a string, in these quotes if need be
};

/// Whether a cell of CSV needs quotes (RFC 4180, section 2, rule 6).
bool needs_quotes(std::string_view s) {
  static constexpr auto kSpecial = [] {
    std::array<bool, 256> t{};
    for (const std::uint8_t c : {'"', ',', '\r', '\n'}) t[c] = true;
    return t;
  }();
  return std::any_of(s.begin(), s.end(),
                     [](char c) { return kSpecial[static_cast<std::uint8_t>(c)]; });
}

/// One step of a row: a value or, with Kind::kCompound, a frame.
struct Step {
  Kind kind = Kind::kCompound;
  Frame frame = Frame::kNothing;
  char after = 0;               // printed behind it ...
  std::uint8_t after_size = 0;  // unless this is 0
  // How many of the steps behind a frame are in it. Behind one value of kOptional and kRepeated the
  // last of these prints what is printed behind the frame.
  std::uint32_t body = 0;
};

bool may_be_absent(const Step& s) {
  return s.kind == Kind::kCompound && (s.frame == Frame::kOptional || s.frame == Frame::kRepeated);
}

char* put_after(char* p, const Step& step) {
  *p = step.after;
  return p + step.after_size;
}

/// Turns the types of columns into steps, so that rows are printed without a look at the types.
class StepList {
 public:
  /// `odd_addresses`: the text of an address may need quotes.
  StepList(const std::string& separator, bool csv, bool odd_addresses)
      : separator_(separator), csv_(csv), odd_addresses_(odd_addresses) {}

  void add(const Type& type) {
    if (!csv_ || !may_need_quotes(type)) return value(type, false);
    const bool string = type.kind == Kind::kString || type.kind == Kind::kText;
    if (!string || type.repeated) return framed(Frame::kQuoted, [&] { value(type, false); });
    const Frame frame = type.kind == Kind::kString ? Frame::kString : Frame::kText;
    if (!type.optional) return push({Kind::kCompound, frame});
    framed(Frame::kOptional, [&] { push({Kind::kCompound, frame}); });
  }
  void separator() {
    if (separator_.size() == 1) return put(separator_.front());
    push({Kind::kCompound, Frame::kSeparator});
  }
  void end_of_line() {
    if (csv_) put('\r');
    put('\n');
  }
  std::vector<Step> take() { return std::move(steps_); }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// Numbers hold no quotes, commas and line ends.
  bool may_need_quotes(const Type& type) const {
    switch (type.kind) {
      case Kind::kChar:
      case Kind::kString:
      case Kind::kText:
      case Kind::kContent:
        return true;
      case Kind::kMac:
      case Kind::kIp:
        return odd_addresses_;
      case Kind::kCompound:
        return std::any_of(type.parts.begin(), type.parts.end(),
                           [this](const Type& part) { return may_need_quotes(part); });
      default:
        return false;
    }
  }

  void push(Step s) {
    last_ = steps_.size();
    steps_.push_back(s);
  }
  /// A character behind the last step, or as a step of its own.
  void put(char c) {
    if (last_ == kNone || steps_[last_].after_size != 0) push({});
    put_behind(last_, c);
  }
  void put_behind(std::size_t at, char c) {
    Step& s = steps_[at];
    s.after = c;
    s.after_size = 1;
    if (may_be_absent(s)) put_behind(last_in(at), c);
  }
  /// The last step in the frame `at` that is in no other frame.
  std::size_t last_in(std::size_t at) const {
    std::size_t i = at + 1;
    const std::size_t end = i + steps_[at].body;
    while (i + steps_[i].body + 1 < end) i += steps_[i].body + 1;
    return i;
  }

  /// `nested`: as part of a compound.
  void value(const Type& type, bool nested) {
    if (!type.optional) return elements(type, nested);
    framed(Frame::kOptional, [&] { elements(type, nested); });
  }
  void elements(const Type& type, bool nested) {
    if (!type.repeated) return single(type, nested);
    if (nested) put('(');
    framed(Frame::kRepeated, [&] { single(type, false); });
    if (nested) put(')');
  }
  void single(const Type& type, bool nested) {
    if (type.kind != Kind::kCompound) return push({type.kind});
    if (nested) put('(');
    for (std::size_t i = 0; i < type.parts.size(); ++i) {
      if (i > 0) put('_');
      value(type.parts[i], true);
    }
    if (nested) put(')');
  }

  template <class Body>
  void framed(Frame frame, Body body) {
    const std::size_t at = steps_.size();
    push({Kind::kCompound, frame});
    last_ = kNone;
    body();
    if (steps_[last_].after_size != 0) push({});
    steps_[at].body = static_cast<std::uint32_t>(steps_.size() - at - 1);
    last_ = at;
  }

  const std::string& separator_;
  bool csv_, odd_addresses_;
  std::vector<Step> steps_;
  std::size_t last_ = kNone;  // what a character can be put behind
};

std::vector<Step> make_steps(const Schema& schema, StepList steps) {
  bool first_column = true;
  for (const Column& c : schema.columns) {
    if (!first_column) steps.separator();
    first_column = false;
    steps.add(c.type);
  }
  steps.end_of_line();
  return steps.take();
}

/// NaN and infinity would choke readers: printed as 0 (spec txtSink 4).
double finite(double v) {
  return std::isfinite(v) ? v : 0;
}

char* put_single(char* p, float v) {
  if (std::bit_cast<std::uint32_t>(v) == 0) return put_number(p, 0);
  return put_float(p, finite(v));
}

/// How many values a frame has that may be absent; these are read then.
std::uint32_t count_values(const Step& step, RowReader& in) {
  return step.frame == Frame::kOptional ? in.scalar<std::uint8_t>() : in.scalar<std::uint32_t>();
}

/// None for 0.
char* put_character(char* p, char c) {
  *p = c;
  return p + (c != 0 ? 1 : 0);
}

}  // namespace

struct RowFormatter::Impl {
  const Schema& schema;
  std::string separator;
  std::string header_mark;
  std::string mac_separator;
  std::string no_ip;
  const HexPairs& hex;
  int ip4_format, ip6_format, mac_format, digits;
  bool iso_time, utc, sanitise, quote, csv;
  std::vector<Step> steps;
  std::size_t room;  // for all steps, with an empty text for each string

  Impl(const Schema& s, const TextSettings& t, Quoting quoting)
      : schema(s),
        separator(quoting == Quoting::kCsv ? "," : t.SEP_CHR.value()),
        header_mark(quoting == Quoting::kCsv ? "" : t.HDR_CHR.value()),
        mac_separator(t.MAC_SEP.value().substr(0, 8)),
        no_ip(t.B2T_NON_IP_STR.value().substr(0, kScalarRoom)),
        hex(t.HEX_CAPITAL ? kUpperHex : kLowerHex),
        ip4_format(static_cast<int>(t.IP4_FORMAT)),
        ip6_format(static_cast<int>(t.IP6_FORMAT)),
        mac_format(static_cast<int>(t.MAC_FORMAT)),
        digits(t.TSTAMP_PREC == 0 ? 6 : 9),
        iso_time(t.B2T_TIMESTR),
        utc(t.TSTAMP_UTC),
        sanitise(t.TFS_SAN_UTF8),
        quote(quoting != Quoting::kNone),
        csv(quoting == Quoting::kCsv),
        steps(make_steps(
            s, StepList(separator, csv, needs_quotes(mac_separator) || needs_quotes(no_ip)))),
        room(steps.size() * (std::max(kScalarRoom, separator.size()) + 1) + kSlack) {}

  /// Where a row is read and where its text is written. Before each step there is `room` behind
  /// `p`, less what the steps before took since it was made.
  struct At {
    RowReader in;
    char* p;
  };

  At run(const Step* step, const Step* end, At at, TextBuffer& out) const;
  At show(const Step& step, At at, TextBuffer& out) const;
  At repeat(const Step* first, const Step* end, std::uint32_t n, At at, TextBuffer& out) const;
  At quoted(const Step& step, At at, TextBuffer& out) const;
  char* put_cell(std::string_view s, bool quoted, char* p, TextBuffer& out) const;
  char* make_room(std::size_t n, char* p, TextBuffer& out) const {
    out.commit(p);
    return out.reserve(n + room);
  }
  // One for each type that visit_scalar() knows.
  template <std::integral Int>
  char* put(Int v, char* p, TextBuffer& /*out*/) const {
    return put_number(p, v);
  }
  template <class Int>
  char* put(Hex<Int> v, char* p, TextBuffer& /*out*/) const {
    return put_hex<sizeof(Int)>(p, v.value);
  }
  char* put(float v, char* p, TextBuffer&) const { return put_single(p, v); }
  char* put(double v, char* p, TextBuffer&) const { return put_fixed(p, finite(v)); }
  char* put(char v, char* p, TextBuffer&) const { return put_character(p, v); }
  char* put(Direction v, char* p, TextBuffer&) const {
    return put_character(p, static_cast<char>(v));
  }
  char* put(Timestamp v, char* p, TextBuffer&) const { return put_timestamp(p, v.ns); }
  char* put(Duration v, char* p, TextBuffer&) const { return put_time(p, v.ns, digits); }
  char* put(const Mac& v, char* p, TextBuffer&) const { return put_any_mac(p, v); }
  char* put(const IpAddress& v, char* p, TextBuffer&) const { return put_ip(p, v); }
  char* put(std::string_view v, char* p, TextBuffer& out) const {
    return put_string(v, quote, p, out);
  }
  char* put(Text v, char* p, TextBuffer& out) const { return put_string(v.view, false, p, out); }
  /// Most strings are short and plain.
  char* put_string(std::string_view s, bool quoted, char* p, TextBuffer& out) const {
    if (s.size() > kScalarRoom - 2 || !sanitise) return put_any_string(s, quoted, p, out);
    char* end = p;
    if (quoted) *end++ = '"';
    if (copy_plain(end, s) != s.size()) return put_any_string(s, quoted, p, out);
    end += s.size();
    if (quoted) *end++ = '"';
    return end;
  }
  char* put(Content v, char* p, TextBuffer& out) const {
    const std::string_view s = as_text(v.bytes);
    return put_content(make_room(s.size() * kEscapeRoom, p, out), s);
  }
  char* put_any_string(std::string_view s, bool quoted, char* p, TextBuffer& out) const;
  template <std::size_t kBytes>
  char* put_hex(char* p, std::uint64_t v) const {
    return put_hex_digits<kBytes>(put_text(p, "0x"), v, hex);
  }
  char* put_iso(char* p, Nanoseconds t) const;
  char* put_timestamp(char* p, Nanoseconds t) const {
    return iso_time ? put_iso(p, t) : put_time(p, t, digits);
  }
  char* put_any_mac(char* p, const Mac& m) const;
  char* put_ip(char* p, const IpAddress& a) const;
  char* put_any_ip4(char* p, const IpAddress& a) const;
  char* put_any_ip6(char* p, const IpAddress& a) const;
};

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
  p = put_subsecond(p, static_cast<std::uint32_t>(rest), digits);
  return p + std::strftime(p, 8, "%z", &parts);
}

char* RowFormatter::Impl::put_any_mac(char* p, const Mac& m) const {
  if (mac_format == 0) return put_mac(p, m, mac_separator, hex);
  std::uint64_t v = 0;
  for (const std::uint8_t b : m.bytes) v = v << 8 | b;
  return mac_format == 1 ? put_hex<8>(p, v) : put_number(p, v);
}

char* RowFormatter::Impl::put_any_ip4(char* p, const IpAddress& a) const {
  if (ip4_format == 0) return put_ip4(p, a.bytes.data());
  if (ip4_format == 2) return put_hex<4>(p, a.v4_value());
  if (ip4_format == 3) return put_number(p, a.v4_value());
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *p++ = '.';
    p = put_padded<3>(p, a.bytes[i]);
  }
  return p;
}

char* RowFormatter::Impl::put_any_ip6(char* p, const IpAddress& a) const {
  if (ip6_format == 0) return put_ip6(p, a.bytes.data());
  if (ip6_format == 1) {
    for (std::size_t i = 0; i < 16; i += 2) {
      if (i > 0) *p++ = ':';
      p = put_hex_digits<2>(p, load_be16(&a.bytes[i]), hex);
    }
    return p;
  }
  p = put_hex<8>(p, load_be64(a.bytes.data()));
  if (ip6_format == 3) p = put_text(p, "_0x");
  return put_hex_digits<8>(p, load_be64(a.bytes.data() + 8), hex);
}

char* RowFormatter::Impl::put_ip(char* p, const IpAddress& a) const {
  if (a.is_v4()) return put_any_ip4(p, a);
  if (a.is_v6()) return put_any_ip6(p, a);
  return put_text(p, no_ip);
}

char* RowFormatter::Impl::put_any_string(std::string_view s, bool quoted, char* p,
                                         TextBuffer& out) const {
  p = make_room(s.size() * kEscapeRoom + 2, p, out);
  if (quoted) *p++ = '"';
  p = sanitise ? put_escaped(p, s) : put_text(p, s.substr(0, s.find('\0')));
  if (quoted) *p++ = '"';
  return p;
}

RowFormatter::Impl::At RowFormatter::Impl::show(const Step& step, At at, TextBuffer& out) const {
  switch (step.frame) {
    case Frame::kSeparator:
      at.p = put_text(at.p, separator);
      break;
    case Frame::kQuoted:
      return quoted(step, at, out);
    case Frame::kString:
    case Frame::kText:
      at.p = put_cell(at.in.text(), step.frame == Frame::kString, at.p, out);
      break;
    case Frame::kNothing:
    case Frame::kOptional:  // run() sees to these
    case Frame::kRepeated:
      break;
  }
  return at;
}

/// The steps of a list for all its `n` elements.
RowFormatter::Impl::At RowFormatter::Impl::repeat(const Step* first, const Step* end,
                                                  std::uint32_t n, At at, TextBuffer& out) const {
  const std::size_t after = (first - 1)->after_size;
  for (std::uint32_t i = 0; i < n; ++i) {
    if (i > 0) {
      at.p -= after;
      *at.p++ = ';';
    }
    at = run(first, end, at, out);
    at.p = make_room(0, at.p, out);
  }
  return at;
}

namespace {

/// The `n` characters before `end`, in quotes, those in them doubled (RFC 4180, section 2, rules 5
/// to 7); backwards, for it makes room within itself. `quotes`: in the text.
char* put_quoted(char* end, std::size_t n, std::size_t quotes) {
  const char* from = end;
  char* to = end += quotes + 2;
  *--to = '"';
  for (std::size_t i = 0; i < n; ++i) {
    *--to = *--from;
    if (*from == '"') *--to = '"';
  }
  *--to = '"';
  return end;
}

}  // namespace

/// A cell that is a string, as in the flow table but without its quotes.
char* RowFormatter::Impl::put_cell(std::string_view s, bool quoted, char* p,
                                   TextBuffer& out) const {
  s = s.substr(0, s.find('\0'));  // nothing behind it is printed
  if (!quoted && !needs_quotes(s)) return put_string(s, false, p, out);
  const auto quotes = static_cast<std::size_t>(std::count(s.begin(), s.end(), '"'));
  if (quotes == 0) return put_string(s, true, p, out);
  out.commit(p);
  const std::size_t begin = out.size();
  p = put_string(s, false, p, out);
  out.commit(p);
  const std::size_t n = out.size() - begin;
  return put_quoted(make_room(quotes + 2, p, out), n, quotes);
}

RowFormatter::Impl::At RowFormatter::Impl::quoted(const Step& step, At at, TextBuffer& out) const {
  out.commit(at.p);
  const std::size_t begin = out.size();
  at = run(&step + 1, &step + 1 + step.body, at, out);
  out.commit(at.p);
  const std::string_view cell = out.view().substr(begin);
  if (!needs_quotes(cell)) return at;
  const std::size_t n = cell.size();
  const auto quotes = static_cast<std::size_t>(std::count(cell.begin(), cell.end(), '"'));
  at.p = put_quoted(make_room(quotes + 2, at.p, out), n, quotes);
  return at;
}

RowFormatter::Impl::At RowFormatter::Impl::run(const Step* step, const Step* end, At at,
                                               TextBuffer& out) const {
  RowReader in = at.in;
  char* p = at.p;
  for (; step != end; ++step) {
    if (step->kind != Kind::kCompound) {
      visit_scalar(step->kind, in, [&](const auto& v) { p = put(v, p, out); });
      p = put_after(p, *step);
      continue;
    }
    const Step& frame = *step;
    const std::uint32_t n = may_be_absent(frame) ? count_values(frame, in) : 0;
    if (n == 1) continue;  // to what is in it
    step += frame.body;
    if (n > 1) {
      at = repeat(&frame + 1, step + 1, n, {in, p}, out);
      in = at.in;
      p = at.p;
      continue;
    }
    if (!may_be_absent(frame)) {
      at = show(frame, {in, p}, out);
      in = at.in;
      p = at.p;
    }
    p = put_after(p, frame);
  }
  return {in, p};
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
  out.append(impl_->csv ? "\r\n" : "\n");
}

void RowFormatter::rows(const Rows& rows, RowText& out) const {
  for (const RowView r : rows) {
    row(r, out.text);
    out.end_row();
  }
}

void RowFormatter::row(RowView row, TextBuffer& out) const {
  const std::vector<Step>& steps = impl_->steps;
  char* p = out.reserve(impl_->room);
  const Step* first = steps.data();
  out.commit(impl_->run(first, first + steps.size(), {RowReader(row), p}, out).p);
}

}  // namespace t2
