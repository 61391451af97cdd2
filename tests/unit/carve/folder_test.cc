// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "carve/folder.h"
#include "carve_fixture.h"

namespace t2::test {
namespace {

TEST_F(Carve, MakesAFolderThatIsOurs) {
  options.path = root + "/a/b/files/";
  CarveFolder folder;
  ASSERT_TRUE(folder.reserve(options));
  EXPECT_TRUE(fs::is_empty(options.path));
  ASSERT_TRUE(folder.open());
  EXPECT_EQ(mode(root + "/a"), 0700u);
  EXPECT_EQ(mode(options.path), 0700u);
  EXPECT_TRUE(fs::exists(options.path + ".t2_test"));
}

TEST_F(Carve, WritesAndHashes) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const auto f = folder.create("name_2_B");
  ASSERT_NE(f, nullptr);
  write(*f, "abc");
  const CarveOutcome& outcome = close(folder, *f);
  EXPECT_EQ(outcome.name, "name_2_B");
  EXPECT_EQ(outcome.size, 3u);
  EXPECT_FALSE(outcome.failed);
  EXPECT_EQ(get("name_2_B"), "abc");
  EXPECT_EQ(mode(options.path + "name_2_B"), 0600u);
  ASSERT_TRUE(outcome.digest);
  EXPECT_EQ(to_hex(*outcome.digest),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_file(options.path + "name_2_B"), outcome.digest);
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_EQ(folder.bytes(), 3u);
}

TEST_F(Carve, GapsAreZerosEverywhere) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const auto f = folder.create("gaps");
  write(*f, "abc");
  f->gap(100'000);
  write(*f, std::string(70'000, 'x'));  // larger than the buffer
  f->gap(5);
  const CarveOutcome& outcome = close(folder, *f);
  const std::string expected =
      "abc" + std::string(100'000, '\0') + std::string(70'000, 'x') + std::string(5, '\0');
  EXPECT_EQ(get("gaps"), expected);
  EXPECT_EQ(f->size(), expected.size());
  EXPECT_EQ(outcome.size, expected.size());
  EXPECT_EQ(hash_file(options.path + "gaps"), outcome.digest);
}

TEST_F(Carve, HugeGapsAreCheap) {
  options.limits.hashed_gap_bytes = 1 << 20;
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const auto f = folder.create("huge");
  write(*f, "abc");
  f->gap(std::uint64_t{5} << 30);
  write(*f, "xyz");
  const CarveOutcome& outcome = close(folder, *f);
  struct stat st {};
  ASSERT_EQ(stat((options.path + "huge").c_str(), &st), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(st.st_size), (std::uint64_t{5} << 30) + 6);
  EXPECT_LT(st.st_blocks * 512, 1 << 20);
  EXPECT_FALSE(outcome.digest);
  EXPECT_FALSE(outcome.failed);
  EXPECT_FALSE(f->truncated());
  EXPECT_EQ(folder.costs().undigested_files, 1u);
}

TEST_F(Carve, RangesAreHashedWhereZerosAreTooMany) {
  options.limits.hashed_gap_bytes = 100;
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  for (const std::size_t n : {3u, 70'000u, 200'000u}) {  // larger ones are hashed elsewhere
    const auto f = folder.create("f" + std::to_string(n));
    const std::string a(n, 'a'), b(n + 1, 'b'), c(n + 2, 'c');
    write(*f, a);
    if (n == 3) f->gap(60);  // within the limit
    write(*f, b);
    f->gap(1000);
    write(*f, c);
    f->gap(7);
    const CarveOutcome& outcome = close(folder, *f);
    EXPECT_FALSE(outcome.digest) << n;
    const std::string head = n == 3 ? fmt::format("{}{}{}", a, std::string(60, '\0'), b) : a + b;
    ASSERT_EQ(outcome.ranges.size(), 2u) << n;
    EXPECT_EQ(outcome.ranges[0].from, 0u) << n;
    EXPECT_EQ(outcome.ranges[0].to, head.size()) << n;
    EXPECT_EQ(outcome.ranges[0].digest, digest_of(head)) << n;
    EXPECT_EQ(outcome.ranges[1].from, head.size() + 1000) << n;
    EXPECT_EQ(outcome.ranges[1].to, head.size() + 1000 + c.size()) << n;
    EXPECT_EQ(outcome.ranges[1].digest, digest_of(c)) << n;
  }
  EXPECT_EQ(folder.costs().undigested_files, 3u);
}

TEST_F(Carve, RangesBeginBehindAGapAtTheStartAndAreBounded) {
  options.limits.hashed_gap_bytes = 10;
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const auto f = folder.create("f");
  f->gap(1000);
  for (int i = 0; i < 5000; ++i) {
    write(*f, "x");
    f->gap(20);
  }
  const CarveOutcome& outcome = close(folder, *f);
  ASSERT_EQ(outcome.ranges.size(), 4096u);
  EXPECT_EQ(outcome.ranges[0].from, 1000u);
  EXPECT_EQ(outcome.ranges[4095].from, 1000u + 4095 * 21);
  EXPECT_EQ(outcome.ranges[4095].digest, digest_of("x"));
}

TEST_F(Carve, NamesInUseGetANumber) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const auto a = folder.create("x"), b = folder.create("x"), c = folder.create("x");
  EXPECT_EQ(close(folder, *a).name, "x");
  EXPECT_EQ(close(folder, *b).name, "x_2");
  EXPECT_EQ(close(folder, *c).name, "x_3");
  const auto l1 = folder.create(std::string(255, 'y')), l2 = folder.create(std::string(255, 'y'));
  ASSERT_NE(l2, nullptr);
  EXPECT_EQ(close(folder, *l1).name, std::string(255, 'y'));
  EXPECT_EQ(close(folder, *l2).name, std::string(253, 'y') + "_2");
}

TEST_F(Carve, LinksAreNotFollowed) {
  put(root + "/precious", "untouched");
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  ASSERT_EQ(symlink((root + "/precious").c_str(), (options.path + "x").c_str()), 0);
  ASSERT_EQ(symlink((root + "/missing").c_str(), (options.path + "y").c_str()), 0);
  const auto f = folder.create("x");
  write(*f, "carved");
  const auto g = folder.create("y");
  write(*g, "carved");
  EXPECT_EQ(close(folder, *f).name, "x_2");
  EXPECT_EQ(close(folder, *g).name, "y_2");
  std::ifstream in(root + "/precious");
  std::string text;
  in >> text;
  EXPECT_EQ(text, "untouched");
  EXPECT_FALSE(fs::exists(root + "/missing"));
}

TEST_F(Carve, TheFolderMayNotBeALink) {
  fs::create_directory(root + "/elsewhere");
  ASSERT_EQ(symlink((root + "/elsewhere").c_str(), (root + "/files").c_str()), 0);
  CarveFolder folder;
  EXPECT_FALSE(folder.open(options));
  EXPECT_TRUE(fs::is_empty(root + "/elsewhere"));
}

TEST_F(Carve, WorldWritableFolderIsRefused) {
  fs::create_directory(root + "/files");
  chmod((root + "/files").c_str(), 0777);
  CarveFolder folder;
  EXPECT_FALSE(folder.open(options));
}

TEST_F(Carve, OpenFilesAreBounded) {
  options.limits.open_files = 3;
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  std::vector<std::unique_ptr<CarveFile>> files;
  files.reserve(20);
  for (int i = 0; i < 20; ++i) files.push_back(folder.create(fmt::format("f{}", i)));
  // More than a buffer, so that files are open between their writes.
  const auto large = [](int i) { return std::string(70'000, static_cast<char>('a' + i)); };
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) write(*files[i], large(i));
  }
  for (auto& f : files) write(*f, std::string(100, 'x'));
  folder.drain();
  int descriptors = 0;
  for (const auto& e : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    descriptors += fs::read_symlink(e, ec).string().starts_with(root) ? 1 : 0;
  }
  EXPECT_LE(descriptors, 4);  // the folder and three files
  for (auto& f : files) close(folder, *f);
  const std::string last(100, 'x');
  EXPECT_EQ(get("f7"), large(7) + large(7) + last);
  EXPECT_EQ(get("f19"), large(19) + large(19) + last);
  EXPECT_EQ(hash_file(options.path + "f7"), files[7]->outcome()->digest);
}

TEST_F(Carve, SurvivesWithoutDescriptors) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  // UBSan needs descriptors when it meets a type for the first time.
  if (auto first = folder.create("first")) {
    write(*first, "x");
    close(folder, *first);
  }
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int probe = dup(0);
  ::close(probe);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(probe) + 4;
  const std::string large(70'000, 'x');  // more than a buffer: files are open between their writes
  setrlimit(RLIMIT_NOFILE, &few);
  std::vector<std::unique_ptr<CarveFile>> files;
  for (int i = 0; i < 20; ++i) {
    files.push_back(folder.create(fmt::format("f{}", i)));
    ASSERT_NE(files.back(), nullptr) << i << folder.error();
    write(*files.back(), large);
  }
  for (auto& f : files) write(*f, large);
  for (auto& f : files) close(folder, *f);
  setrlimit(RLIMIT_NOFILE, &before);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get(fmt::format("f{}", i)), large + large);
  EXPECT_EQ(folder.error(), "");
}

TEST_F(Carve, AnEvictedFileThatWasReplacedIsNotWritten) {
  options.limits.open_files = 1;
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  put(root + "/precious", "untouched");
  const auto a = folder.create("a"), b = folder.create("b");
  a->gap(1);  // makes it
  b->gap(1);  // evicts a
  folder.drain();
  fs::remove(options.path + "a");
  ASSERT_EQ(symlink((root + "/precious").c_str(), (options.path + "a").c_str()), 0);
  write(*a, "carved");
  EXPECT_TRUE(close(folder, *a).failed);
  EXPECT_FALSE(a->outcome()->digest);
  EXPECT_TRUE(folder.broken());
  EXPECT_NE(folder.error().find("cannot be opened again"), std::string::npos) << folder.error();
  std::ifstream in(root + "/precious");
  std::string text;
  in >> text;
  EXPECT_EQ(text, "untouched");
}

TEST_F(Carve, LimitsTruncateAndAreTold) {
  options.limits.file_bytes = 10;
  options.limits.run_bytes = 15;
  options.limits.files = 2;
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const auto a = folder.create("a"), b = folder.create("b");
  EXPECT_EQ(folder.create("c"), nullptr);
  write(*a, "0123456789abcdef");
  write(*b, "0123456789");
  close(folder, *a);
  close(folder, *b);
  EXPECT_EQ(get("a"), "0123456789");
  EXPECT_EQ(get("b"), "01234");
  EXPECT_TRUE(a->truncated());
  EXPECT_TRUE(b->truncated());
  EXPECT_FALSE(a->outcome()->failed);
  EXPECT_EQ(hash_file(options.path + "a"), a->outcome()->digest);
  EXPECT_NE(folder.error(), "");
  EXPECT_FALSE(folder.broken());
}

/// Files cannot grow beyond `bytes`; it stands for a full disk: write() fails with an errno.
class LimitedFiles {
 public:
  explicit LimitedFiles(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~LimitedFiles() { setrlimit(RLIMIT_FSIZE, &before_); }
  LimitedFiles(const LimitedFiles&) = delete;
  LimitedFiles& operator=(const LimitedFiles&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Carve, WriteErrorsMarkTheFileAndNoOther) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const LimitedFiles limit(4096);
  const auto small = folder.create("small"), f = folder.create("f"), later = folder.create("later");
  write(*small, "fits");
  for (int i = 0; i < 100; ++i) write(*f, std::string(10'000, 'x'));
  write(*later, "fits");
  for (const auto& fits : {&small, &later}) EXPECT_FALSE(close(folder, **fits).failed);
  EXPECT_TRUE(small->outcome()->digest);
  const CarveOutcome& outcome = close(folder, *f);
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(outcome.name, "f");
  EXPECT_EQ(outcome.size, fs::file_size(options.path + "f"));
  EXPECT_FALSE(outcome.digest);
  EXPECT_TRUE(folder.broken());
  EXPECT_NE(folder.error().find("f' cannot write: File too large"), std::string::npos)
      << folder.error();
}

TEST_F(Carve, WriteErrorsOfSmallFilesAreKnownWhenTheyAreDone) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const LimitedFiles limit(10);
  std::vector<CarveOutcomePtr> outcomes;
  for (std::size_t size = 0; size < 20; ++size) {
    const auto f = folder.create(fmt::format("f{}", size));
    write(*f, std::string(size, 'x'));
    outcomes.push_back(f->outcome());
  }
  for (std::size_t size = 0; size < 20; ++size) {
    folder.await(*outcomes[size]);
    EXPECT_EQ(outcomes[size]->failed, size > 10) << size;
    EXPECT_EQ(outcomes[size]->digest.has_value(), size <= 10) << size;
    EXPECT_EQ(outcomes[size]->size, std::min<std::size_t>(size, 10)) << size;
  }
}

TEST_F(Carve, TheFirstErrorIsTold) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  {
    const LimitedFiles limit(10);
    for (const char* name : {"a", "b"}) write(*folder.create(name), std::string(11, 'x'));
    folder.drain();
  }
  EXPECT_TRUE(folder.broken());
  EXPECT_NE(folder.error().find("a' cannot write"), std::string::npos) << folder.error();
}

TEST_F(Carve, AFolderThatIsGoneBreaksTheRun) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  fs::remove_all(options.path);
  const auto f = folder.create("f");
  write(*f, "carved");
  const CarveOutcome& outcome = close(folder, *f);
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(outcome.name, "");
  EXPECT_EQ(outcome.size, 0u);
  EXPECT_FALSE(outcome.digest);
  EXPECT_TRUE(folder.broken());
  EXPECT_NE(folder.error().find("f' cannot be made"), std::string::npos) << folder.error();
}

TEST_F(Carve, AnExactNameIsKnownAtOnce) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  put(options.path + "taken", "before");
  EXPECT_EQ(folder.create("taken", CarveFolder::Naming::kExact), nullptr);
  const auto f = folder.create("free", CarveFolder::Naming::kExact);
  ASSERT_NE(f, nullptr);
  EXPECT_TRUE(fs::exists(options.path + "free"));
  EXPECT_EQ(get("taken"), "before");
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_FALSE(folder.broken());
}

TEST_F(Carve, ManySmallFilesAtOnce) {
  // More than the queue takes, more bytes than stay in buffers, and all of them open together.
  constexpr std::size_t kFiles = 6000, kSize = 5000;
  options.limits.open_files = 10;
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  std::vector<std::unique_ptr<CarveFile>> files;
  for (std::size_t i = 0; i < kFiles; ++i) files.push_back(folder.create(fmt::format("f{}", i)));
  for (const std::size_t part : {kSize / 2, kSize / 2}) {
    for (std::size_t i = 0; i < kFiles; ++i) {
      write(*files[i], std::string(part, static_cast<char>('a' + i % 26)));
    }
  }
  for (auto& f : files) f->close();
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string name = fmt::format("f{}", i);
    folder.await(*files[i]->outcome());
    EXPECT_EQ(files[i]->outcome()->name, name);
    ASSERT_EQ(get(name), std::string(kSize, static_cast<char>('a' + i % 26))) << name;
    ASSERT_EQ(files[i]->outcome()->digest, hash_file(options.path + name)) << name;
  }
}

TEST_F(Carve, ClosedFilesReachTheDiskWithoutBeingAskedFor) {
  CarveFolder folder;
  ASSERT_TRUE(folder.open(options));
  const auto f = folder.create("f");
  write(*f, "carved");
  f->close();
  for (int i = 0; i < 1000 && !f->outcome()->ready(); ++i) usleep(10'000);
  EXPECT_EQ(get("f"), "carved");
}

}  // namespace
}  // namespace t2::test
