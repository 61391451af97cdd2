// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_set.h"

#include <gtest/gtest.h>

namespace t2 {
namespace {

TEST(Plugins, Names) {
  EXPECT_EQ(plain_plugin_name("301_ftpDecode.so"), "ftpDecode");
  EXPECT_EQ(plain_plugin_name("301_ftpDecode"), "ftpDecode");
  EXPECT_EQ(plain_plugin_name("ftpDecode"), "ftpDecode");
}

}  // namespace
}  // namespace t2
