// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include "capture/open.h"
#include "capture/rotating_source.h"
#include "capture_builder.h"

namespace t2::test {
namespace {

using State = Source::State;

const char kFormat[] = "Option '-D': Invalid format, expected 'expr[:schr][,stop]'";

struct NumberingCase {
  const char* argument;
  std::vector<std::string> names;  // of the first three
  std::uint64_t stop;
};

class EveryArgument : public testing::TestWithParam<NumberingCase> {};
INSTANTIATE_TEST_SUITE_P(
    Numbering, EveryArgument,
    testing::Values(
        NumberingCase{"x.pcap0", {"x.pcap0", "x.pcap1", "x.pcap2"}, 9},
        NumberingCase{"x.pcap7", {"x.pcap7", "x.pcap8", "x.pcap9"}, 0xffffffff},
        NumberingCase{"x.pcap008", {"x.pcap008", "x.pcap009", "x.pcap010"}, 999},
        NumberingCase{"x.pcap008,12", {"x.pcap008", "x.pcap009", "x.pcap010"}, 12},
        NumberingCase{"x.pcap9,0x", {}, 0},
        NumberingCase{"cap_08.pcap:_", {"cap_08.pcap", "cap_09.pcap", "cap_10.pcap"}, 99},
        NumberingCase{"t_01_b.pcap:t_,5", {"t_01_b.pcap", "t_02_b.pcap", "t_03_b.pcap"}, 5},
        NumberingCase{
            "a1_a2_num9.x:num", {"a1_a2_num9.x", "a1_a2_num10.x", "a1_a2_num11.x"}, 0xffffffff},
        NumberingCase{"rep1rep2:rep", {"rep1rep2", "rep1rep3", "rep1rep4"}, 0xffffffff}));

TEST_P(EveryArgument, GivesTheNames) {
  const auto numbering = Numbering::parse(GetParam().argument);
  if (GetParam().names.empty()) {
    ASSERT_FALSE(numbering.ok());
    EXPECT_EQ(numbering.error().message, kFormat);
    return;
  }
  ASSERT_TRUE(numbering.ok()) << numbering.error().message;
  for (std::uint64_t i = 0; i < 3; ++i)
    EXPECT_EQ(numbering->name(numbering->first + i), GetParam().names[i]);
  EXPECT_EQ(numbering->stop, GetParam().stop);
}

TEST(Numbering, BadArgumentsAreRefused) {
  for (const char* bad : {"", ",5", "x.pcap0,", "x.pcap0,-1", "x.pcap0,a", "x0:", "x0:abcd",
                          "x0,99999999999999999999"}) {
    const auto numbering = Numbering::parse(bad);
    ASSERT_FALSE(numbering.ok()) << bad;
    EXPECT_EQ(numbering.error().message, kFormat) << bad;
  }
  EXPECT_EQ(Numbering::parse("x.pcap").error().message,
            "Option '-D': no index after the last 'p' in 'x.pcap'");
  EXPECT_EQ(Numbering::parse("dump1/x0").error().message,
            "Option '-D': no index after the last 'p' in 'dump1/x0'");
  EXPECT_EQ(Numbering::parse("/no/such*/x.pcap0").error().message,
            "Option '-D': no file matches '/no/such*/x.pcap0'");
}

TEST(Numbering, WildcardsAreExpandedButNeverByAShell) {
  const TempFolder folder;
  folder.write("x.pcap", "");
  folder.write("x.pcap03", "");
  folder.write("x.pcap04", "");
  const auto numbering = Numbering::parse(folder.path("*.pcap*"));
  ASSERT_TRUE(numbering.ok());
  EXPECT_EQ(numbering->name(numbering->first), folder.path("x.pcap03"));

  EXPECT_TRUE(Numbering::parse("$(touch " + folder.path("p") + ")p0").ok());
  EXPECT_FALSE(std::filesystem::exists(folder.path("p")));
}

class Rotating : public testing::Test {
 protected:
  std::unique_ptr<Source> open(const std::string& argument, const std::string& filter = {}) {
    InputOptions o;
    o.kind = InputOptions::Kind::kRotating;
    o.path = folder_.path(argument);
    o.filter = filter;
    o.poll_interval = std::chrono::milliseconds(1);
    o.on_poll = [this] { ++polls_; };
    auto source = open_source(o);
    EXPECT_TRUE(source.ok()) << source.error().message;
    return source ? std::move(*source) : nullptr;
  }
  /// The next thing that is not idleness: a frame's text, `|NAME` of a new file or `end`; `idle`
  /// after several times nothing.
  std::string next(Source& source) {
    FrameBatch batch;
    for (int i = 0; i < 5; ++i) {
      switch (source.read(batch)) {
        case State::kIdle:
          continue;
        case State::kEnd:
          return "end";
        case State::kNewFile:
          return "|" + std::filesystem::path(source.file().path).filename().string();
        case State::kFrames:
          break;
      }
      std::vector<Copy> frames;
      append(batch, frames);
      std::string all;
      for (const Copy& f : frames) all += f.data;
      return all;
    }
    return "idle";
  }
  static std::string capture(const std::string& data) {
    return Builder().pcap_header().pcap_record(1, 0, data).str();
  }

  TempFolder folder_;
  int polls_ = 0;
};

TEST_F(Rotating, ReadsUpToTheLastIndex) {
  folder_.write("x.pcap08", capture("eight"));
  folder_.write("x.pcap09", capture("nine"));
  folder_.write("x.pcap10", capture("ten"));
  folder_.write("x.pcap11", capture("eleven"));
  const auto source = open("x.pcap08,10");
  for (const char* expected :
       {"|x.pcap08", "eight", "|x.pcap09", "nine", "|x.pcap10", "ten", "end"})
    EXPECT_EQ(next(*source), expected);
  EXPECT_EQ(next(*source), "end");
  EXPECT_EQ(polls_, 0);
  EXPECT_EQ(source->bytes_of_files(), 3 * 24 + 3 * 16 + std::string("eightnineten").size());
  EXPECT_EQ(source->bytes_total(), 0u);
  EXPECT_EQ(source->file().index, 3u);
}

TEST_F(Rotating, WaitsForFilesThatAreNotThereYet) {
  const auto source = open("x.pcap0,1");
  EXPECT_EQ(next(*source), "idle");
  EXPECT_GT(polls_, 0);
  folder_.write("x.pcap0", "");
  EXPECT_EQ(next(*source), "idle");
  folder_.write("x.pcap0", capture("a"));
  EXPECT_EQ(next(*source), "|x.pcap0");
  EXPECT_EQ(next(*source), "a");
  EXPECT_EQ(next(*source), "idle");
  folder_.write("x.pcap1", capture("b"));
  for (const char* expected : {"|x.pcap1", "b", "end"}) EXPECT_EQ(next(*source), expected);
  EXPECT_TRUE(source->take_warnings().empty());
}

TEST_F(Rotating, FollowsAFileThatGrowsUntilTheNextOneIsThere) {
  folder_.write("x.pcap0", capture("a"));
  const auto source = open("x.pcap0");
  EXPECT_EQ(next(*source), "|x.pcap0");
  EXPECT_EQ(next(*source), "a");
  EXPECT_EQ(next(*source), "idle");
  const std::string record = Builder().pcap_record(2, 0, "bcd").str();
  folder_.append("x.pcap0", record.substr(0, 17));
  EXPECT_EQ(next(*source), "idle");
  folder_.append("x.pcap0", record.substr(17));
  EXPECT_EQ(next(*source), "bcd");
  // The writer's last record may come to light after the next file has been seen.
  folder_.write("x.pcap1", capture("e"));
  FrameBatch batch;
  EXPECT_EQ(source->read(batch), State::kIdle);
  folder_.append("x.pcap0", record);
  for (const char* expected : {"bcd", "|x.pcap1", "e", "idle"}) EXPECT_EQ(next(*source), expected);
  EXPECT_TRUE(source->take_warnings().empty());
}

TEST_F(Rotating, BadFileIsSkippedOnceTheNextOneIsThere) {
  folder_.write("x.pcap1", capture("a"));
  const auto source = open("x.pcap1,3");
  EXPECT_EQ(next(*source), "|x.pcap1");
  EXPECT_EQ(next(*source), "a");
  folder_.write("x.pcap2", "no capture file, though long enough");
  EXPECT_EQ(next(*source), "idle");
  folder_.write("x.pcap3", capture("c"));
  for (const char* expected : {"|x.pcap3", "c", "end"}) EXPECT_EQ(next(*source), expected);
  EXPECT_EQ(source->take_warnings(),
            std::vector<std::string>{"File '" + folder_.path("x.pcap2") +
                                     "' is not a valid PCAP/PCAP-NG file"});
}

TEST_F(Rotating, DamagedFileDoesNotHoldUpTheNextOne) {
  folder_.write("x.pcap1", capture("a") + std::string(16, '\xff'));
  folder_.write("x.pcap2", capture("b"));
  const auto source = open("x.pcap1,2");
  for (const char* expected : {"|x.pcap1", "a", "|x.pcap2", "b", "end"})
    EXPECT_EQ(next(*source), expected);
  EXPECT_EQ(source->take_warnings().size(), 1u);
}

TEST_F(Rotating, BadFirstFileAndBadFilterAreErrorsAtOnce) {
  InputOptions o;
  o.kind = InputOptions::Kind::kRotating;
  o.path = folder_.write("x.pcap0", "no capture file, though long enough");
  EXPECT_EQ(open_source(o).error().message,
            "File '" + o.path + "' is not a valid PCAP/PCAP-NG file");
  o.path = folder_.path("later.pcap0");
  o.filter = "no such filter";
  EXPECT_EQ(open_source(o).error().message.find("pcap_compile failed: "), 0u);
}

}  // namespace
}  // namespace t2::test
