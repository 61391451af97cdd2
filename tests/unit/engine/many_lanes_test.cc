// SPDX-License-Identifier: Apache-2.0
// The shape of lanes. What they do is compared with one lane in tests/e2e/test_lanes.py.
#include "engine/many_lanes.h"

#include <gtest/gtest.h>

namespace t2 {
namespace {

TEST(ManyLanes, AsManyThreadsAsCpusWhereThatGains) {
  for (const unsigned cpus : {1U, 2U, 3U}) EXPECT_EQ(usual_threads(cpus), 1U);
  for (const unsigned cpus : {4U, 5U, 8U}) EXPECT_EQ(usual_threads(cpus), cpus);
  for (const unsigned cpus : {9U, 64U, 1024U}) EXPECT_EQ(usual_threads(cpus), 8U);
}

TEST(ManyLanes, ShardsTakeWholeGroupsOfFlows) {
  for (unsigned threads = 2; threads <= 64; ++threads) {
    const LaneOptions o = lanes_for(threads);
    EXPECT_EQ(o.conductor.threads, threads - 1);
    EXPECT_LE(o.conductor.shards, kFlowGroups);
    EXPECT_GT(o.conductor.window, std::min(threads, 32U));
  }
}

}  // namespace
}  // namespace t2
