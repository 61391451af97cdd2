// SPDX-License-Identifier: Apache-2.0
#include "t2/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "t2/unicode.h"

namespace t2 {
namespace {

using Json = nlohmann::json;

TEST(JsonWriter, ObjectsListsAndCommas) {
  JsonWriter j;
  j.begin_object().key("a").number(1).key("b").begin_array().number(2).null().end_array();
  j.key("c").begin_object().end_object().key("d").flag(true).key("e").text("x\"\\").end_object();
  EXPECT_EQ(j.take_line(), "{\"a\":1,\"b\":[2,null],\"c\":{},\"d\":true,\"e\":\"x\\\"\\\\\"}\n");
  j.begin_array().optional({}).optional(18446744073709551615u).end_array();
  EXPECT_EQ(j.take_line(), "[null,18446744073709551615]\n");
}

TEST(JsonWriter, ExactBytesWhereTextDoesNotShowThem) {
  JsonWriter j;
  j.begin_object()
      .bytes("plain", "a\"b")
      .bytes("utf8", "gr\xc3\xbc\xc3\x9f")
      .bytes("raw",
             "\xff"
             "a");
  // NOLINTNEXTLINE(misc-misleading-bidirectional)
  j.bytes("bidi", "\xe2\x80\xae").bytes("c1", "\xc2\x9b").bytes("tab", "\t").end_object();
  EXPECT_EQ(j.take_line(),
            "{\"plain\":\"a\\\"b\",\"utf8\":\"gr\xc3\xbc\xc3\x9f\","
            "\"raw\":\"\xef\xbf\xbd"
            "a\",\"raw_hex\":\"ff61\","
            "\"bidi\":\"\\u202e\",\"bidi_hex\":\"e280ae\","
            "\"c1\":\"\\u009b\",\"c1_hex\":\"c29b\",\"tab\":\"\\u0009\",\"tab_hex\":\"09\"}\n");
}

/// Any bytes: valid JSON, the exact bytes can be had, no character that a terminal obeys.
TEST(JsonWriter, RandomBytes) {
  std::mt19937 random(1);
  static constexpr std::string_view kPieces[] = {"a",           "\"",           "\\",
                                                 "\n",          "\x1b",         "\x7f",
                                                 "\xc2\x85",    "\xe2\x80\xa8", "\xf0\x9f\x98\x80",
                                                 "\xed\xa0\x80"};
  for (int round = 0; round < 3000; ++round) {
    std::string s;
    for (auto n = random() % 20; n > 0; --n) {
      if (random() % 2 == 0) {
        s += kPieces[random() % std::size(kPieces)];
      } else {
        s += static_cast<char>(random());
      }
    }
    JsonWriter j;
    const std::string line = j.begin_object().bytes("k", s).end_object().take_line();
    const Json parsed = Json::parse(line);
    if (parsed.contains("k_hex")) {
      std::string back;
      const std::string hex = parsed["k_hex"];
      for (std::size_t i = 0; i < hex.size(); i += 2) {
        back += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
      }
      ASSERT_EQ(back, s);
    } else {
      ASSERT_EQ(parsed["k"], s);
    }
    for (std::string_view rest = std::string_view(line).substr(0, line.size() - 1);
         !rest.empty();) {
      char32_t c = 0;
      const std::size_t n = character_length(rest, c);
      ASSERT_GT(n, 0u);
      ASSERT_FALSE(is_control_or_bidi(c));
      rest.remove_prefix(n);
    }
  }
}

}  // namespace
}  // namespace t2
