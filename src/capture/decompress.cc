// SPDX-License-Identifier: Apache-2.0
#include "capture/decompress.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace t2 {
namespace {

constexpr std::size_t kInputBuffer = std::size_t{256} << 10;

class Decompressor final : public ByteStream {
 public:
  Decompressor(std::unique_ptr<Unpacker> unpacker, std::unique_ptr<ByteStream> source)
      : unpacker_(std::move(unpacker)), source_(std::move(source)), buffer_(kInputBuffer) {}

  Got read(std::span<std::uint8_t> out) override {
    while (!ended_ && error_.empty()) {
      const auto step = unpacker_->run(input_, out);
      input_ = skip(input_, step.taken);
      if (step.failure != nullptr) {
        if (!unpacker_->complete())
          error_ = fmt::format("compressed data is damaged ({})", step.failure);
        ended_ = true;
      }
      if (step.made > 0) return {State::kData, step.made};
      if (ended_ || step.taken > 0) continue;
      const Got got = source_->read(buffer_);
      if (got.state == State::kAgain) return got;
      if (got.state == State::kData) {
        input_ = Bytes(buffer_).first(got.size);
        continue;
      }
      ended_ = true;
      if (got.state == State::kError)
        error_ = source_->error();
      else if (!unpacker_->complete())
        error_ = "compressed data is cut short";
    }
    return {error_.empty() ? State::kEnd : State::kError, 0};
  }
  std::uint64_t consumed() const override { return source_->consumed() - input_.size(); }
  std::string error() const override { return error_; }

 private:
  std::unique_ptr<Unpacker> unpacker_;
  std::unique_ptr<ByteStream> source_;
  std::vector<std::uint8_t> buffer_;
  Bytes input_;
  bool ended_ = false;
  std::string error_;
};

}  // namespace

std::unique_ptr<ByteStream> decompress(Bytes head, std::unique_ptr<ByteStream> source) {
  return std::make_unique<Decompressor>(make_unpacker(head), std::move(source));
}

}  // namespace t2
