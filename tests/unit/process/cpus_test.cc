// SPDX-License-Identifier: Apache-2.0
// How many processors may be used: the limit of a control group.
#include "process/cpus.h"

#include <gtest/gtest.h>

namespace t2 {
namespace {

TEST(Cpus, LimitOfAGroupIsRoundedUp) {
  EXPECT_EQ(cpu_limit("200000 100000"), 2U);
  EXPECT_EQ(cpu_limit("150000 100000\n"), 2U);
  EXPECT_EQ(cpu_limit("50000 100000"), 1U);
}

TEST(Cpus, NoLimitOrNoSense) {
  for (const char* text : {"max 100000", "", "200000", "0 100000", "200000 0", "x y"}) {
    EXPECT_EQ(cpu_limit(text), std::nullopt) << text;
  }
}

TEST(Cpus, OneAtLeast) {
  EXPECT_GE(usable_cpus(), 1U);
}

}  // namespace
}  // namespace t2
