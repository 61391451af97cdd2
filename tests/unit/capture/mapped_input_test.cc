// SPDX-License-Identifier: Apache-2.0
#include "capture/mapped_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "capture_builder.h"

namespace t2::test {
namespace {

using Fill = Input::Fill;

class MappedInputTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "mapped-XXXXXX";
    fd_ = ::mkstemp(name.data());
    ASSERT_GE(fd_, 0);
    path_ = name;
  }
  void TearDown() override {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  void append_to_file(std::string_view text) {
    ASSERT_EQ(::pwrite(fd_, text.data(), text.size(), static_cast<off_t>(size_)),
              static_cast<ssize_t>(text.size()));
    size_ += text.size();
  }
  MappedInput input(std::size_t window = MappedInput::kWindow, int flags = O_RDONLY) {
    return {FileDescriptor(::open(path_.c_str(), flags)), size_, window};
  }

  std::string path_;
  int fd_ = -1;
  std::size_t size_ = 0;
};

std::string random_text(std::size_t n) {
  std::mt19937 random(3);
  std::string text(n, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST_F(MappedInputTest, ShowsTheFileWindowByWindow) {
  const std::string text = random_text(9'000'000);
  append_to_file(text);
  std::mt19937 random(5);
  MappedInput in = input(std::size_t{1} << 20);
  std::string seen;
  std::shared_ptr<const void> held;
  while (in.fill(1 + random() % 3'000'000) == Fill::kMore) {
    held = in.memory();
    EXPECT_NE(held, nullptr);
    const std::size_t n = in.window().size() / 2 + 1;
    seen += as_text(in.window().first(n));
    in.consume(n);
    EXPECT_EQ(in.position(), seen.size());
  }
  seen += as_text(in.window());
  EXPECT_TRUE(seen == text);
  EXPECT_EQ(in.position(), text.size());
  EXPECT_EQ(in.problem(), "");
}

TEST_F(MappedInputTest, MemoryOutlivesTheInput) {
  append_to_file("abc");
  std::shared_ptr<const void> memory;
  Bytes window;
  {
    MappedInput in = input();
    ASSERT_EQ(in.fill(3), Fill::kMore);
    memory = in.memory();
    window = in.window();
  }
  EXPECT_EQ(as_text(window), "abc");
}

TEST_F(MappedInputTest, SeesTheFileGrow) {
  append_to_file("one");
  MappedInput in = input();
  EXPECT_EQ(in.fill(4), Fill::kEnd);
  append_to_file("two");
  ASSERT_EQ(in.fill(6), Fill::kMore);
  EXPECT_EQ(as_text(in.window()), "onetwo");
}

/// Without a handler this is SIGBUS.
TEST_F(MappedInputTest, SurvivesAFileThatIsCutShort) {
  append_to_file(std::string(100'000, 'x'));
  MappedInput in = input();
  ASSERT_EQ(in.fill(1), Fill::kMore);
  ASSERT_EQ(in.window().size(), 100'000U);
  ASSERT_EQ(::ftruncate(fd_, 10'000), 0);
  EXPECT_EQ(in.window()[9'999], 'x');
  EXPECT_FALSE(in.lost());
  for (std::size_t i = 50'000; i < 100'000; ++i) ASSERT_EQ(in.window()[i], 0);
  EXPECT_TRUE(in.lost());
  EXPECT_EQ(in.fill(1), Fill::kEnd);
  EXPECT_NE(in.problem().find("cut short by another program"), std::string::npos);
}

/// Mapped and half walked through: no frame is made of zeros.
TEST_F(MappedInputTest, ACaptureThatIsCutShortEnds) {
  Builder b;
  b.pcap_header();
  for (std::uint32_t i = 0; i < 2000; ++i) b.pcap_record(i, 0, std::string(60, 'x'));
  append_to_file(b.str());
  const auto file = CaptureFile::open(path_);
  ASSERT_TRUE(file.ok());
  FrameBatch batch;
  ASSERT_EQ((*file)->read(batch), CaptureFile::State::kFrames);
  std::vector<Copy> frames;
  append(batch, frames);
  ASSERT_EQ(::ftruncate(fd_, 0), 0);
  while ((*file)->read(batch) == CaptureFile::State::kFrames) append(batch, frames);
  EXPECT_EQ(frames.size(), 256U);
  for (const Copy& f : frames) EXPECT_EQ(f.data, std::string(60, 'x'));
  EXPECT_NE((*file)->problem().find("cut short by another program"), std::string::npos);
}

/// What cannot be mapped is read, and if that fails, too, it says why.
TEST_F(MappedInputTest, FallsBackToReading) {
  append_to_file("text");
  MappedInput in = input(MappedInput::kWindow, O_WRONLY);
  EXPECT_EQ(in.fill(1), Fill::kEnd);
  EXPECT_EQ(in.problem(), "Bad file descriptor");
}

}  // namespace
}  // namespace t2::test
