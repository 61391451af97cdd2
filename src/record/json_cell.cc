// SPDX-License-Identifier: Apache-2.0
#include "t2/json_cell.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "t2/json.h"
#include "t2/scalars.h"
#include "t2/text.h"

namespace t2 {
namespace {

/// 1970-01-01T00:00:00.000000000Z
char* put_iso(char* p, Nanoseconds t) {
  using namespace std::chrono;
  // Rounded down here, for floor() would overflow near the ends of what Nanoseconds can hold.
  const Nanoseconds rest = (t % kSecond + kSecond) % kSecond;
  const sys_seconds at{seconds(t / kSecond - (t % kSecond < 0 ? 1 : 0))};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
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

/// Visits a cell and writes its value. Values in a list or compound end with a comma, which the
/// closing bracket takes back.
class JsonCell {
 public:
  JsonCell(std::string_view key, JsonForm form, TextBuffer& out)
      : place_(out), form_(form), p_(place_.begin(key)) {}
  bool end() {
    place_.end(p_);
    if (left_out_) place_.take_back();
    return !left_out_;
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
      if (form_ == JsonForm::kTransport) return name(transport(v));
      if (form_ == JsonForm::kZeekProto) return name(zeek_proto(v));
    }
    const bool as_text = form_ == JsonForm::kWhole;
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
    if (form_ == JsonForm::kNs) return value(v.ns);
    if (form_ == JsonForm::kEpoch) return value(Duration{v.ns});
    put([=](char* p) {
      *p++ = '"';
      p = put_iso(p, v.ns);
      *p++ = '"';
      return p;
    });
  }
  void value(Duration v) {
    if (form_ == JsonForm::kNs) return value(v.ns);
    put([=](char* p) { return put_time(p, v.ns); });
  }
  void value(const Mac& v) {
    const bool dashed = form_ == JsonForm::kDashedMac;
    put([&](char* p) {
      *p++ = '"';
      p = put_mac(p, v, dashed ? "-" : ":", dashed ? kUpperHex : kLowerHex);
      *p++ = '"';
      return p;
    });
  }
  void value(const IpAddress& v) {
    if (v.family == Family::kNone) return absent();
    if (form_ == JsonForm::kFamily) return name(v.is_v4() ? "ipv4" : "ipv6");
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
    if (form_ == JsonForm::kUpper) std::transform(text, p_, text, upper);
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

  JsonPlace place_;
  const JsonForm form_;
  char* p_;
  int depth_ = 0;
  bool left_out_ = false;
};

}  // namespace

bool put_json_cell(const Type& type, RowReader& in, std::string_view key, JsonForm form,
                   TextBuffer& out) {
  JsonCell cell(key, form, out);
  visit(type, in, cell);
  return cell.end();
}

}  // namespace t2
