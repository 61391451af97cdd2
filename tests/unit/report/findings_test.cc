// SPDX-License-Identifier: Apache-2.0
// Each rule on something that has it, and on something that just has not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "findings/contents.h"
#include "findings/rules.h"
#include "findings/scans.h"
#include "findings/traffic.h"

namespace t2::report::test {
namespace {

Conversation tcp(std::uint64_t index, Nanoseconds at, std::uint16_t port = 80) {
  Conversation c;
  c.index = index;
  c.first = c.last = at;
  c.client = "10.0.0.1";
  c.server = "192.0.2.1";
  c.client_port = 40000;
  c.server_port = port;
  c.protocol = 6;
  c.c.seen = true;
  c.c.packets = 1;
  return c;
}

template <class Detector>
std::vector<Finding> found(const Detector& d) {
  std::vector<Finding> out;
  d.finish(out);
  return out;
}

template <class Rule>
std::vector<Finding> found(Rule rule, const Evidence& e) {
  std::vector<Finding> out;
  rule(e, out);
  return out;
}

std::vector<Finding> scan(int targets, Nanoseconds step) {
  PortScans d;
  for (int i = 0; i < targets; ++i) {
    Conversation c =
        tcp(static_cast<std::uint64_t>(i), i * step, static_cast<std::uint16_t>(i + 1));
    if (i == 0) c.s.tcp_flags = 0x200;  // SYN-ACK
    d.add(c);
  }
  return found(d);
}

TEST(PortScan, FifteenTargetsInAMinute) {
  const auto f = scan(15, 4 * kSecond);
  ASSERT_EQ(f.size(), 1U);
  EXPECT_EQ(f[0].text,
            "10.0.0.1 tried 15 ports of 1 host: 15 connections without data, up to 15 different "
            "targets in a minute, over 56 s; 1 was open.");
  EXPECT_EQ(f[0].filter, "src 10.0.0.1 and proto tcp and bytes = 0");
}
TEST(PortScan, FourteenAreNone) {
  EXPECT_TRUE(scan(14, kSecond).empty());
}
TEST(PortScan, SlowerIsNone) {
  EXPECT_TRUE(scan(15, 5 * kSecond).empty());
}
TEST(PortScan, TheSameTargetIsOne) {
  PortScans d;
  for (std::uint64_t i = 0; i < 100; ++i) d.add(tcp(i, static_cast<Nanoseconds>(i)));
  EXPECT_TRUE(found(d).empty());
}
TEST(PortScan, PayloadIsNoScan) {
  PortScans d;
  for (std::uint16_t i = 0; i < 100; ++i) {
    Conversation c = tcp(i, i, i);
    c.s.bytes = 1;
    d.add(c);
  }
  EXPECT_TRUE(found(d).empty());
}
TEST(PortScan, AtMostTwoHundredRowsAreWanted) {
  PortScans d;
  int wanted = 0;
  for (int i = 0; i < 1000; ++i)
    wanted += d.add(tcp(static_cast<std::uint64_t>(i), i, static_cast<std::uint16_t>(i))) ? 1 : 0;
  EXPECT_EQ(wanted, 200);
}

std::vector<Finding> scanner(std::string_view program, std::uint32_t stat) {
  RecognisedScanners d;
  Row r;
  r.source = "10.0.0.1";
  r.side.tp0f_stat = stat;
  r.labels.tp0f_program = program;
  r.labels.tp0f_version = "SYN scan";
  d.add(r);
  return found(d);
}
TEST(Scanner, ByName) {
  const auto f = scanner("NMap", 1);
  ASSERT_EQ(f.size(), 1U);
  EXPECT_EQ(f[0].text, "10.0.0.1: NMap SYN scan, 1 flow.");
}
TEST(Scanner, OtherNamesAndGuessesAreNone) {
  EXPECT_TRUE(scanner("Linux", 1).empty());
  EXPECT_TRUE(scanner("NMap", 0).empty());
}

std::vector<Finding> odd(int bit, int times) {
  OddFlags d;
  for (int i = 0; i < times; ++i) {
    Conversation c = tcp(1, 0);
    c.c.tcp_flags = 1U << bit;
    d.add(c);
  }
  return found(d);
}
TEST(OddFlags, LevelByNumber) {
  for (const int bit : {11, 12, 15}) {
    ASSERT_EQ(odd(bit, 3).size(), 1U) << bit;
    EXPECT_EQ(odd(bit, 3)[0].level, Level::kLook);
    EXPECT_EQ(odd(bit, 4)[0].level, Level::kFirst);
  }
}
TEST(OddFlags, OrdinaryFlagsAreNone) {
  for (const int bit : {0, 1, 4, 9, 10, 13, 14}) EXPECT_TRUE(odd(bit, 9).empty()) << bit;
}

std::vector<Finding> regular(int times, Nanoseconds step, Nanoseconds jitter) {
  Regular d;
  for (int i = 0; i < times; ++i)
    d.add(tcp(static_cast<std::uint64_t>(i), i * step + (i * i % 5) * jitter, 443));
  return found(d);
}
TEST(RegularConnections, EightByTheClock) {
  const auto f = regular(8, 10 * kSecond, 0);
  ASSERT_EQ(f.size(), 1U);
  EXPECT_EQ(f[0].text, "10.0.0.1 connected to 192.0.2.1 port 443 8 times, every 10 s ± 0.00 s.");
}
TEST(RegularConnections, SevenAreNone) {
  EXPECT_TRUE(regular(7, 10 * kSecond, 0).empty());
}
TEST(RegularConnections, FasterThanASecondIsNone) {
  EXPECT_TRUE(regular(20, kSecond - 1, 0).empty());
  EXPECT_EQ(regular(20, kSecond, 0).size(), 1U);
}
TEST(RegularConnections, JitterIsNone) {
  EXPECT_TRUE(regular(30, 10 * kSecond, 3 * kSecond).empty());
}

std::vector<Finding> leaving(const char* client, const char* server, std::uint64_t sent) {
  Leaving d;
  Conversation c = tcp(1, 0);
  c.client = client;
  c.server = server;
  c.c.bytes = sent;
  d.add(c);
  return found(d);
}
TEST(MuchDataLeaves, MoreThanAMegabyte) {
  ASSERT_EQ(leaving("10.0.0.1", "192.0.2.1", 1'000'001).size(), 1U);
  EXPECT_EQ(leaving("fd00::1", "2001:db8::1", 1'000'001).size(), 1U);
}
TEST(MuchDataLeaves, NotLessAndNotElsewhere) {
  EXPECT_TRUE(leaving("10.0.0.1", "192.0.2.1", 1'000'000).empty());
  EXPECT_TRUE(leaving("10.0.0.1", "10.0.0.2", 9'000'000).empty());
  EXPECT_TRUE(leaving("192.0.2.1", "10.0.0.1", 9'000'000).empty());
  EXPECT_TRUE(leaving("10.0.0.1", "239.1.1.1", 9'000'000).empty());
}

TEST(BrokenRules, EachBit) {
  const auto rule = [](auto set) {
    BrokenRules d;
    Conversation c = tcp(1, 0);
    set(c);
    d.add(c);
    const auto f = found(d);
    return f.empty() ? std::string() : std::string(f[0].rule->name);
  };
  EXPECT_EQ(rule([](Conversation& c) { c.c.flow_stat = std::uint64_t{1} << 50; }), "land");
  EXPECT_EQ(rule([](Conversation& c) { c.s.ip_flags = 1 << 4; }), "fragments");
  EXPECT_EQ(rule([](Conversation& c) { c.s.ip_flags = 1 << 8; }), "fragments");
  EXPECT_EQ(rule([](Conversation& c) { c.s.ip_flags = 1 << 9; }), "sequence");
  EXPECT_EQ(rule([](Conversation& c) { c.c.tcp_anomaly = 1 << 14; }), "syn-data");
  EXPECT_EQ(rule([](Conversation& c) { c.c.ip_flags = 1 << 11 | 1 << 3; }), "");
  EXPECT_EQ(rule([](Conversation& c) { c.c.tcp_anomaly = 1 << 13 | 1 << 12; }), "");
  EXPECT_EQ(rule([](Conversation& c) { c.c.flow_stat = std::uint64_t{5} << 49; }), "");
  EXPECT_EQ(rule([](Conversation& c) { c.c.http_flags = 1 << 9; }), "clear-http");
  EXPECT_EQ(rule([](Conversation& c) { c.c.http_flags = 1 << 8 | 1 << 10; }), "");
}

Evidence with_logins(int refused, int accepted, const char* user = "root") {
  Evidence e;
  for (int i = 0; i < refused + accepted; ++i) {
    Login l;
    l.protocol = "ftp";
    l.client = "10.0.0.1";
    l.server = "10.0.0.2";
    l.user = user;
    l.ok = i < refused ? 0 : 1;
    e.logins.push_back(l);
  }
  return e;
}
std::string guessing(const Evidence& e) {
  const auto f = found(password_guessing, e);
  return f.size() == 1 ? f[0].text : fmt::format("{} findings", f.size());
}
Login accepted(std::string user, Nanoseconds at, std::string client = "10.0.0.1") {
  Login l;
  l.protocol = "ftp";
  l.client = std::move(client);
  l.server = "10.0.0.2";
  l.user = std::move(user);
  l.ok = 1;
  l.at = at;
  return l;
}
constexpr char kFailed[] = "10.0.0.1 failed to log in to 10.0.0.2 (FTP) 5 times, as \"root\"; ";
TEST(PasswordGuessing, FiveRefused) {
  EXPECT_EQ(guessing(with_logins(5, 0)), kFailed + std::string("no login was accepted."));
  EXPECT_EQ(guessing(with_logins(5, 1)),
            kFailed + std::string("1 login was accepted within 10 minutes after a refused one, as "
                                  "\"root\"."));
}
TEST(PasswordGuessing, AnotherUserRightBehindIsTold) {
  Evidence e = with_logins(5, 1);
  e.logins.push_back(accepted("alice", 600 * kSecond));  // the refused ones: at 0
  EXPECT_EQ(
      guessing(e),
      kFailed + std::string("2 logins were accepted within 10 minutes after a refused one, as "
                            "\"alice\" and \"root\"."));
}
TEST(PasswordGuessing, WhatIsAcceptedLongAfterOrBeforeIsNoEndOfIt) {
  Evidence e = with_logins(5, 0);
  e.logins.insert(e.logins.begin(), accepted("early", -1));
  e.logins.push_back(accepted("alice", 73 * 86'400 * kSecond));
  e.logins.push_back(accepted("late", 600 * kSecond + 1));
  e.logins.push_back(accepted("other", 1, "10.0.0.9"));
  EXPECT_EQ(guessing(e),
            kFailed + std::string("no login was accepted within 10 minutes after a refused one, 3 "
                                  "at other times."));
}
TEST(PasswordGuessing, WhatTheCaptureDoesNotTellIsNoFailure) {
  Evidence e = with_logins(5, 0);
  e.logins.push_back(accepted("bob", 1));
  e.logins.back().ok = -1;
  EXPECT_EQ(guessing(e),
            kFailed + std::string("no login was accepted; of 1 login the capture does not tell."));
}
TEST(PasswordGuessing, FourAreNone) {
  EXPECT_TRUE(found(password_guessing, with_logins(4, 9)).empty());
}
TEST(ClearPasswords, NamedUsersThatGotIn) {
  EXPECT_EQ(found(clear_passwords, with_logins(0, 1)).size(), 1U);
  EXPECT_TRUE(found(clear_passwords, with_logins(3, 0)).empty());
  EXPECT_TRUE(found(clear_passwords, with_logins(0, 3, "anonymous")).empty());
}

TEST(Bounces, OnlyWhereAnnounced) {
  Evidence e;
  e.sessions.emplace_back();
  EXPECT_TRUE(found(bounced, e).empty());
  e.sessions[0].bounces = {"10.0.0.3 port 22"};
  EXPECT_EQ(found(bounced, e).size(), 1U);
}

Evidence with_file(CapturedFile f) {
  Evidence e;
  e.contents = 1;
  e.complete = 1;
  f.record = {{"data_flow", 7U}, {"conflicts", 0U}, {"complete", true}};
  e.files.push_back(std::move(f));
  return e;
}
TEST(FileFindings, ProgramsAndMacros) {
  CapturedFile f;
  f.name = "/a/b.bin";
  f.is = "Windows program";
  EXPECT_TRUE(found(programs_moved, with_file(f)).empty());
  EXPECT_TRUE(found(macros_moved, with_file(f)).empty());
  f.program = true;
  const auto programs = found(programs_moved, with_file(f));
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_EQ(programs[0].text, "1 file with a program in it: b.bin (Windows program).");
  EXPECT_EQ(programs[0].filter, "flow 7");
  f.macros = true;
  EXPECT_EQ(found(macros_moved, with_file(f)).size(), 1U);
}
TEST(FileFindings, NamesThatLie) {
  CapturedFile f;
  EXPECT_TRUE(found(unlike_their_name, with_file(f)).empty());
  f.unlike_name = true;
  EXPECT_EQ(found(unlike_their_name, with_file(f)).size(), 1U);
  f.unlike_name = false;
  f.unlike_type = true;
  EXPECT_EQ(found(unlike_their_name, with_file(f)).size(), 1U);
}
TEST(FileFindings, DirectionMarks) {
  CapturedFile f;
  f.name = "gr\xc3\xbc\xc3\x9f.txt";
  EXPECT_TRUE(found(direction_marks, with_file(f)).empty());
  // NOLINTNEXTLINE(misc-misleading-bidirectional): what it is about
  f.name = "photo\xe2\x80\xaegpj.exe";  // U+202E
  EXPECT_EQ(found(direction_marks, with_file(f)).size(), 1U);
}
TEST(FileFindings, Conflicts) {
  Evidence e = with_file({});
  EXPECT_TRUE(found(changed_retransmissions, e).empty());
  e.files[0].record["conflicts"] = 1U;
  EXPECT_EQ(found(changed_retransmissions, e).size(), 1U);
}
TEST(FileFindings, NotWhole) {
  Evidence e = with_file({});
  EXPECT_TRUE(found(not_whole, e).empty());
  e.complete = 0;
  e.files[0].record["complete"] = false;
  ASSERT_EQ(found(not_whole, e).size(), 1U);
}
TEST(FileFindings, NotCaptured) {
  std::vector<Finding> out;
  data_not_captured(0, out);
  EXPECT_TRUE(out.empty());
  data_not_captured(2, out);
  EXPECT_EQ(out.size(), 1U);
}

TEST(Findings, AllRulesExplainThemselves) {
  std::set<std::string_view> names;
  for (const Rule* r : all_rules()) {
    EXPECT_TRUE(names.insert(r->name).second) << r->name;
    for (const char* text : {r->title, r->why, r->harmless, r->how}) EXPECT_NE(text[0], '\0');
  }
  EXPECT_EQ(names.size(), 22U);
}

TEST(Findings, OrderIsByLevelThenRule) {
  Evidence e = with_logins(5, 1);
  std::vector<Finding> all;
  clear_passwords(e, all);
  password_guessing(e, all);
  order(all);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].level, Level::kFirst);
}

TEST(Findings, AHundredOfARule) {
  std::vector<Finding> all(101, found(password_guessing, with_logins(5, 1))[0]);
  limit(all);
  ASSERT_EQ(all.size(), 101U);
  EXPECT_EQ(all.back().text, "1 more like these are not listed.");
  all.pop_back();
  limit(all);
  EXPECT_EQ(all.size(), 100U);
}

}  // namespace
}  // namespace t2::report::test
