// SPDX-License-Identifier: Apache-2.0
#include "base/format.h"

#include <gtest/gtest.h>

namespace t2 {
namespace {

// Expected texts: the tutorial's end report and spec core 9.1.
TEST(Format, HumanSuffix) {
  EXPECT_EQ(human_suffix(999), "");
  EXPECT_EQ(human_suffix(1000), " (1.00 K)");
  EXPECT_EQ(human_suffix(69464), " (69.46 K)");
  EXPECT_EQ(human_suffix(65535), " (65.53 K)");
  EXPECT_EQ(human_suffix(2096), " (2.10 K)");
  EXPECT_EQ(human_suffix(1000000), " (1.00 M)");
  EXPECT_EQ(human_suffix(56.65), "");
  EXPECT_EQ(human_suffix(1224.87), " (1.22 K)");
}

TEST(Format, PercentAndRates) {
  EXPECT_EQ(percent(20, 92), " [21.74%]");
  EXPECT_EQ(percent(0, 0), " [0.00%]");
  EXPECT_EQ(bit_rate(69438, 33.008808), "16829 b/s (16.83 Kb/s)");
  EXPECT_EQ(bit_rate(69464, 33.008808), "16835 b/s (16.84 Kb/s)");
  EXPECT_EQ(bit_rate(10, 1), "80 b/s");
}

TEST(Format, Dates) {
  EXPECT_EQ(date(1168195766739929000, true),
            "1168195766.739929000 sec (Sun 07 Jan 2007 18:49:26 GMT)");
  EXPECT_EQ(date(0, true), "0.000000000 sec (Thu 01 Jan 1970 00:00:00 GMT)");
}

TEST(Format, Durations) {
  EXPECT_EQ(duration(33008808000), "33.008808000 sec");
  EXPECT_EQ(duration(3725 * kSecond + 500000000), "3725.500000000 sec (1h 2m 5s)");
  EXPECT_EQ(duration((366 * 86400LL + 60) * kSecond), "31622460.000000000 sec (1y 1d 1m)");
  EXPECT_EQ(duration(-5), "-0.000000005 sec");
}

}  // namespace
}  // namespace t2
