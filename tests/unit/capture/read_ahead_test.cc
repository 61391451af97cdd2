// SPDX-License-Identifier: Apache-2.0
#include "capture/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace t2::test {
namespace {

using State = Source::State;

/// Gives the states it is told to. A batch of frames holds one frame whose text is its number.
class Script final : public Source {
 public:
  explicit Script(std::vector<State> states, std::size_t frame_size = 8)
      : states_(std::move(states)), frame_size_(frame_size) {}

  State read(FrameBatch& batch) override {
    batch.size = 0;
    if (at_ == states_.size()) return State::kEnd;
    const State state = states_[at_++];
    if (state == State::kNewFile) file_.index = ++files_;
    if (state != State::kFrames) return state;
    auto text = std::make_shared<std::string>(std::to_string(at_));
    text->resize(frame_size_);
    batch.frames[0].bytes = {reinterpret_cast<const std::uint8_t*>(text->data()), text->size()};
    batch.memory = text;
    batch.size = 1;
    alive_.push_back(text);
    std::erase_if(alive_, [](const auto& t) { return t.expired(); });
    most_alive = std::max(most_alive, alive_.size());
    return state;
  }
  const SourceFile& file() const override { return file_; }
  std::uint64_t bytes_read() const override { return at_; }
  std::uint64_t bytes_total() const override { return states_.size(); }
  std::uint64_t bytes_of_files() const override { return files_; }
  std::vector<std::string> take_warnings() override { return {std::to_string(at_)}; }

  std::size_t most_alive = 0;

 private:
  std::vector<State> states_;
  std::size_t frame_size_;
  std::size_t at_ = 0;
  std::uint64_t files_ = 0;
  SourceFile file_;
  std::vector<std::weak_ptr<std::string>> alive_;
};

std::vector<State> mixed_states(std::size_t n) {
  std::vector<State> states{State::kNewFile};
  for (std::size_t i = 1; i < n; ++i) {
    states.push_back(i % 97 == 0 ? State::kNewFile : i % 13 == 0 ? State::kIdle : State::kFrames);
  }
  return states;
}

TEST(ReadAhead, GivesWhatTheSourceGivesInItsOrder) {
  const auto states = mixed_states(5000);
  ReadAhead source(std::make_unique<Script>(states));
  FrameBatch batch;
  std::uint64_t files = 0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    ASSERT_EQ(source.read(batch), states[i]) << i;
    if (states[i] == State::kNewFile) ++files;
    if (states[i] == State::kFrames) {
      ASSERT_EQ(batch.size, 1u);
      std::string text(std::to_string(i + 1));
      text.resize(8);
      ASSERT_EQ(as_text(batch.frames[0].bytes), text);
    }
    ASSERT_EQ(source.file().index, files);
    ASSERT_EQ(source.bytes_read(), i + 1);
    ASSERT_EQ(source.bytes_of_files(), files);
    ASSERT_EQ(source.take_warnings(), std::vector<std::string>{std::to_string(i + 1)});
  }
  EXPECT_EQ(source.read(batch), State::kEnd);
  EXPECT_EQ(source.read(batch), State::kEnd);
  EXPECT_EQ(source.bytes_total(), states.size());
}

TEST(ReadAhead, ShowsEachBatchToTheWorkFirst) {
  ReadAhead source(std::make_unique<Script>(mixed_states(1000)));
  std::uint8_t shown = 0;  // the reading thread's
  ASSERT_TRUE(source.preprocess_with([&shown](FrameBatch& b) { b.frames[0].plain = ++shown; }));
  FrameBatch batch;
  std::uint8_t given = 0;
  for (auto state = State::kIdle; state != State::kEnd;) {
    state = source.read(batch);
    if (state != State::kFrames) continue;
    ASSERT_EQ(batch.frames[0].plain, ++given);
  }
  EXPECT_GT(given, 0);
}

TEST(ReadAhead, StopsTheWork) {
  const auto calls = std::make_shared<std::atomic<int>>(0);
  ReadAhead source(std::make_unique<Script>(std::vector<State>(1000, State::kFrames)));
  source.preprocess_with([calls](FrameBatch&) { ++*calls; });
  FrameBatch batch;
  ASSERT_EQ(source.read(batch), State::kFrames);
  source.stop();
  const int at_stop = *calls;
  EXPECT_LT(at_stop, 1000);
  EXPECT_EQ(source.read(batch), State::kEnd);
  EXPECT_EQ(*calls, at_stop);
}

TEST(ReadAhead, CanBeLeftAtAnyMoment) {
  for (std::size_t reads = 0; reads < 80; ++reads) {
    ReadAhead source(std::make_unique<Script>(mixed_states(1000)));
    FrameBatch batch;
    for (std::size_t i = 0; i < reads; ++i) ASSERT_NE(source.read(batch), State::kEnd);
  }
}

TEST(ReadAhead, HoldsLittleOfHugeFrames) {
  auto script = std::make_unique<Script>(std::vector<State>(40, State::kFrames), 16 << 20);
  const Script& watched = *script;
  {
    ReadAhead source(std::move(script));
    FrameBatch batch;
    std::size_t frames = 0;
    while (source.read(batch) == State::kFrames) ++frames;
    EXPECT_EQ(frames, 40u);
    // 32 MiB, one more frame that was being read, and the one being worked on.
    EXPECT_LE(watched.most_alive, 5u);
  }
}

}  // namespace
}  // namespace t2::test
