// SPDX-License-Identifier: Apache-2.0
#include "coding.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace t2::http {
namespace {

// So many bytes are decoded before it is believed that they have the coding.
constexpr std::size_t kTrialInput = 4096, kTrialOutput = 1 << 16;

}  // namespace

std::string_view name(Coding c) {
  constexpr std::string_view kNames[] = {"gzip", "deflate", "br", "zstd"};
  return kNames[static_cast<std::size_t>(c)];
}

void add_codings(std::string_view value, std::vector<Coding>& to) {
  std::string word;
  const auto flush = [&] {
    if (word.starts_with("x-")) word.erase(0, 2);
    for (const Coding c : {Coding::kGzip, Coding::kDeflate, Coding::kBrotli, Coding::kZstd}) {
      if (word == name(c) && to.size() < Workspace::kMostLayers) to.push_back(c);
    }
    word.clear();
  };
  for (const char c : value) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-') {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (c == ',' || c == ';' || c == ' ') {
      flush();
    }
  }
  flush();
}

class Codings::Layer {
 public:
  Layer(Coding c, Codings& all, std::size_t index)
      : coding_(c), all_(all), index_(index), decompressor_(make_decompressor(c)) {}

  void feed(Bytes data) {
    if (step_ == Step::kPlain) return give_on(data);
    if (step_ == Step::kOver) return;
    if (step_ == Step::kTrial) input_ += as_text(first(data, kTrialInput - input_.size()));
    const Bytes all = data;
    while (step_ == Step::kTrial || step_ == Step::kSure) {
      Bytes out;
      const Decompressor::State s = decompressor_->next(data, all_.workspace_.room(index_), out);
      const bool early = fed_ + all.size() - data.size() <= kTrialInput;
      if (s == Decompressor::State::kError && step_ == Step::kTrial && early) return be_plain(all);
      if (!all_.may_grow(out.size())) return over();
      take(out);
      if (s == Decompressor::State::kError) {
        all_.broken_ = true;
        return over();
      }
      if (s == Decompressor::State::kEnd) {
        ended_ = true;
        return over();
      }
      if (s == Decompressor::State::kMore && out.empty()) break;
    }
    if (step_ == Step::kTrial && input_.size() >= kTrialInput) be_sure();
  }

  void finish() {
    if (decompressor_ != nullptr && decompressor_->may_end()) ended_ = true;
    if (step_ == Step::kTrial && ended_) be_sure();
    if (step_ == Step::kTrial && !ended_) {
      // A few bytes that any text could be are no coding.
      if (output_.empty() || coding_ == Coding::kDeflate) return be_plain({});
      be_sure();
    }
    if (step_ == Step::kSure && !ended_) all_.broken_ = true;
  }

  bool plain() const { return step_ == Step::kPlain; }
  std::size_t memory() const {
    return sizeof *this + input_.capacity() + output_.capacity() +
           (decompressor_ != nullptr ? decompressor_->memory() : 0);
  }
  Coding coding() const { return coding_; }
  /// Its memory; nothing more is fed.
  void drop() {
    decompressor_.reset();
    input_ = {};
    output_ = {};
  }

 private:
  enum class Step : std::uint8_t { kTrial, kSure, kPlain, kOver };

  void take(Bytes out) {
    if (step_ == Step::kSure) return give_on(out);
    output_ += as_text(out);
    if (output_.size() > kTrialOutput) be_sure();
  }
  void be_sure() {
    step_ = Step::kSure;
    const std::string held = std::exchange(output_, {});
    input_ = {};
    give_on(as_bytes(held));
  }
  void over() {
    be_sure();
    step_ = Step::kOver;
    decompressor_.reset();
  }
  /// What came so far is content. `data`: the call's bytes, of which the first ones are in input_.
  void be_plain(Bytes data) {
    step_ = Step::kPlain;
    decompressor_.reset();
    output_ = {};
    const std::string held = std::exchange(input_, {});
    const std::size_t before = fed_;  // of held, from earlier calls
    give_on(as_bytes(held));
    give_on(skip(data, held.size() - before));
  }
  void give_on(Bytes data) {
    if (!data.empty()) all_.give_on(index_ + 1, data);
  }

 public:
  /// Between calls of feed().
  void settle() { fed_ = input_.size(); }

 private:
  const Coding coding_;
  Codings& all_;
  const std::size_t index_;
  std::unique_ptr<Decompressor> decompressor_;
  Step step_ = Step::kTrial;
  std::string input_, output_;  // during the trial
  std::size_t fed_ = 0;         // of input_, before the call at hand
  bool ended_ = false;
};

Codings::Codings(const std::vector<Coding>& applied, const BombLimits& limits, Workspace& workspace,
                 Budget& budget, BytesSink& out)
    : limits_(limits), workspace_(workspace), out_(out), share_(budget) {
  for (auto c = applied.rbegin(); c != applied.rend(); ++c) {
    layers_.push_back(std::make_unique<Layer>(*c, *this, layers_.size()));
  }
}

Codings::~Codings() = default;

bool Codings::feed(Bytes data) {
  wire_bytes_ += data.size();
  give_on(0, data);
  std::size_t memory = 0;
  for (const auto& l : layers_) memory += l->memory();
  stopped_ = stopped_ || !share_.set(memory);
  if (!stopped_) return true;
  for (const auto& l : layers_) l->drop();
  share_.set(0);
  return false;
}

void Codings::give_on(std::size_t layer, Bytes data) {
  if (bomb_ || stopped_) return;
  if (layer == layers_.size()) return out_.on_bytes(data);
  layers_[layer]->feed(data);
  layers_[layer]->settle();
}

void Codings::finish() {
  for (const auto& l : layers_) l->finish();
}

bool Codings::may_grow(std::uint64_t bytes) {
  if (stopped_) return false;
  grown_ += bytes;
  if (limits_.bytes == 0 || grown_ <= limits_.bytes) return true;
  bomb_ = bomb_ || grown_ > wire_bytes_ * limits_.ratio;
  return !bomb_;
}

bool Codings::plain() const {
  return std::all_of(layers_.begin(), layers_.end(), [](const auto& l) { return l->plain(); });
}

std::vector<Coding> Codings::removed() const {
  std::vector<Coding> list;
  for (const auto& l : layers_) {
    if (!l->plain()) list.push_back(l->coding());
  }
  return list;
}

}  // namespace t2::http
