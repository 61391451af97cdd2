// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace t2::http {
namespace {

/// What a reader told, as text: "H200" a head, "(" body ")" and its end: d(eclared), m(arker),
/// c(losed), x: framing lost, nothing: no proof; "~5" a gap; "T" tunnel; "!" lost.
class Trace final : public MessageEvents {
 public:
  BodyRule on_head(Head head) override {
    text += head.response ? "H" + std::to_string(head.status) : "H" + head.method;
    return rule;
  }
  void on_body_start(std::optional<std::uint64_t>, bool) override { text += "("; }
  void on_body(Bytes data) override { text += as_text(data); }
  void on_body_gap(std::uint64_t n) override { text += "~" + std::to_string(n); }
  void on_body_end(const BodyEnd& e) override {
    text += ")";
    text += e.declared ? "d" : e.marker ? "m" : e.closed ? "c" : e.framing_lost ? "x" : "";
  }
  void on_tunnel(Bytes data) override {
    if (!std::exchange(tunnel, true)) text += "T";
    text += as_text(data);
  }
  void on_lost() override { text += "!"; }
  void on_no_room() override { text += "?"; }

  std::string text;
  bool tunnel = false;
  BodyRule rule = BodyRule::kAsDeclared;
};

/// The trace must not depend on how the bytes were cut.
std::string read(std::string_view bytes, bool responses = true,
                 BodyRule rule = BodyRule::kAsDeclared) {
  std::string whole;
  for (const std::size_t step : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
    Trace t;
    t.rule = rule;
    Budget budget(1 << 20);
    MessageReader r(responses, t, budget);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      r.feed(as_bytes(bytes.substr(at, step)));
    }
    r.end(true);
    if (whole.empty()) whole = t.text;
    EXPECT_EQ(t.text, whole) << "in steps of " << step;
  }
  return whole;
}

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\n";

std::string response(std::string_view fields_and_body) {
  return std::string(kOk) + std::string(fields_and_body);
}

TEST(Message, ReadsBodiesAsTheyAreFramed) {
  EXPECT_EQ(read(response("Content-Length: 3\r\n\r\nabc")), "H200(abc)d");
  EXPECT_EQ(read(response("Content-Length: 3\r\n\r\nab")), "H200(ab)");
  EXPECT_EQ(read(response("Content-Length: 0\r\n\r\n")), "H200");
  EXPECT_EQ(read(response("\r\nabc")), "H200(abc)c");
  EXPECT_EQ(
      read(response("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")),
      "H200(abcde)m");
  EXPECT_EQ(read("POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nxyGET / HTTP/1.1\r\n\r\n", false),
            "HPOST(xy)dHGET");
}

TEST(Message, TakesPipelinedMessagesAndTrailersApart) {
  const std::string chunked =
      response("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n");
  EXPECT_EQ(read(chunked + response("Content-Length: 1\r\n\r\nb") + chunked),
            "H200(a)mH200(b)dH200(a)m");
}

TEST(Message, ARequestThatBeginsInOnePieceTakesNoneOfTheNext) {
  const std::string get = "GET /a HTTP/1.1\r\n\r\n";
  for (std::size_t cut = 1; cut < 2 * get.size(); ++cut) {
    Trace t;
    Budget budget(1 << 20);
    MessageReader r(false, t, budget);
    std::string all;
    for (int i = 0; i < 4; ++i) all += get;
    r.feed(as_bytes(std::string_view(all).substr(0, cut)));
    r.feed(as_bytes(std::string_view(all).substr(cut)));
    EXPECT_EQ(t.text, "HGETHGETHGETHGET") << cut;
  }
}

TEST(Message, ReadsHostileFramingAsBrowsersDo) {
  // Announced chunks that are none.
  EXPECT_EQ(read(response("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nxyz")),
            "H200(xyz)d");
  EXPECT_EQ(read(response("Transfer-Encoding: \r\n x, chunked\r\n\r\n\r\n3\r\nabc\r\n0\r\n\r\n")),
            "H200(abc)m");
  EXPECT_EQ(read(response("Transfer\x01-Encoding: chu\x0bnked\r\n\r\n1\r\na\r\n0\r\n\r\n")),
            "H200(a)m");
  EXPECT_EQ(read("HTTP/1.1 200 ok\rContent-Length: 1\r\n\r\na"), "H200(a)d");
  EXPECT_EQ(read("HTTP/1.1 200 ok\n\rContent-Length: 1\n\r\r\na"), "H200(a)d");
  EXPECT_EQ(read(response("Content-Length: 1\n\t\na")), "H200(a)d");
  EXPECT_EQ(read(response("Content-Length: 1\n \nX: y\n\na")), "H200(a)d");
  EXPECT_EQ(read("\r\nfoobar\r\nHTTP/1.1 200 ok\r\nContent-Length: 1\r\n\r\na"), "H200(a)d");
  EXPECT_EQ(read("http/1.0 200 ok\r\nContent-Length: 1\r\n\r\na"), "H200(a)d");
}

TEST(Message, LengthsProveAnEndUnderTheirLargestReading) {
  const auto length = [](std::string_view value) {
    return content_length(
        parse_head("HTTP/1.1 200\r\nContent-Length: " + std::string(value), true));
  };
  EXPECT_EQ(length("68").value, 68U);
  EXPECT_TRUE(length("68").proves);
  EXPECT_EQ(length("68A").value, 68U);
  EXPECT_TRUE(length("68A").proves);
  EXPECT_EQ(length("34( 68)").value, 34U);
  EXPECT_FALSE(length("34( 68)").proves);
  EXPECT_FALSE(length("34\r\nContent-Length: 68").proves);
  EXPECT_TRUE(length("68\r\nContent-Length: 34").proves);
  EXPECT_FALSE(length("x").value);
  EXPECT_FALSE(length("99999999999999999999999").value);
}

/// Found by fuzzing: whether the line of a chunk ends is asked of as much of it in every piece.
TEST(Message, AChunkExtensionHasALimitWhateverThePieces) {
  const auto with = [](std::size_t length) {
    return read(response("Transfer-Encoding: chunked\r\n\r\n5;" + std::string(length, 'x') +
                         "\r\nhello\r\n0\r\n\r\n"));
  };
  EXPECT_EQ(with(255), "H200(hello)m");
  EXPECT_EQ(with(256).substr(0, 7), "H200(5;");
}

TEST(Message, ALongNameBehindABlankLineIsOneWhateverThePieces) {
  for (const std::size_t length : {62U, 63U, 64U, 65U, 66U}) {
    const std::string name(length, 'q');
    const bool taken = length <= 64;  // for a name
    EXPECT_EQ(read(response("A: 1\r\n \r" + name + ": 2\r\n\r\nabc")),
              taken ? "H200(abc)c" : "H200(" + name + ": 2\r\n\r\nabc)c");
  }
  const std::string blanks(200, ' ');
  EXPECT_EQ(read(response("A: 1\r\n \rB" + blanks + ": 2\r\n\r\nabc")),
            "H200(B" + blanks + ": 2\r\n\r\nabc)c");
}

TEST(Message, ANextResponseIsNoBody) {
  const std::string head = response("Content-Length: 9\r\n\r\n");
  EXPECT_EQ(read(head + head, true, BodyRule::kPerhaps), "H200H200");
  EXPECT_EQ(read(head + "HTTP/body", true, BodyRule::kPerhaps), "H200(HTTP/body)d");
  EXPECT_EQ(read(head + head, true, BodyRule::kNone), "H200H200");
  EXPECT_EQ(read(response("\r\nabc"), true, BodyRule::kTunnel), "H200Tabc");
}

TEST(Message, GapsKeepTheFramingWhereItCanBeKept) {
  const auto with_gap = [](std::string_view before, std::uint64_t gap, std::string_view after) {
    Trace t;
    Budget budget(1 << 20);
    MessageReader r(true, t, budget);
    r.feed(as_bytes(before));
    r.gap(gap);
    r.feed(as_bytes(after));
    r.end(true);
    return t.text;
  };
  const std::string length = response("Content-Length: 9\r\n\r\nab");
  EXPECT_EQ(with_gap(length, 4, "xyz"), "H200(ab~4xyz)d");
  // The gap holds the end of the body and perhaps other messages.
  EXPECT_EQ(with_gap(length, 40, response("Content-Length: 1\r\n\r\na")), "H200(ab~7)d!H200(a)d");
  const std::string chunk = response("Transfer-Encoding: chunked\r\n\r\n9\r\nab");
  EXPECT_EQ(with_gap(chunk, 4, "xyz\r\n0\r\n\r\n"), "H200(ab~4xyz)m");
  EXPECT_EQ(with_gap(chunk, 8, "xyz\r\n0\r\n\r\n"), "H200(ab)x!");
  EXPECT_EQ(with_gap(response("\r\nab"), 8, "c"), "H200(ab~8c)c");
  EXPECT_EQ(with_gap("HTTP/1.1 200 OK\r\nConte", 8, ": 1\r\n\r\na"), "!");
}

TEST(Message, WhatABodyQuotesIsNoMessage) {
  Trace t;
  Budget budget(1 << 20);
  MessageReader r(true, t, budget);
  r.lose();
  r.feed(as_bytes("<pre>HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
  EXPECT_EQ(t.text, "!");
  EXPECT_FALSE(r.found());
  r.feed(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
  EXPECT_EQ(t.text, "!H200(a)d");
  EXPECT_TRUE(r.found());
}

TEST(Message, AFloodOfSmallMessagesIsReadInOneGo) {
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
  Trace t;
  Budget budget(1 << 20);
  MessageReader r(true, t, budget);
  r.feed(as_bytes(flood));
  EXPECT_EQ(t.text.size(), 20'000 * std::string_view("H200(a)d").size());
}

TEST(Message, AHeadWithoutEndIsGivenUp) {
  Trace t;
  Budget budget(1 << 20);
  MessageReader r(true, t, budget);
  r.feed(as_bytes("HTTP/1.1 200 OK\r\n"));
  for (int i = 0; i < 20'000; ++i) r.feed(as_bytes("X-Some: header field\r\n"));
  EXPECT_EQ(t.text, "!");
}

TEST(Message, HeadsOfAllConnectionsShareABudget) {
  Budget budget(10'000);
  Trace a, b;
  MessageReader first(false, a, budget);
  {
    MessageReader second(false, b, budget);
    const std::string start = "GET / HTTP/1.1\r\nX: " + std::string(1000, 'x');
    first.feed(as_bytes(start));
    second.feed(as_bytes(start));
    EXPECT_EQ(a.text + b.text, "");
    second.feed(as_bytes(start));  // more than there is room for
    EXPECT_EQ(b.text, "?!");
    first.feed(as_bytes(start));  // what the second had is free
    EXPECT_EQ(a.text, "");
  }
  first.feed(as_bytes("\r\n\r\n"));
  EXPECT_EQ(a.text, "HGET");
}

}  // namespace
}  // namespace t2::http
