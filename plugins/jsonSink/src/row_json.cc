// SPDX-License-Identifier: Apache-2.0
#include "row_json.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

#include "t2/json.h"
#include "t2/scalars.h"
#include "t2/text.h"
#include "t2/unicode.h"

namespace t2::json_sink {
namespace {

/// 1970-01-01T00:00:00.000000000Z
char* put_iso(char* p, Nanoseconds t) {
  using namespace std::chrono;
  const sys_time<nanoseconds> at{nanoseconds(t)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(floor<seconds>(at) - day);
  const auto two = [&p](auto v, char behind) {
    p = put_padded<2>(p, static_cast<std::uint32_t>(v));
    *p++ = behind;
  };
  p = put_padded<4>(p, static_cast<std::uint32_t>(static_cast<int>(date.year())));  // 1677 to 2262
  *p++ = '-';
  two(static_cast<unsigned>(date.month()), '-');
  two(static_cast<unsigned>(date.day()), 'T');
  two(time.hours().count(), ':');
  two(time.minutes().count(), ':');
  two(time.seconds().count(), '.');
  const auto rest = (at - floor<seconds>(at)).count();
  p = put_padded<9>(p, static_cast<std::uint32_t>(rest));
  *p++ = 'Z';
  return p;
}

char* put_quoted(char* p, std::string_view s) {
  *p++ = '"';
  p = put_text(p, s);
  *p++ = '"';
  return p;
}

/// RFC 8259 has no NaN and no infinity.
char* put_real(char* p, double v, char* (*put)(char*, double)) {
  return std::isfinite(v) ? put(p, v) : put_text(p, "null");
}
char* put_shortest(char* p, double v) {
  return put_float(p, v);
}

std::string_view transport(std::uint8_t proto) {
  switch (proto) {
    case 1:
      return "icmp";
    case 2:
      return "igmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 41:
      return "ipv6";
    case 47:
      return "gre";
    case 50:
      return "esp";
    case 51:
      return "ah";
    case 58:
      return "ipv6-icmp";
    case 89:
      return "ospf";
    case 103:
      return "pim";
    case 112:
      return "vrrp";
    case 132:
      return "sctp";
    case 136:
      return "udplite";
    default:
      return "";
  }
}

std::string_view zeek_proto(std::uint8_t proto) {
  if (proto == 6) return "tcp";
  if (proto == 17) return "udp";
  return proto == 1 || proto == 58 ? "icmp" : "unknown_transport";
}

/// Room for any value but text, with what stands around it.
constexpr std::size_t kRoom = kScalarRoom + 16;

/// Where a member is written; it can be taken back.
class Place {
 public:
  explicit Place(TextBuffer& out) : out_(out), begin_(out.size()) {}

  /// Room for `n` more characters and a value behind `p`, which is where to write now.
  char* room(char* p, std::size_t n = 0) {
    out_.commit(p);
    return out_.reserve(n + kRoom);
  }
  char* begin(std::string_view key) { return put_text(out_.reserve(key.size() + kRoom), key); }
  void end(char* p) { out_.commit(p); }
  void take_back() { out_.commit(out_.view().data() + begin_); }

 private:
  TextBuffer& out_;
  std::size_t begin_;
};

/// Visits a cell and writes its value. Values in a list or compound end with a comma, which the
/// closing bracket takes back.
class Value {
 public:
  Value(const Member& member, TextBuffer& out)
      : place_(out), form_(member.form), p_(place_.begin(member.key)) {}
  void end() {
    place_.end(p_);
    if (left_out_) place_.take_back();
  }

  void absent() {
    left_out_ |= depth_ == 0;
    word("null");
  }
  void begin_list(const Type&, std::uint32_t n) {
    left_out_ |= n == 0 && depth_ == 0;
    open();
  }
  void end_list() { close(); }
  void begin_compound(const Type&) { open(); }
  void end_compound() { close(); }

  template <std::integral Int>
  void value(Int v) {
    if constexpr (std::is_same_v<Int, std::uint8_t>) {
      if (form_ == Form::kTransport) return name(transport(v));
      if (form_ == Form::kZeekProto) return name(zeek_proto(v));
    }
    const bool as_text = form_ == Form::kWhole;
    put([=](char* p) {
      if (as_text) *p++ = '"';
      p = put_number(p, v);
      if (as_text) *p++ = '"';
      return p;
    });
  }
  template <class Int>
  void value(Hex<Int> v) {
    put([=](char* p) {
      *p++ = '"';
      p = put_hex_digits<sizeof(Int)>(put_text(p, "0x"), v.value, kLowerHex);
      *p++ = '"';
      return p;
    });
  }
  void value(float v) {
    put([=](char* p) { return put_real(p, v, put_shortest); });
  }
  void value(double v) {
    put([=](char* p) { return put_real(p, v, put_fixed); });
  }
  void value(char v) { value(Text{{&v, v == 0 ? 0U : 1U}}); }
  void value(Direction v) { value(static_cast<char>(v)); }
  void value(Timestamp v) {
    if (form_ == Form::kNs) return value(v.ns);
    if (form_ == Form::kEpoch) return value(Duration{v.ns});
    put([=](char* p) {
      *p++ = '"';
      p = put_iso(p, v.ns);
      *p++ = '"';
      return p;
    });
  }
  void value(Duration v) {
    if (form_ == Form::kNs) return value(v.ns);
    put([=](char* p) { return put_time(p, v.ns); });
  }
  void value(const Mac& v) {
    const bool dashed = form_ == Form::kDashedMac;
    put([&](char* p) {
      *p++ = '"';
      p = put_mac(p, v, dashed ? "-" : ":", dashed ? kUpperHex : kLowerHex);
      *p++ = '"';
      return p;
    });
  }
  void value(const IpAddress& v) {
    if (v.family == Family::kNone) return absent();
    if (form_ == Form::kFamily) return name(v.is_v4() ? "ipv4" : "ipv6");
    put([&](char* p) {
      *p++ = '"';
      p = v.is_v4() ? put_ip4(p, v.bytes.data()) : put_ip6(p, v.bytes.data());
      *p++ = '"';
      return p;
    });
  }
  void value(std::string_view v) {
    p_ = place_.room(p_, v.size() * kJsonRoom + kJsonSlack);
    char* const text = p_;
    JsonFlaws flaws;
    p_ = put_json_text(p_, v, flaws);
    if (form_ == Form::kUpper) std::transform(text, p_, text, upper);
    comma();
  }
  /// An empty one prints nothing in the table, too.
  void value(Text v) {
    left_out_ |= v.view.empty() && depth_ == 0;
    value(v.view);
  }
  /// As the table shows it; made behind the place where it is escaped to.
  void value(Content v) {
    left_out_ |= v.bytes.empty() && depth_ == 0;
    const std::size_t n = 2 * v.bytes.size() + kSlack;
    p_ = place_.room(p_, n * kJsonRoom + kJsonSlack + n);
    char* const shown = p_ + n * kJsonRoom + kJsonSlack;
    const char* const end = put_content(shown, as_text(v.bytes));
    JsonFlaws flaws;
    p_ = put_json_text(p_, {shown, static_cast<std::size_t>(end - shown)}, flaws);
    comma();
  }

 private:
  static char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

  template <class Write>
  void put(Write write) {
    if (depth_ > 0) p_ = place_.room(p_);  // for the first one there is room
    p_ = write(p_);
    comma();
  }
  void comma() {
    if (depth_ > 0) *p_++ = ',';
  }
  void word(std::string_view s) {
    put([=](char* p) { return put_text(p, s); });
  }
  void name(std::string_view s) {
    if (s.empty()) return absent();
    put([=](char* p) { return put_quoted(p, s); });
  }
  void open() {
    p_ = place_.room(p_);
    *p_++ = '[';
    ++depth_;
  }
  void close() {
    if (p_[-1] == ',') --p_;
    *p_++ = ']';
    --depth_;
    comma();
    p_ = place_.room(p_);
  }

  Place place_;
  const Form form_;
  char* p_;
  int depth_ = 0;
  bool left_out_ = false;
};

/// A visitor of what it does not care about.
struct Nothing {
  void absent() {}
  void begin_list(const Type&, std::uint32_t) {}
  void end_list() {}
  void begin_compound(const Type&) {}
  void end_compound() {}
  void value(const auto&) {}
};

/// The exact bytes of the texts of a cell, if some of it is no UTF-8: of one text that, else a list
/// of all texts in the cell.
class Exact : public Nothing {
 public:
  Exact(const Type& type, const Member& member, TextBuffer& out)
      : place_(out),
        single_(!type.repeated && type.kind != Kind::kCompound),
        p_(place_.begin(member.key)) {
    if (!single_) *p_++ = '[';
  }
  void end() {
    if (!single_) {
      if (p_[-1] == ',') --p_;
      *p_++ = ']';
    }
    place_.end(p_);
    if (exact_) place_.take_back();
  }

  using Nothing::value;
  void value(std::string_view v) {
    exact_ = exact_ && is_utf8(v);
    p_ = place_.room(p_, 2 * v.size());
    *p_++ = '"';
    for (const char c : v) p_ = put_pair(p_, kLowerHex.text[static_cast<std::uint8_t>(c)]);
    *p_++ = '"';
    if (!single_) *p_++ = ',';
  }
  void value(Text v) { value(v.view); }
  /// The table shows dots for most bytes.
  void value(Content v) {
    value(as_text(v.bytes));
    exact_ = std::all_of(v.bytes.begin(), v.bytes.end(), [](std::uint8_t b) { return b >= 0x20 && b < 0x7f; });
  }

 private:
  static bool is_utf8(std::string_view s) {
    while (!s.empty()) {
      char32_t c = 0;
      const std::size_t n = character_length(s, c);
      if (n == 0) return false;
      s.remove_prefix(n);
    }
    return true;
  }

  Place place_;
  const bool single_;
  char* p_;
  bool exact_ = true;
};

/// The texts of the bits that are set, of each bit field in the cell.
class Texts : public Nothing {
 public:
  Texts(const std::vector<BitText>& bits, const Member& member, TextBuffer& out)
      : place_(out), bits_(bits), p_(place_.begin(member.key)) {}
  void end() {
    place_.end(p_);
    if (left_out_) place_.take_back();
  }

  void absent() { left_out_ = true; }
  void begin_list(const Type&, std::uint32_t n) {
    left_out_ = n == 0;
    list_ = true;
    *p_++ = '[';
  }
  void end_list() { close(); }

  using Nothing::value;
  template <class Int>
  void value(Hex<Int> v) {
    p_ = place_.room(p_);
    *p_++ = '[';
    for (const BitText& b : bits_) {
      if ((std::uint64_t{v.value} >> b.bit & 1) == 0) continue;
      const std::string_view text = b.text;
      p_ = place_.room(p_, text.size() * kJsonRoom + kJsonSlack);
      JsonFlaws flaws;
      p_ = put_json_text(p_, text, flaws);
      *p_++ = ',';
    }
    close();
    if (list_) *p_++ = ',';
  }

 private:
  void close() {
    if (p_[-1] == ',') --p_;
    *p_++ = ']';
  }

  Place place_;
  const std::vector<BitText>& bits_;
  char* p_;
  bool list_ = false, left_out_ = false;
};

template <class Visitor>
void put_member(const ColumnPlan& column, RowReader& in, Visitor v) {
  visit(*column.type, in, v);
  v.end();
}

/// Writes all members of a column; moves `in` behind the cell.
void put_column(const ColumnPlan& column, RowReader& in, TextBuffer& out) {
  const RowReader cell = in;
  for (const Member& m : column.members) {
    in = cell;
    if (m.form == Form::kHex) {
      put_member(column, in, Exact(*column.type, m, out));
    } else if (m.form == Form::kTexts) {
      put_member(column, in, Texts(*column.bits, m, out));
    } else {
      put_member(column, in, Value(m, out));
    }
  }
  Nothing nothing;
  if (column.members.empty()) visit(*column.type, in, nothing);
}

}  // namespace

void put_rows(const Plan& plan, const Rows& rows, RowText& out) {
  for (const RowView row : rows) {
    RowReader in(row);
    if (plan.a_only && RowReader(row).scalar<Direction>() != Direction::kA) continue;
    const std::size_t begin = out.text.size();
    out.text.append(plan.constants);
    for (const ColumnPlan& c : plan.columns) put_column(c, in, out.text);
    // Each member begins with a comma, the first one's becomes the bracket.
    if (out.text.size() == begin) out.text.append(',');
    out.text.overwrite(begin, '{');
    out.text.append("}\n");
    out.end_row();
  }
}

}  // namespace t2::json_sink
