// SPDX-License-Identifier: Apache-2.0
// RotatingSource: numbered files that another program writes one after the other (-D, spec
// core 1.4). Unlike the reference it keeps reading a file that still grows until the next one is
// there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "capture/file_source.h"
#include "capture/open.h"
#include "t2/result.h"

namespace t2 {

/// The names that `EXPR[:SCHR][,STOP]` stands for.
struct Numbering {
  std::string before;       // text in front of the index
  std::string after;        // text behind it
  std::uint64_t first = 0;  // index of the first file
  std::uint64_t stop = 0;   // last index to process
  unsigned digits = 0;      // zero-padded to this many digits; 0: plain numbers

  std::string name(std::uint64_t index) const;

  /// Parses the option's argument. Wildcards in EXPR are expanded (never by a shell); the first
  /// match that carries an index counts.
  static Result<Numbering> parse(const std::string& argument);
};

class RotatingSource final : public FileSource {
 public:
  static Result<std::unique_ptr<Source>> open(const InputOptions& options);

  std::uint64_t bytes_total() const override { return 0; }
  std::vector<std::string> later_paths() const override;

 private:
  RotatingSource(Filter filter, Numbering numbering, const InputOptions& options)
      : FileSource(std::move(filter)),
        numbering_(std::move(numbering)),
        index_(numbering_.first),
        poll_interval_(options.poll_interval),
        round_robin_(options.round_robin),
        on_poll_(options.on_poll) {}

  Next open_next() override;
  bool wait_for_growth() override;
  bool advance();
  void wait();
  std::uint64_t successor() const;

  Numbering numbering_;
  std::uint64_t index_;       // of the file that is read or waited for
  std::uint64_t opened_ = 0;  // files so far
  bool reading_ = false;      // file index_ was begun
  bool next_exists_ = false;
  bool ended_ = false;
  std::chrono::milliseconds poll_interval_;
  std::chrono::steady_clock::time_point next_poll_{};
  bool round_robin_;
  std::function<void()> on_poll_;
};

}  // namespace t2
