// SPDX-License-Identifier: Apache-2.0
// What is removed from a folder of an earlier run, and what never is.
#include <gtest/gtest.h>

#include <filesystem>

#include "carve/folder.h"
#include "carve_fixture.h"

namespace t2::test {
namespace {

TEST_F(Carve, EmptiesOnlyWhatIsOurs) {
  options.empty_it = true;
  fs::create_directory(root + "/files");
  put(options.path + "thesis.txt", "years of work");
  CarveFolder folder;
  EXPECT_FALSE(folder.open(options));
  EXPECT_EQ(get("thesis.txt"), "years of work");
}

TEST_F(Carve, EmptiesOnlyRegularFiles) {
  leave({"old"});
  put(root + "/precious", "untouched");
  fs::create_directory(options.path + "sub");
  put(options.path + "sub/file", "deep");
  ASSERT_EQ(symlink((root + "/precious").c_str(), (options.path + "link").c_str()), 0);
  ASSERT_EQ(mkfifo((options.path + ".list_2.jsonl").c_str(), 0600), 0);
  ASSERT_EQ(symlink(".list.jsonl", (options.path + ".list_3.jsonl").c_str()), 0);
  put(options.path + ".list.jsonl", kHead + record("old", 6) +
                                        record("sub", fs::file_size(options.path + "sub/file")) +
                                        record("sub/file", 4) + record("link", 9));
  open_emptied(4);
  EXPECT_EQ(names(),
            (std::set<std::string>{".t2_test", "sub", "link", ".list_2.jsonl", ".list_3.jsonl"}));
  EXPECT_TRUE(fs::exists(options.path + "sub/file"));
  EXPECT_TRUE(fs::exists(root + "/precious"));
}

TEST_F(Carve, RemovesWhatAllManifestsName) {
  leave({"a", "b"});
  leave({"b", "c"});
  EXPECT_EQ(names().size(), 7u);
  open_emptied(0);
  EXPECT_EQ(names(), std::set<std::string>{".t2_test"});
}

TEST_F(Carve, FilesOfTheUserStay) {
  leave({"a", "longer", "same", "gone"});
  put(options.path + "NOTES.txt", "mine");
  put(options.path + "longer", "carved, with my notes");
  const timespec tomorrow[2] = {{time(nullptr) + 86400, 0}, {time(nullptr) + 86400, 0}};
  put(options.path + "same", "edited");
  ASSERT_EQ(utimensat(AT_FDCWD, (options.path + "same").c_str(), tomorrow, 0), 0);
  fs::remove(options.path + "gone");
  open_emptied(3);
  EXPECT_EQ(names(), (std::set<std::string>{".t2_test", "NOTES.txt", "longer", "same"}));
  EXPECT_EQ(get("same"), "edited");
}

TEST_F(Carve, FilesThatAKilledRunDidNotListStay) {
  leave({"a"});
  std::ofstream(options.path + ".list.jsonl", std::ios::app)
      << "{\"record\":\"content\",\"file\":\"b\",\"size\":6,\"x\":";
  put_old("b", "carved");
  put_old("c", "carved");
  put(options.path + ".list_2.jsonl", "");  // killed before anything was written
  open_emptied(2);
  EXPECT_EQ(names(), (std::set<std::string>{".t2_test", "b", "c"}));
}

TEST_F(Carve, RemovesIndexesThatRecordsName) {
  leave({});
  for (const char* name : {"a", "i", "j", "kept"}) put_old(name, "carved");
  put(options.path + ".list.jsonl",
      std::string(kHead) +
          "{\"file\":\"a\",\"size\":6,\"sha256\":null,\"lines\":\"i\",\"lines_size\":6,\"x\":1}\n" +
          "{\"file\":null,\"size\":0,\"sha256\":null,\"lines\":\"j\",\"lines_size\":6}\n" +
          "{\"lines\":\"kept\",\"lines_size\":7}\n{\"lines\":\"kept\",\"lines_size\":6");
  open_emptied(1);
  EXPECT_EQ(names(), (std::set<std::string>{".t2_test", "kept"}));
}

TEST_F(Carve, HostileManifestsRemoveNothing) {
  leave({});
  put(root + "/precious", "carved");
  for (const char* name : {"mine", "deep", "later", "real"}) put_old(name, "carved");
  std::string text = kHead;
  text += record("../precious", 6) + record("/etc/passwd", 6) + record(root + "/precious", 6);
  text += record("..", 6) + record(".", 6) + record("", 6) + record(options.marker, 0);
  text += record("mine\\u0000", 6) + "mine\n[\"mine\",6]\n{\"file\":\"mine\"}\n{}\n\n";
  text +=
      "{\"file\":\"mine\",\"size\":-6}\n{\"file\":\"mine\",\"size\":6.0}\n{\"file\":null,\"size\":"
      "6}\n";
  text += "{\"a\":{\"file\":\"deep\",\"size\":6}}\n[{\"file\":\"deep\",\"size\":6}]\n";
  text +=
      "{\"file\":\"mine\",\"size\":99999999999999999999999}\n\xff\xfe\n{\"file\":\"mine\",\"size\":"
      "6";
  text += "\n" + std::string(1'000'000, '[') + "\n";
  text += "{\"x\":\"" + std::string(3'000'000, 'x') + "\",\"file\":\"later\",\"size\":6}\n";
  text += record("real", 6);  // behind all that
  put(options.path + ".list.jsonl", text);
  put(options.path + ".list_2.jsonl", record("mine", 6));  // begins otherwise
  put(options.path + ".list_x.jsonl", kHead + record("mine", 6));
  open_emptied(5);
  EXPECT_EQ(names(), (std::set<std::string>{".t2_test", ".list_2.jsonl", ".list_x.jsonl", "mine",
                                            "deep", "later"}));
  EXPECT_TRUE(fs::exists(root + "/precious"));
}

TEST_F(Carve, WhatChangesBeforeTheFirstFileIsMadeStays) {
  leave({"a", "b", "c"});
  options.empty_it = true;
  CarveFolder folder;
  ASSERT_TRUE(folder.reserve(options));
  put(options.path + "a", "noted on");
  fs::remove(options.path + "b");
  ASSERT_EQ(symlink((root + "/precious").c_str(), (options.path + "b").c_str()), 0);
  ASSERT_TRUE(folder.open());
  EXPECT_EQ(names(), (std::set<std::string>{".t2_test", "a", "b"}));
}

TEST_F(Carve, AFolderInUseIsNotEmptied) {
  leave({"a"});
  CarveOptions emptying = options;
  emptying.empty_it = true;
  {
    CarveFolder first, second, third;
    ASSERT_TRUE(first.reserve(emptying));
    const auto refused = second.reserve(emptying);  // the first one has not begun
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "folder '" + options.path +
                                           "' is used by another run: wait "
                                           "for its end, or choose another one");
    ASSERT_TRUE(third.open(options));  // keeps what is there
    const auto f = third.create("b");
    write(*f, "carved");
    close(third, *f);
    ASSERT_TRUE(first.open());
    EXPECT_EQ(names(), (std::set<std::string>{".t2_test", "b"}));
    EXPECT_FALSE(second.reserve(emptying));
  }
  CarveFolder last;
  EXPECT_TRUE(last.open(emptying));
}

TEST_F(Carve, NamesOfManifests) {
  EXPECT_EQ(manifest_name(".m.jsonl", 1), ".m.jsonl");
  EXPECT_EQ(manifest_name(".m.jsonl", 12), ".m_12.jsonl");
  EXPECT_EQ(manifest_name("m", 2), "m_2");
  for (const char* name : {".m.jsonl", ".m_2.jsonl", ".m_10000.jsonl"}) {
    EXPECT_TRUE(is_manifest_name(name, ".m.jsonl")) << name;
  }
  for (const char* name : {".m", ".m_.jsonl", ".m_x.jsonl", ".m2.jsonl", "m.jsonl", ".m_2.jsonl~",
                           ".m.jso", "", ".jsonl"}) {
    EXPECT_FALSE(is_manifest_name(name, ".m.jsonl")) << name;
  }
  EXPECT_TRUE(is_manifest_name("m_2", "m"));
  EXPECT_FALSE(is_manifest_name("", ""));
}

TEST_F(Carve, AdoptsAnEmptyFolderAndKeepsEarlierFilesWhenAsked) {
  fs::create_directory(root + "/files");
  {
    CarveFolder folder;
    ASSERT_TRUE(folder.open(options));
    write(*folder.create("x"), "first run");
  }
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  write(*folder.create("x"), "second run");
  EXPECT_EQ(get("x"), "first run");
}

TEST_F(Carve, AForeignFolderIsNeverMarkedAsOurs) {
  fs::create_directory(root + "/files");
  put(options.path + "mine", "x");
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  EXPECT_FALSE(fs::exists(options.path + ".t2_test"));
}

}  // namespace
}  // namespace t2::test
