// SPDX-License-Identifier: Apache-2.0
// FileSource: what sources that read one capture file after the other have in common.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/capture_file.h"
#include "capture/filter.h"
#include "capture/source.h"

namespace t2 {

class FileSource : public Source {
 public:
  State read(FrameBatch& batch) final;
  const SourceFile& file() const final { return file_; }
  std::uint64_t bytes_read() const final;
  std::uint64_t bytes_of_files() const final { return opened_bytes_; }
  std::vector<std::string> take_warnings() final { return std::exchange(warnings_, {}); }

 protected:
  enum class Next : std::uint8_t { kOpened, kWait, kNone };

  /// `salvage`, `scouts` (how many): of files that do not grow.
  explicit FileSource(Filter filter, bool salvage = false, unsigned scouts = 0)
      : filter_(std::move(filter)), salvage_(salvage) {
    if (scouts > 0) scouts_ = std::make_unique<Scouts>(scouts);
  }

  /// Calls begin() with the next file, or says that there is none (yet).
  virtual Next open_next() = 0;
  /// The current file has no more for now. True if it may still grow.
  virtual bool wait_for_growth() { return false; }

  void begin(std::unique_ptr<CaptureFile> capture, std::uint64_t index, std::uint64_t count);
  void warn(std::string line) { warnings_.push_back(std::move(line)); }

 private:
  void finish();
  /// Numbers the frames of a batch that the filter has not seen.
  void count(FrameBatch& batch);

  Filter filter_;
  bool salvage_;
  std::unique_ptr<Scouts> scouts_;
  std::unique_ptr<CaptureFile> capture_;
  SourceFile file_;
  std::uint64_t finished_bytes_ = 0;
  std::uint64_t opened_bytes_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace t2
