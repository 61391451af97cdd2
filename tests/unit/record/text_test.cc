// SPDX-License-Identifier: Apache-2.0
// Values as text: spec txtSink 4, 5 and 10, core 6.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <random>
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
  Columns<State> columns(list);
  columns.add("x", "", [](const State& s) { return s.value; });
  const State state{value};
  const Flow flow;
  RowWriter writer;
  list.all()[0].encode({flow, &state, nullptr}, writer);
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

TEST(Escape, Utf8) {
  EXPECT_EQ(escaped("Z\u00fcrich \u20ac \U0001F600"), "Z\u00fcrich \u20ac \U0001F600");
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

TEST(Type, Names) {
  EXPECT_EQ(type_name(detail::Codec<std::uint64_t>::type()), "U64");
  EXPECT_EQ(type_name(detail::Codec<std::vector<std::string>>::type()), "S:R");
  EXPECT_EQ(type_name(detail::Codec<std::tuple<Hex8, Hex32>>::type()), "H8_H32");
  EXPECT_EQ(type_number(detail::Codec<std::tuple<Hex8, Hex32>>::type()), "13_15");
}

TEST(Row, LongStringsAndManyRows) {
  const std::string longest(3'000'000, '\x01');
  EXPECT_EQ(cell(longest).size(), longest.size() * 6 + 2);
}

}  // namespace
}  // namespace t2
