// SPDX-License-Identifier: Apache-2.0
// A folder for carved files in a place of its own, and what an earlier run left in it.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "carve/folder.h"

namespace t2::test {

namespace fs = std::filesystem;

class Carve : public ::testing::Test {
 protected:
  Carve() {
    char name[] = "/tmp/t2carveXXXXXX";
    root = mkdtemp(name);
    options.path = root + "/files/";
    options.marker = ".t2_test";
    options.manifest = ".list.jsonl";
  }
  ~Carve() override { fs::remove_all(root); }

  void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  std::string get(const std::string& name) {
    std::ifstream in(options.path + name, std::ios::binary);
    std::ostringstream s;
    s << in.rdbuf();
    return s.str();
  }
  void write(CarveFile& f, const std::string& text) { f.append(as_bytes(text)); }
  /// What a run leaves: a folder of ours with the manifest of its files.
  void leave(const std::vector<std::string>& names) {
    CarveFolder folder;
    ASSERT_TRUE(folder.open(options));
    std::string manifest = kHead;
    for (const std::string& name : names) {
      const auto f = folder.create(name);
      write(*f, "carved");
      manifest += record(close(folder, *f).name, 6);
    }
    int number = 1;
    while (fs::exists(options.path + manifest_name(options.manifest, number))) ++number;
    put(options.path + manifest_name(options.manifest, number), manifest);
  }
  static std::string record(const std::string& name, std::size_t size) {
    return fmt::format("{{\"record\":\"content\",\"file\":\"{}\",\"size\":{},\"x\":[]}}\n", name,
                       size);
  }
  /// A file as old as those of an earlier run.
  void put_old(const std::string& name, const std::string& text) {
    put(options.path + name, text);
    const timespec times[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, (options.path + name).c_str(), times, 0), 0);
  }
  std::set<std::string> names() {
    std::set<std::string> all;
    for (const auto& e : fs::directory_iterator(options.path)) all.insert(e.path().filename());
    return all;
  }
  /// Opens the folder as the next run does; it must be possible.
  void open_emptied(std::uint64_t others) {
    options.empty_it = true;
    CarveFolder folder;
    const auto r = folder.reserve(options);
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ(folder.others(), others);
    ASSERT_TRUE(folder.open());
  }
  /// Closes the file and waits for what became of it.
  static const CarveOutcome& close(CarveFolder& folder, CarveFile& f) {
    f.close();
    const CarveOutcomePtr outcome = f.outcome();  // the file keeps it, too
    folder.await(*outcome);
    return *outcome;
  }
  std::optional<Sha256> digest_of(const std::string& text) {
    put(root + "/plain", text);
    return hash_file(root + "/plain");
  }
  static unsigned mode(const std::string& path) {
    struct stat st {};
    EXPECT_EQ(lstat(path.c_str(), &st), 0) << path;
    return st.st_mode & 0777;
  }

  static constexpr const char* kHead =
      "{\"record\":\"run\",\"captures\":[{\"file\":\"a.pcap\"}]}\n";
  std::string root;
  CarveOptions options;
};

}  // namespace t2::test
