// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "settings/resolver.h"

namespace t2 {
namespace {

struct Group : Settings {
  Flag SAVE{this, "SAVE", false, "save"};
  Int LENGTH{this, "LENGTH", 10, {0, 255}, "length"};
  Real RATE{this, "RATE", 1.5, {0, 10}, "rate"};
  String FOLDER{this, "FOLDER", "/tmp/x/", "folder", kEnv};
};

TEST(Setting, AcceptsWhatUsersWrite) {
  Group g;
  EXPECT_TRUE(g.SAVE.assign("yes", "t").ok());
  EXPECT_TRUE(g.SAVE);
  EXPECT_TRUE(g.LENGTH.assign("0x1f", "t").ok());
  EXPECT_EQ(g.LENGTH, 31);
  EXPECT_TRUE(g.RATE.assign("2.25", "t").ok());
  EXPECT_EQ(g.RATE, 2.25);
  EXPECT_TRUE(g.FOLDER.assign("\"a=b\"", "t").ok());
  EXPECT_EQ(g.FOLDER.value(), "a=b");
  EXPECT_EQ(g.FOLDER.text(), "\"a=b\"");
  g.LENGTH.reset();
  EXPECT_EQ(g.LENGTH, 10);
  EXPECT_EQ(g.LENGTH.origin(), "default");
}

TEST(Setting, RefusesTheRest) {
  Group g;
  for (const char* bad : {"7", "-1", "", "x", "1x"})
    EXPECT_FALSE(g.SAVE.assign(bad, "t").ok()) << bad;
  for (const char* bad : {"256", "-1", "1.5", "0x", "99999999999999999999"}) {
    EXPECT_FALSE(g.LENGTH.assign(bad, "t").ok()) << bad;
  }
  for (const char* bad : {"nan", "inf", "11", "1,5"})
    EXPECT_FALSE(g.RATE.assign(bad, "t").ok()) << bad;
  EXPECT_FALSE(g.SAVE);
  EXPECT_EQ(g.LENGTH, 10);
}

TEST(SettingsResolver, ParsesAndNamesTheBadLine) {
  auto good = parse_config("# :name: x\n\n% c\nA = 1\n B=\"x y\" \r\n", "f");
  ASSERT_TRUE(good.ok());
  ASSERT_EQ(good->size(), 2u);
  EXPECT_EQ((*good)[0].name, "A");
  EXPECT_EQ((*good)[1].value, "\"x y\"");
  EXPECT_EQ((*good)[1].line, 5);
  auto bad = parse_config("A = 1\nnonsense\n", "f");
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("f:2:"), std::string::npos);
}

TEST(SettingsResolver, Overrides) {
  auto o = parse_override("ftpDecode.FTP_NONAME=a.b=c");
  ASSERT_TRUE(o.ok());
  EXPECT_EQ(o->owner, "ftpDecode");
  EXPECT_EQ(o->flag, "FTP_NONAME");
  EXPECT_EQ(o->value, "a.b=c");
  for (const char* bad : {"", "a", "a=b", ".x=1", "a.=1"})
    EXPECT_FALSE(parse_override(bad).ok()) << bad;
}

/// The layers, weakest first.
TEST(SettingsResolver, LaterLayersWin) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("t2cfg" + std::to_string(getpid()));
  fs::create_directories(root / "a");
  fs::create_directories(root / "b");
  std::ofstream(root / "a" / "p.config") << "LENGTH = 1\nRATE = 2\nFOLDER = \"a\"\n";
  std::ofstream(root / "b" / "p.config") << "RATE = 3\nFOLDER = \"b\"\nOLD = 1\n";
  setenv("FOLDER", "", 1);   // set, even empty, counts
  setenv("LENGTH", "9", 1);  // not an environment flag
  SettingsResolver resolver(std::vector<std::string>{(root / "a").string(), (root / "b").string()});
  resolver.add({"p", "RATE", "4", false});
  Group g;
  std::vector<std::string> warnings;
  ASSERT_TRUE(resolver.resolve("p", g, warnings).ok());
  EXPECT_EQ(g.LENGTH, 1);
  EXPECT_EQ(g.RATE, 4.0);
  EXPECT_EQ(g.FOLDER.value(), "");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("'OLD'"), std::string::npos);
  EXPECT_TRUE(resolver.check_all_used({{"p", &g}}).ok());
  unsetenv("FOLDER");
  unsetenv("LENGTH");
  fs::remove_all(root);
}

TEST(SettingsResolver, UnknownNamesAreErrorsWithSuggestions) {
  SettingsResolver resolver(std::vector<std::string>{});
  resolver.add({"p", "LENGHT", "1", false});
  Group g;
  std::vector<std::string> warnings;
  auto r = resolver.resolve("p", g, warnings);
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.error().message, "Unknown setting 'LENGHT' of 'p', did you mean 'LENGTH'?");
  SettingsResolver other(std::vector<std::string>{});
  other.add({"q", "LENGTH", "1", false});
  auto unused = other.check_all_used({{"p", &g}});
  ASSERT_FALSE(unused.ok());
  EXPECT_EQ(unused.error().message, "Unknown setting 'LENGTH' of 'q', did you mean 'p.LENGTH'?");
}

}  // namespace
}  // namespace t2
