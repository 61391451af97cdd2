// SPDX-License-Identifier: Apache-2.0
// FlowLabels: every flow of a row has its labels, whoever asked for them before.
#include "engine/flow_labels.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace t2 {
namespace {

constexpr const char* kList =
    "10.1.0.0/16,aa,First\n10.2.0.0/16,bb,Second\n"
    "10.3.0.0/16\t-\t0x00400000\t0\t0\t0\t0\tcc\t-\t-\tOnion\n";

struct FlowLabelsTest : testing::Test {
  FlowLabelsTest() {
    const auto path =
        std::filesystem::temp_directory_path() / ("t2flowlabels" + std::to_string(getpid()));
    std::ofstream(path) << kList;
    EXPECT_TRUE(store.load_list(path.string()).ok());
    std::filesystem::remove(path);
  }

  FlowSlot& flow(std::uint8_t from, std::uint8_t to) {
    FlowSlot& f = flows_.emplace_back();
    f.key.family = Family::kIpv4;
    f.key.src = IpAddress::v4(std::array<std::uint8_t, 4>{10, from, 0, 1}.data()).bytes;
    f.key.dst = IpAddress::v4(std::array<std::uint8_t, 4>{10, to, 0, 1}.data()).bytes;
    return f;
  }
  FlowSlot& answer(Flow& f) {
    FlowSlot& o = flows_.emplace_back();
    o.key = f.key;
    std::swap(o.key.src, o.key.dst);
    o.opposite = &f;
    f.opposite = &o;
    return o;
  }
  std::string labels(const Flow& f) const {
    return std::string(store.get(f.src_label).organisation) + " " +
           std::string(store.get(f.dst_label).organisation);
  }

  LabelStore store;
  FlowLabels on{store, true};

 private:
  std::deque<FlowSlot> flows_;
};

TEST_F(FlowLabelsTest, KnownWhenRowsAreMade) {
  std::vector<EndedPair> pairs;
  for (int i = 0; i < 100; ++i) {
    FlowSlot& a = i % 3 == 0 ? flow(1, 2) : flow(2, 9);
    on.start(a);
    EXPECT_EQ(a.src_label, 0U) << "looked up although nobody asked";
    pairs.push_back({&a, i % 2 == 0 ? &answer(a) : nullptr, 0, 0});
  }
  on.find_all(pairs);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(labels(*pairs[i].a), i % 3 == 0 ? "First Second" : "Second Private network");
    if (pairs[i].b == nullptr) continue;
    EXPECT_EQ(labels(*pairs[i].b), i % 3 == 0 ? "Second First" : "Private network Second");
  }
}

/// What asks before, such as the biggest talkers of basicStats, asks for one direction only.
TEST_F(FlowLabelsTest, AskedForBefore) {
  for (const bool ask_second : {false, true}) {
    FlowSlot& a = flow(1, 2);
    FlowSlot& b = answer(a);
    on.find(ask_second ? b : a);
    EXPECT_EQ(labels(ask_second ? b : a), ask_second ? "Second First" : "First Second");
    const std::array<EndedPair, 1> pairs{EndedPair{&a, &b, 0, 0}};
    on.find_all(pairs);
    EXPECT_EQ(labels(a), "First Second");
    EXPECT_EQ(labels(b), "Second First");
  }
}

TEST_F(FlowLabelsTest, FromTheStartIfNeeded) {
  EXPECT_TRUE(store.knows_tor());
  on.need_at_start();
  FlowSlot& a = flow(1, 3);
  on.start(a);
  EXPECT_EQ(labels(a), "First Onion");
  EXPECT_TRUE(a.has(flow_stat::kTor));
  FlowSlot& b = answer(a);
  on.start(b);
  EXPECT_EQ(labels(b), "Onion First");
  EXPECT_TRUE(b.has(flow_stat::kTor));
  FlowSlot& other = flow(1, 2);
  on.start(other);
  EXPECT_FALSE(other.has(flow_stat::kTor));
}

TEST_F(FlowLabelsTest, NotForMacAddressesAndNotIfOff) {
  FlowSlot& l2 = flow(1, 2);
  l2.key.family = Family::kMac;
  FlowSlot& ip = flow(1, 2);
  const std::array<EndedPair, 2> pairs{EndedPair{&l2, nullptr, 0, 0}, {&ip, nullptr, 0, 0}};
  FlowLabels off{store, false};
  off.find_all(pairs);
  off.find(ip);
  EXPECT_EQ(ip.src_label, 0U);
  on.find_all(pairs);
  EXPECT_EQ(l2.src_label, 0U);
  EXPECT_EQ(labels(ip), "First Second");
}

/// The working thread asks for some while the writing thread asks for many: ThreadSanitizer reports
/// a store without its lock.
TEST_F(FlowLabelsTest, FromTwoThreads) {
  std::vector<EndedPair> pairs;
  pairs.reserve(2000);
  for (int i = 0; i < 2000; ++i) {
    pairs.push_back(
        {&flow(static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i / 8)), nullptr, 0, 0});
  }
  std::vector<Flow*> own;
  own.reserve(2000);
  for (int i = 0; i < 2000; ++i) own.push_back(&flow(static_cast<std::uint8_t>(i / 4), 1));
  std::thread writing([&] { on.find_all(pairs); });
  for (Flow* f : own) on.find(*f);
  writing.join();
  EXPECT_EQ(labels(*own[8]), "Second First");
  EXPECT_EQ(labels(*pairs[1].a), "First Private network");
}

}  // namespace
}  // namespace t2
