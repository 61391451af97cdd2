// SPDX-License-Identifier: Apache-2.0
// Values as text: spec txtSink 4, 5 and 10, core 6.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "t2/text.h"

namespace t2 {
namespace {

using namespace std::string_view_literals;

std::string escaped(std::string_view s) {
  TextBuffer out;
  put_escaped(out, s);
  return std::string(out.view());
}
std::string content(std::string_view s) {
  TextBuffer out;
  put_content(out, s);
  return std::string(out.view());
}
std::string number(double v) {
  char buffer[32];
  return {buffer, put_float(buffer, v)};
}

/// One value through columns, encoding and formatting.
template <class T>
std::string cell(const T& value, const TextSettings& settings = {},
                 Quoting quoting = Quoting::kStrings) {
  struct State {
    T value;
  };
  ColumnList list;
  Columns<State> columns(list, Lane::kShard);
  columns.add("x", "", [](const State& s) { return s.value; });
  const State state{value};
  const Flow flow;
  RowWriter writer;
  list.all()[0].encode({flow, &state, nullptr, nullptr}, writer);
  Schema schema{{list.all()[0]}};
  TextBuffer out;
  RowFormatter(schema, settings, quoting).row({writer.bytes()}, out);
  std::string text(out.view());
  EXPECT_EQ(text.back(), '\n');
  text.pop_back();
  return text;
}

TEST(Escape, ControlCharacters) {
  EXPECT_EQ(escaped("a\b\f\n\r\t\vz"), "a\\b\\f\\n\\r\\t\\vz");
  EXPECT_EQ(escaped("\"\\"), "\\\"\\\\");
  EXPECT_EQ(escaped("\x01\x1b\x7f"), "\\u0001\\u001B\\u007F");
  EXPECT_EQ(escaped("a;b_c%,d"), "a;b_c%,d");
  EXPECT_EQ(escaped("cut\0here"sv), "cut");
}

/// Each byte at each place of strings of each length: words are looked at as a whole.
TEST(Escape, EveryByteAtEveryPlace) {
  const std::string plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t length = 1; length <= plain.size(); ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string s = plain.substr(0, length);
        s[place] = static_cast<char>(byte);
        const std::string behind = byte == 0 ? "" : s.substr(place + 1);
        const std::string alone = escaped(std::string_view(s).substr(place, 1));
        ASSERT_EQ(escaped(s), fmt::format("{}{}{}", plain.substr(0, place), alone, behind)) << byte;
      }
    }
  }
  EXPECT_EQ(escaped(" ~"), " ~");
  EXPECT_EQ(escaped("!#[]"), "!#[]");
}

TEST(Escape, Utf8) {
  EXPECT_EQ(escaped("Z\u00fcrich \u20ac \U0001F600"), "Z\u00fcrich \u20ac \U0001F600");
  EXPECT_EQ(escaped("a\u009b1m"), "a\\u009B1m");  // C1: terminals obey it
  // NOLINTNEXTLINE(misc-misleading-bidirectional): what it is about
  EXPECT_EQ(escaped("gpj\u202eexe\u2066\u200f\u2028"), "gpj\\u202Eexe\\u2066\\u200F\\u2028");
  EXPECT_EQ(escaped("\x80\xc1\xf5x"), "...x");
  EXPECT_EQ(escaped("\xc3"), ".");                // truncated at the end
  EXPECT_EQ(escaped("\xe2\x82x"), ".x");          // broken by x
  EXPECT_EQ(escaped("\xe0\x80\x80"), "..");       // overlong: one for two bytes, one for the third
  EXPECT_EQ(escaped("\xed\xa0\x80y"), ".y");      // surrogate
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "...");  // above U+10FFFF
}

TEST(Numbers, FloatsAreThoseOfPrintf) {
  std::mt19937_64 random(7);
  std::vector<double> values = {0.1,       0.01,      0.001, 1e-4, 9.9999995e-5,
                                9999999.5, 9999999.4, 1e7,   0.5};
  for (int i = 0; i < 300'000; ++i) {
    const auto bits = random();
    // As in columns: singles of all sizes, decimal fractions, and the middle between two texts.
    const double fraction = static_cast<double>(bits % 20'000'000);
    const double power = std::pow(10.0, static_cast<int>(bits >> 40 & 15) - 11);
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits >> 32)));
    values.push_back(fraction * power);
    values.push_back((fraction + 0.5) * power);
    values.push_back(-(fraction + 0.5) / 1024);
  }
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    char expected[32];
    std::snprintf(expected, sizeof expected, "%.7g", v);
    ASSERT_EQ(number(v), expected);
  }
}

TEST(Numbers, DoublesAreThoseOfPrintf) {
  std::mt19937_64 random(8);
  std::vector<double> values = {0.0,        -0.0,         0.0000005,        0.9999995,
                                0.99999949, 4294967295.5, 4294967295.99999, 4294967296.5,
                                1e60,       -5.344,       123.4567885};
  for (int i = 0; i < 200'000; ++i) {
    const auto bits = random();
    values.push_back(static_cast<double>(bits >> 20) * 1e-6);
    values.push_back((static_cast<double>(bits >> 24) + 0.5) * 1e-6);  // between two texts
    values.push_back(-static_cast<double>(bits) / std::pow(2.0, static_cast<int>(bits % 90)));
  }
  for (const double v : values) {
    char expected[128];
    std::snprintf(expected, sizeof expected, "%f", v);
    ASSERT_EQ(cell(v), expected);
  }
}

/// Numbers with each count of digits, at both ends.
std::vector<std::uint64_t> edges() {
  std::vector<std::uint64_t> values = {0};
  for (std::uint64_t v = 1; v < 10'000'000'000'000'000'000U; v *= 10) {
    for (const std::uint64_t w : {v - 1, v, v + 1, 5 * v, 9 * v}) values.push_back(w);
  }
  for (int bits = 0; bits < 64; ++bits) values.push_back(~std::uint64_t{0} >> bits);
  std::mt19937_64 random(9);
  for (int i = 0; i < 20'000; ++i) values.push_back(random() >> i % 64);
  return values;
}

template <class Int>
void expect_number(std::uint64_t v) {
  ASSERT_EQ(cell(static_cast<Int>(v)), std::to_string(static_cast<Int>(v)));
}

TEST(Numbers, IntegersOfAllSizes) {
  for (const std::uint64_t v : edges()) {
    expect_number<std::uint8_t>(v);
    expect_number<std::uint16_t>(v);
    expect_number<std::uint32_t>(v);
    expect_number<std::uint64_t>(v);
    expect_number<std::int8_t>(v);
    expect_number<std::int16_t>(v);
    expect_number<std::int32_t>(v);
    expect_number<std::int64_t>(v);
  }
}

TEST(Numbers, HexOfAllSizes) {
  for (const std::uint64_t v : edges()) {
    char expected[32];
    std::snprintf(expected, sizeof expected, "0x%016lx", v);
    ASSERT_EQ(cell(Hex64{v}), expected);
    std::snprintf(expected, sizeof expected, "0x%08x", static_cast<std::uint32_t>(v));
    ASSERT_EQ(cell(Hex32{static_cast<std::uint32_t>(v)}), expected);
    std::snprintf(expected, sizeof expected, "0x%04x", static_cast<std::uint16_t>(v));
    ASSERT_EQ(cell(Hex16{static_cast<std::uint16_t>(v)}), expected);
    std::snprintf(expected, sizeof expected, "0x%02x", static_cast<std::uint8_t>(v));
    ASSERT_EQ(cell(Hex8{static_cast<std::uint8_t>(v)}), expected);
  }
}

TEST(Numbers, Times) {
  TextSettings micro;
  ASSERT_TRUE(micro.TSTAMP_PREC.assign("0", "test").ok());
  for (const std::uint64_t v : edges()) {
    const auto ns = static_cast<Nanoseconds>(v);
    const std::uint64_t size = ns < 0 ? -v : v;
    const char* sign = ns < 0 ? "-" : "";
    char expected[40];
    std::snprintf(expected, sizeof expected, "%s%lu.%09lu", sign, size / kSecond, size % kSecond);
    ASSERT_EQ(cell(Duration{ns}), expected);
    std::snprintf(expected, sizeof expected, "%s%lu.%06lu", sign, size / kSecond,
                  size % kSecond / 1000);
    ASSERT_EQ(cell(Timestamp{ns}, micro), expected);
  }
}

TEST(Content, Table) {
  EXPECT_EQ(content("TYPE I\r\n"), "TYPE I\\r\\n");
  EXPECT_EQ(content("\x1b[m\\ \"\x00\x07\xff"sv), "\\e[m\\ \"...");
}

TEST(Float, SevenDigitsAsPrintf) {
  for (const double v : {0.0, -0.0, 1e-38, 16777217.0, 123456.75, 8.6976e-05, 0.01393402, 1e30, 0.1,
                         1e5, 1234567.0, 12345678.0, 9999999.5, -2.5e-7}) {
    char expected[64];
    std::snprintf(expected, sizeof expected, "%.7g", v);
    EXPECT_EQ(number(v), expected);
  }
}

TEST(Cell, Scalars) {
  EXPECT_EQ(cell(std::int8_t{-1}), "-1");
  EXPECT_EQ(cell(std::uint8_t{200}), "200");
  EXPECT_EQ(cell(std::uint64_t{18446744073709551615U}), "18446744073709551615");
  EXPECT_EQ(cell(Hex8{0x0b}), "0x0b");
  EXPECT_EQ(cell(Hex16{0x0800}), "0x0800");
  EXPECT_EQ(cell(Hex64{0x0400000000004000}), "0x0400000000004000");
  EXPECT_EQ(cell(8.6976e-05F), "8.6976e-05");
  EXPECT_EQ(cell(0.0), "0.000000");
  EXPECT_EQ(cell(std::numeric_limits<double>::quiet_NaN()), "0.000000");
  EXPECT_EQ(cell(std::numeric_limits<float>::infinity()), "0");
  EXPECT_EQ(cell('\0'), "");
  EXPECT_EQ(cell(Direction::kB), "B");
  EXPECT_EQ(cell(Timestamp{1168195766739929000}), "1168195766.739929000");
  EXPECT_EQ(cell(Duration{-123000}), "-0.000123000");
  EXPECT_EQ(cell(Mac{{0, 0x16, 0x36, 0xa9, 8, 0x20}}), "00:16:36:a9:08:20");
  EXPECT_EQ(cell(IpAddress{}), "-");
}

TEST(Cell, Strings) {
  EXPECT_EQ(cell(std::string("NTT America")), "\"NTT America\"");
  EXPECT_EQ(cell(std::string()), "\"\"");
  EXPECT_EQ(cell(std::string("a\"b"), {}, Quoting::kNone), "a\\\"b");
  EXPECT_EQ(cell(Text{"us"}), "us");
  EXPECT_EQ(cell(Text{""}), "");
}

TEST(Cell, RepeatedCompoundOptional) {
  EXPECT_EQ(cell(std::vector<std::string>{"I", "/funwithbill/Microsoft-1978.jpg"}),
            "\"I\";\"/funwithbill/Microsoft-1978.jpg\"");
  EXPECT_EQ(cell(std::vector<std::uint16_t>{}), "");
  EXPECT_EQ(cell(std::vector<std::uint16_t>{200, 227}), "200;227");
  EXPECT_EQ(cell(std::tuple{Hex8{0}, Hex32{0}}), "0x00_0x00000000");
  EXPECT_EQ(cell(std::vector<std::tuple<std::uint8_t, std::uint8_t>>{{1, 2}, {3, 4}}), "1_2;3_4");
  EXPECT_EQ(cell(std::tuple{std::uint8_t{1}, std::tuple{std::uint8_t{2}, std::uint8_t{3}}}),
            "1_(2_3)");
  EXPECT_EQ(cell(std::optional<std::uint8_t>{}), "");
  EXPECT_EQ(cell(std::optional<std::uint8_t>{6}), "6");
}

TEST(Cell, AddressFormats) {
  const std::uint8_t v4[] = {128, 121, 136, 217};
  const std::uint8_t v6[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const IpAddress a = IpAddress::v4(v4), b = IpAddress::v6(v6);
  const char* expected4[] = {"128.121.136.217", "128.121.136.217", "0x807988d9", "2155448537"};
  const char* expected6[] = {"2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001",
                             "0x20010db8000000000000000000000001",
                             "0x20010db800000000_0x0000000000000001"};
  for (int i = 0; i < 4; ++i) {
    TextSettings s;
    ASSERT_TRUE(s.IP4_FORMAT.assign(std::to_string(i), "test").ok());
    ASSERT_TRUE(s.IP6_FORMAT.assign(std::to_string(i), "test").ok());
    EXPECT_EQ(cell(a, s), expected4[i]);
    EXPECT_EQ(cell(b, s), expected6[i]);
  }
  TextSettings padded;
  ASSERT_TRUE(padded.IP4_FORMAT.assign("1", "test").ok());
  const std::uint8_t small[] = {1, 2, 3, 4};
  EXPECT_EQ(cell(IpAddress::v4(small), padded), "001.002.003.004");
}

/// As inet_ntop() writes them, whatever words are zero and whatever the others are.
TEST(Cell, Ip6AddressesAreThoseOfTheLibrary) {
  std::mt19937 random(10);
  for (unsigned zeros = 0; zeros < 256; ++zeros) {
    for (int i = 0; i < 50; ++i) {
      std::array<std::uint8_t, 16> bytes{};
      for (std::size_t word = 0; word < 8; ++word) {
        if (zeros >> word & 1) continue;
        const unsigned size = random() % 6;
        const unsigned v = size == 5 ? 0xffff : 1 + random() % ((16U << 4 * size) - 1) % 0xffff;
        bytes[2 * word] = static_cast<std::uint8_t>(v >> 8);
        bytes[2 * word + 1] = static_cast<std::uint8_t>(v);
      }
      char expected[INET6_ADDRSTRLEN];
      inet_ntop(AF_INET6, bytes.data(), expected, sizeof expected);
      ASSERT_EQ(cell(IpAddress::v6(bytes.data())), expected);
      ASSERT_EQ(to_text(IpAddress::v6(bytes.data())), expected);
      inet_ntop(AF_INET, bytes.data(), expected, sizeof expected);
      ASSERT_EQ(cell(IpAddress::v4(bytes.data())), expected);
    }
  }
}

TEST(Cell, MacSeparators) {
  const Mac mac{{0, 0x16, 0x36, 0xa9, 8, 0xff}};
  EXPECT_EQ(to_text(mac), "00:16:36:a9:08:ff");
  TextSettings s;
  for (const std::string separator : {"", "-", "::", "12345678"}) {
    ASSERT_TRUE(s.MAC_SEP.assign(separator, "test").ok());
    std::string expected = "00";
    for (const char* byte : {"16", "36", "a9", "08", "ff"}) expected += separator + byte;
    EXPECT_EQ(cell(mac, s), expected);
  }
  ASSERT_TRUE(s.MAC_FORMAT.assign("2", "test").ok());
  EXPECT_EQ(cell(mac, s), "95406328063");
}

TEST(Cell, Settings) {
  TextSettings s;
  ASSERT_TRUE(s.HEX_CAPITAL.assign("1", "test").ok());
  ASSERT_TRUE(s.B2T_TIMESTR.assign("1", "test").ok());
  ASSERT_TRUE(s.TSTAMP_PREC.assign("0", "test").ok());
  ASSERT_TRUE(s.MAC_FORMAT.assign("1", "test").ok());
  EXPECT_EQ(cell(Hex16{0xabcd}, s), "0xABCD");
  EXPECT_EQ(cell(Timestamp{1168195766739929000}, s), "2007-01-07T18:49:26.739929+0000");
  EXPECT_EQ(cell(Duration{1500000000}, s), "1.500000");
  EXPECT_EQ(cell(Mac{{0, 0x16, 0x36, 0xa9, 8, 0x20}}, s), "0x0000001636A90820");
}

TEST(Cell, Nested) {
  using Numbers = std::vector<std::uint8_t>;
  EXPECT_EQ(cell(std::tuple{std::uint8_t{7}, Numbers{1, 2}}), "7_(1;2)");
  EXPECT_EQ(cell(std::tuple{Numbers{}, std::uint8_t{7}}), "()_7");
  using Pair = std::tuple<std::uint8_t, Text>;
  EXPECT_EQ(cell(std::vector<std::tuple<Pair, char>>{{{1, {"a"}}, 'x'}, {{2, {"b"}}, 'y'}}),
            "(1_a)_x;(2_b)_y");
  EXPECT_EQ(cell(std::optional<Numbers>{}), "");
  EXPECT_EQ(cell(std::optional<Numbers>{{3, 4}}), "3;4");
  using Maybe = std::optional<std::uint8_t>;
  EXPECT_EQ(cell(std::tuple{Maybe{}, Maybe{5}}), "_5");
  // What ends in what may be absent, within what may be so, too.
  using Lists = std::vector<std::tuple<std::uint8_t, Numbers>>;
  EXPECT_EQ(cell(Lists{{1, {2, 3}}, {4, {}}, {5, {6}}}), "1_(2;3);4_();5_(6)");
  EXPECT_EQ(cell(Lists{{5, {6}}}), "5_(6)");
  using Maybes = std::vector<std::tuple<std::uint8_t, Maybe>>;
  EXPECT_EQ(cell(Maybes{{1, {}}, {2, 3}, {4, {}}}), "1_;2_3;4_");
  EXPECT_EQ(cell(Maybes{{2, 3}}), "2_3");
  EXPECT_EQ(cell(std::optional<std::tuple<std::uint8_t, Maybe>>{{2, 3}}), "2_3");
  EXPECT_EQ(cell(std::optional<std::tuple<std::uint8_t, Maybe>>{{2, {}}}), "2_");
}

/// A row with a cell of each shape, so that each kind of step has another before and behind it.
struct Shapes {
  std::uint8_t number = 1;
  std::vector<std::string> list;
  std::optional<std::uint16_t> maybe;
  std::tuple<std::uint8_t, char> pair{2, 'p'};
  std::string text = "t";
};
ColumnList shape_columns() {
  ColumnList list;
  Columns<Shapes> c(list, Lane::kShard);
  c.add("maybe", "", &Shapes::maybe);
  c.add("list", "", &Shapes::list);
  c.add("pair", "", &Shapes::pair);
  c.add("list2", "", &Shapes::list);
  c.add("number", "", &Shapes::number);
  c.add("text", "", &Shapes::text);
  c.add("maybe2", "", &Shapes::maybe);
  return list;
}
std::string shape_row(const Shapes& s, const char* separator) {
  const ColumnList list = shape_columns();
  TextSettings settings;
  EXPECT_TRUE(settings.SEP_CHR.assign(separator, "test").ok());
  const Schema schema{list.all()};
  RowWriter writer;
  const Flow flow;
  for (const Column& c : list.all()) c.encode({flow, &s, nullptr, nullptr}, writer);
  TextBuffer out;
  RowFormatter(schema, settings, Quoting::kStrings).row({writer.bytes()}, out);
  return std::string(out.view());
}

TEST(Row, Separators) {
  Shapes full;
  full.list = {"a", "b"};
  full.maybe = 9;
  EXPECT_EQ(shape_row({}, "\t"), "\t\t2_p\t\t1\t\"t\"\t\n");
  EXPECT_EQ(shape_row(full, "\t"), "9\t\"a\";\"b\"\t2_p\t\"a\";\"b\"\t1\t\"t\"\t9\n");
  Shapes one;
  one.list = {"a"};
  EXPECT_EQ(shape_row(one, "\t"), "\t\"a\"\t2_p\t\"a\"\t1\t\"t\"\t\n");
  EXPECT_EQ(shape_row(one, ", "), ", \"a\", 2_p, \"a\", 1, \"t\", \n");
  EXPECT_EQ(shape_row({}, "<|>"), "<|><|>2_p<|><|>1<|>\"t\"<|>\n");
  EXPECT_EQ(shape_row(full, ", "), "9, \"a\";\"b\", 2_p, \"a\";\"b\", 1, \"t\", 9\n");
  const std::string wide(300, '-');  // longer than any value
  EXPECT_EQ(shape_row({}, wide.c_str()),
            wide + wide + "2_p" + wide + wide + "1" + wide + "\"t\"" + wide + "\n");
}

TEST(Row, WithoutColumns) {
  const Schema schema;
  TextBuffer out;
  RowFormatter(schema, {}, Quoting::kStrings).row({}, out);
  EXPECT_EQ(out.view(), "\n");
}

/// Copies of a column share what they encode with, and outlive the list it was made in.
TEST(Row, ColumnsCanBeCopied) {
  Column copy = shape_columns().all()[2];
  copy = Column(copy);
  const Shapes shapes;
  RowWriter writer;
  copy.encode({Flow(), &shapes, nullptr, nullptr}, writer);
  EXPECT_EQ(as_text(writer.bytes()), "\x02p");
}

TEST(RowWriter, GrowsWithWhatIsWritten) {
  RowWriter writer;
  const std::string text(10'000, 'x');
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    writer.scalar(i);
    writer.scalar(static_cast<std::uint8_t>(i));
    if (i % 1000 == 0) writer.text(text);
  }
  RowReader reader({writer.bytes()});
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ASSERT_EQ(reader.scalar<std::uint32_t>(), i);
    ASSERT_EQ(reader.scalar<std::uint8_t>(), static_cast<std::uint8_t>(i));
    if (i % 1000 == 0) {
      ASSERT_EQ(reader.text(), text);
    }
  }
}

TEST(Type, Names) {
  EXPECT_EQ(type_name(detail::Codec<std::uint64_t>::type()), "U64");
  EXPECT_EQ(type_name(detail::Codec<std::vector<std::string>>::type()), "S:R");
  EXPECT_EQ(type_name(detail::Codec<std::tuple<Hex8, Hex32>>::type()), "H8_H32");
  EXPECT_EQ(type_number(detail::Codec<std::tuple<Hex8, Hex32>>::type()), "13_15");
}

TEST(Row, LongStringsAndManyRows) {
  const std::string longest(3'000'000, '\x01');
  EXPECT_EQ(cell(longest).size(), longest.size() * 6 + 2);
  EXPECT_EQ(cell(std::vector<std::string>(20'000, "\x01")).size(), 20'000 * 9 - 1);
  // Elements of fixed size, too, need room of their own.
  const std::vector<IpAddress> many(20'000, IpAddress::v6(as_bytes("0123456789abcdef").data()));
  EXPECT_EQ(cell(many).size(), 20'000 * 40 - 1);
}

}  // namespace
}  // namespace t2
