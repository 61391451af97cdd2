// SPDX-License-Identifier: Apache-2.0
#include "decode/header_stack.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

namespace t2::decoding {
namespace {

const HeaderStack* make(StackTable& table, void (*push)(StackPath&)) {
  StackPath path(table);
  push(path);
  return path.finish();
}

TEST(HeaderStack, SameHeadersGiveTheSamePointer) {
  StackTable table;
  const auto tcp = [](StackPath& p) { p.push("eth"), p.push("ipv4"), p.push("tcp"); };
  const HeaderStack* first = make(table, tcp);
  EXPECT_EQ(first->text, "eth:ipv4:tcp");
  EXPECT_EQ(first->depth, 3);
  EXPECT_FALSE(first->overrun);
  const std::size_t known = table.size();
  EXPECT_EQ(make(table, tcp), first);
  EXPECT_EQ(table.size(), known);
  EXPECT_NE(make(table, [](StackPath& p) { p.push("eth"), p.push("ipv4"); }), first);
}

TEST(HeaderStack, EmptyPath) {
  StackTable table;
  StackPath path(table);
  EXPECT_EQ(path.finish()->text, "");
  EXPECT_EQ(path.finish()->depth, 0);
}

TEST(HeaderStack, Runs) {
  StackTable table;
  EXPECT_EQ(make(table, [](StackPath& p) { p.push_run("vlan", 0); })->text, "");
  EXPECT_EQ(make(table, [](StackPath& p) { p.push_run("vlan", 1); })->text, "vlan");
  const HeaderStack* two = make(table, [](StackPath& p) { p.push("eth"), p.push_run("vlan", 2); });
  EXPECT_EQ(two->text, "eth:vlan{2}");
  EXPECT_EQ(two->depth, 3);
  EXPECT_EQ(make(table,
                 [](StackPath& p) { p.push("eth"), p.push_run("vlan", 1), p.push_run("vlan", 1); }),
            two);
  EXPECT_EQ(
      make(table, [](StackPath& p) { p.push("eth"), p.push_run("vlan", 2), p.push_run("mpls", 3); })
          ->text,
      "eth:vlan{2}:mpls{3}");
}

TEST(HeaderStack, UnknownNumbers) {
  StackTable table;
  std::set<const HeaderStack*> all;
  for (const auto format : {Unknown::kDecimal, Unknown::kHex2, Unknown::kHex4}) {
    StackPath path(table);
    path.push_unknown(format, 0x0b);
    all.insert(path.finish());
  }
  std::set<std::string_view> texts;
  for (const HeaderStack* s : all) texts.insert(s->text);
  EXPECT_EQ(texts, (std::set<std::string_view>{"UNK(11)", "UNK(0x0b)", "UNK(0x000b)"}));
}

TEST(HeaderStack, ManyChildrenAreAllFound) {
  StackTable table;
  std::vector<const HeaderStack*> seen;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < 1000; ++i) {
      StackPath path(table);
      path.push("eth");
      path.push_unknown(Unknown::kHex4, i);
      const HeaderStack* stack = path.finish();
      EXPECT_EQ(stack->text, fmt::format("eth:UNK(0x{:04x})", i));
      if (round == 0) seen.push_back(stack);
      EXPECT_EQ(stack, seen[i]);
    }
  }
}

const HeaderStack* repeated(StackTable& table, int n) {
  StackPath path(table);
  for (int i = 0; i < n; ++i) path.push("ipv4");
  return path.finish();
}

TEST(HeaderStack, TextIsCutAt127AndCountingGoesOn) {
  StackTable table;
  // n headers take 5 n - 1 bytes; the 26th would end at 129.
  const HeaderStack* fits = repeated(table, 25);
  EXPECT_EQ(fits->text.size(), 124U);
  EXPECT_FALSE(fits->overrun);
  const HeaderStack* cut = repeated(table, 26);
  EXPECT_TRUE(cut->overrun);
  EXPECT_EQ(cut->text.size(), 127U);
  EXPECT_EQ(cut->text, std::string(fits->text) + "...");
  EXPECT_EQ(cut->depth, 26);
  const HeaderStack* more = repeated(table, 400);
  EXPECT_EQ(more->text, cut->text);
  EXPECT_EQ(more->depth, 400);
  EXPECT_TRUE(more->overrun);
  EXPECT_EQ(repeated(table, 400), more);
  EXPECT_NE(more, cut);
}

TEST(HeaderStack, RunsBehindTheCutAreCounted) {
  StackTable table;
  StackPath path(table);
  for (int i = 0; i < 30; ++i) path.push("ipv4");
  path.push_run("vlan", 7);
  EXPECT_EQ(path.finish()->depth, 37);
}

TEST(HeaderStack, ExactlyFullTextIsNotCut) {
  StackTable table;
  StackPath path(table);
  for (int i = 0; i < 25; ++i) path.push("ipv4");  // 124
  path.push("ab");                                 // 127
  EXPECT_EQ(path.finish()->text.size(), 127U);
  EXPECT_FALSE(path.finish()->overrun);
}

TEST(HeaderStack, FullTableRefusesButKeepsRoomForOrdinaryStacks) {
  StackTable table;
  bool refused = false;
  for (std::uint32_t outer = 0; outer < 2 && !refused; ++outer) {
    for (std::uint32_t i = 0; i < 65'536 && !refused; ++i) {
      StackPath path(table);
      if (outer == 0) path.push("eth");
      path.push_unknown(Unknown::kHex4, i);
      path.finish();
      refused = path.refused();
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(table.size(), StackTable::kMaxOddStacks);

  StackPath odd(table);
  odd.push("ipv4");
  odd.push_unknown(Unknown::kDecimal, 99);
  odd.push("udp");
  EXPECT_EQ(odd.finish()->text, "ipv4");
  EXPECT_TRUE(odd.refused());

  StackPath ordinary(table);
  ordinary.push("eth");
  ordinary.push("ipv6");
  ordinary.push("tcp");
  EXPECT_EQ(ordinary.finish()->text, "eth:ipv6:tcp");
  EXPECT_FALSE(ordinary.refused());
}

}  // namespace
}  // namespace t2::decoding
