// SPDX-License-Identifier: Apache-2.0
// What the last whole reply line of a segment says.
#include "patience.h"

#include <gtest/gtest.h>

namespace t2::ftp {
namespace {

TEST(Patience, TheLastWholeReplyLineCounts) {
  EXPECT_EQ(last_reply_code("150 Opening\r\n"), 150);
  EXPECT_EQ(last_reply_code("150 Opening\r\n226 Done\r\n"), 226);
  EXPECT_EQ(last_reply_code("226 Done\n150 Opening\n"), 150);
  EXPECT_EQ(last_reply_code("226\r\n"), 226);
  EXPECT_EQ(last_reply_code("226 Done\r\n150 Ope"), 226);  // its rest comes with the next segment
}

TEST(Patience, WhatIsNoReplyLineSaysNothing) {
  for (const char* text : {"", "\n", "\r\n", "150 Ope", "150-more to come\r\n", "15 x\r\n",
                           "1500 x\r\n", "099 x\r\n", "660 x\r\n", " 150 x\r\n", "hello\r\n"}) {
    EXPECT_EQ(last_reply_code(text), std::nullopt) << text;
  }
  EXPECT_EQ(last_reply_code("226 Done\r\n-150 x\r\n226-\r\n"), 226);
}

}  // namespace
}  // namespace t2::ftp
