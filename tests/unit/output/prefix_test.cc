// SPDX-License-Identifier: Apache-2.0
#include "output/prefix.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace t2 {
namespace {

TEST(Prefix, BesideTheInput) {
  EXPECT_EQ(*output_prefix("", "dir/a.pcap"), "dir/a");
  EXPECT_EQ(*output_prefix("", "/x.y/file"), "/x.y/file");
  EXPECT_EQ(*output_prefix("", "a.b.pcap"), "a.b");
  EXPECT_EQ(*output_prefix("", ".hidden"), ".hidden");
  EXPECT_EQ(*output_prefix("", "-"), "stdin");
  EXPECT_EQ(*output_prefix("", "eth0"), "eth0");
}

TEST(Prefix, DirectoriesAndNames) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("t2out" + std::to_string(getpid()));
  fs::create_directories(root / "there");
  const std::string r = root.string();
  EXPECT_EQ(*output_prefix(r + "/there", "d/ftp-dpic.pcap"), r + "/there/ftp-dpic");
  EXPECT_EQ(*output_prefix(r + "/there/", "ftp-dpic.pcap"), r + "/there/ftp-dpic");
  EXPECT_EQ(*output_prefix(r + "/new/deep/x", "ftp-dpic.pcap"), r + "/new/deep/x");
  EXPECT_TRUE(fs::is_directory(root / "new" / "deep"));
  EXPECT_EQ(*output_prefix(r + "/made/", "ftp-dpic.pcap"), r + "/made/ftp-dpic");
  EXPECT_EQ(*output_prefix("plain", "ftp-dpic.pcap"), "plain");
  fs::remove_all(root);
}

TEST(Split, Forms) {
  auto a = parse_split("x");
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(a->prefix, "x");
  EXPECT_EQ(a->size, 5e8);
  auto b = parse_split("dir/x:1.5K,3");
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(b->prefix, "dir/x");
  EXPECT_EQ(b->size, 1500);
  EXPECT_EQ(b->start, 3u);
  auto c = parse_split("x:10Kf");
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(c->unit, SplitUnit::kRows);
  EXPECT_EQ(c->size, 10000);
  const std::pair<const char*, double> times[] = {
      {"x:90s", 90}, {"x:1.5min,2", 90}, {"x:2h", 7200}, {"x:1e3s", 1000}};
  for (const auto& [text, seconds] : times) {
    auto t = parse_split(text);
    ASSERT_TRUE(t.ok()) << text;
    EXPECT_EQ(t->unit, SplitUnit::kSeconds) << text;
    EXPECT_EQ(t->size, seconds) << text;
  }
  for (const char* bad : {"", "x:", "x:0", "x:abc", "x,abc", ":5", "x:-5", "x:s", "x:0s", "x:5Ks",
                          "x:5m", "x:5sf", "x:KM"}) {
    EXPECT_FALSE(parse_split(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace t2
