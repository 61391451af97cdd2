// SPDX-License-Identifier: Apache-2.0
// ListSource: one capture file (-r) or all files of a list or folder (-R), in order, as one stream.
#pragma once

#include "capture/file_source.h"
#include "capture/open.h"

namespace t2 {

class ListSource final : public FileSource {
 public:
  static Result<std::unique_ptr<Source>> open_file(const InputOptions& options);
  /// The captures named in a file or on standard input (`-`), or those in a folder by the times of
  /// their first packets. Checks every file; bad ones are reported and skipped. `No valid files
  /// found in FILE` if none is left.
  static Result<std::unique_ptr<Source>> open_list(const InputOptions& options);

  std::uint64_t bytes_total() const override { return total_; }
  std::vector<std::string> later_paths() const override { return paths_; }

 private:
  ListSource(Filter filter, const InputOptions& options, std::vector<std::string> paths,
             std::uint64_t total)
      : FileSource(std::move(filter), options.salvage, options.scouts),
        paths_(std::move(paths)),
        total_(total) {}

  Next open_next() override;

  std::vector<std::string> paths_;
  std::uint64_t total_;
  std::size_t next_ = 0;
  std::unique_ptr<CaptureFile> checked_;  // the single file, open since it was checked
};

}  // namespace t2
