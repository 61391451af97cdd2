// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "t2/carve.h"

namespace t2::test {
namespace {

using namespace std::string_literals;

TEST(SafeFileName, SlashesAsInTheTutorial) {
  EXPECT_EQ(safe_file_name("/funwithbill/Microsoft-1978.jpg", "_2_B"),
            "_funwithbill_Microsoft-1978.jpg_2_B");
}

TEST(SafeFileName, NothingLeavesTheFolder) {
  EXPECT_EQ(safe_file_name("../../etc/passwd", "_1_A"), "___.._etc_passwd_1_A");
  EXPECT_EQ(safe_file_name("..", ""), "__");
  EXPECT_EQ(safe_file_name("C:\\windows\\x", "_1_A"), "C:_windows_x_1_A");
  EXPECT_EQ(safe_file_name("a\0b"s, "_1_A"), "a_b_1_A");
}

TEST(SafeFileName, NeitherHiddenNorAnOption) {
  EXPECT_EQ(safe_file_name(".bashrc", "_1_A"), "_bashrc_1_A");
  EXPECT_EQ(safe_file_name("-rf", "_1_A"), "_rf_1_A");
  EXPECT_EQ(safe_file_name("a-b.c", "_1_A"), "a-b.c_1_A");
}

TEST(SafeFileName, TerminalsAreSafe) {
  EXPECT_EQ(safe_file_name("a\x1b[31mb\r\n\tc\x7f", ""), "a_[31mb___c_");
  EXPECT_EQ(safe_file_name("a\xc2\x9b"
                           "31mb",
                           ""),
            "a_31mb");  // C1 CSI
  // NOLINTNEXTLINE(misc-misleading-bidirectional): what it is about
  EXPECT_EQ(safe_file_name("photo\xe2\x80\xae"
                           "gpj.exe",
                           ""),
            "photo_gpj.exe");  // right-to-left override
}

TEST(SafeFileName, Utf8IsKeptEverythingElseReplaced) {
  EXPECT_EQ(safe_file_name("Gr\xc3\xbc\xc3\x9f"
                           "e \xe2\x82\xac \xf0\x9f\x98\x80",
                           ""),
            "Gr\xc3\xbc\xc3\x9f"
            "e \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(safe_file_name("Gr\xfc\xdf"
                           "e",
                           ""),
            "Gr__e");                                    // Latin-1
  EXPECT_EQ(safe_file_name("\xc0\xaf", ""), "__");       // overlong '/'
  EXPECT_EQ(safe_file_name("\xed\xa0\x80", ""), "___");  // surrogate
  EXPECT_EQ(safe_file_name("x\xe2\x82", ""), "x__");     // cut off
}

TEST(SafeFileName, FitsIntoAFileName) {
  const std::string n = safe_file_name(std::string(1000, 'x'), "_123_B");
  EXPECT_EQ(n.size(), 255u);
  EXPECT_TRUE(n.ends_with("x_123_B"));
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "\xc3\xbc";
  const std::string u = safe_file_name(umlauts, "_1_B");
  EXPECT_LE(u.size(), 255u);
  EXPECT_EQ((u.size() - 4) % 2, 0u);  // not cut inside a character
}

TEST(SafeFileName, EmptyNameLeavesTheSuffix) {
  EXPECT_EQ(safe_file_name("", "_1_A"), "_1_A");
}

}  // namespace
}  // namespace t2::test
