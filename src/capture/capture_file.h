// SPDX-License-Identifier: Apache-2.0
// CaptureFile: one pcap or pcapng file, plain or compressed. The sources for
// files, lists and rotating files are made of these.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/input.h"
#include "capture/parser.h"
#include "capture/source.h"
#include "t2/result.h"

namespace t2 {

class CaptureFile {
 public:
  enum class State : std::uint8_t { kFrames, kAgain, kEnd };

  ~CaptureFile();
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;

  /// kMapped: a plain file that nobody writes to is not copied (mapped_input.h).
  enum class Reading : std::uint8_t { kMapped, kBuffered };

  /// Opens and checks: exists, readable, no directory, not empty, format known, first interface
  /// read. If another program still appends to the file, kEnd is not final.
  /// `-` is standard input. Errors are those of spec core 1.2.
  static Result<std::unique_ptr<CaptureFile>> open(const std::string& path,
                                                   Reading reading = Reading::kMapped);
  /// The same over memory that outlives the file; `piece` 0: all at once, else as a stream that
  /// gives `piece` bytes at a time.
  static Result<std::unique_ptr<CaptureFile>> from_memory(Bytes bytes, std::size_t piece);

  /// Before the first read(), for a file that does not grow: what is damaged is passed over.
  void salvage() { parser_->salvage(); }
  /// Before the first read(): they walk ahead where that helps. They outlive the file.
  void send(Scouts& scouts);

  /// Fills the batch. kAgain, the batch is empty: nothing came for a while, or much that holds no
  /// frame.
  State read(FrameBatch& batch);

  const std::string& path() const { return path_; }
  std::uint16_t link_type() const { return parser_->link_type(); }
  std::uint32_t snap_length() const { return parser_->snap_length(); }
  const std::vector<std::uint16_t>& link_types() const { return parser_->link_types(); }
  /// Bytes on disk when it was opened; 0 for pipes and standard input.
  std::uint64_t size() const { return size_; }
  /// Bytes on disk consumed so far.
  std::uint64_t position() const { return input_->position(); }
  /// The rest of the file cannot be read.
  bool damaged() const { return parser_->damaged(); }
  /// After kEnd: one line that says what was wrong with the file, empty if nothing.
  std::string problem() const;

 private:
  void scout();
  CaptureFile(std::string path, std::uint64_t size, std::unique_ptr<Input> input)
      : path_(std::move(path)), size_(size), input_(std::move(input)) {}

  static Result<std::unique_ptr<CaptureFile>> start(std::string path, std::uint64_t size,
                                                    std::unique_ptr<Input> input);

  std::string path_;
  std::uint64_t size_;
  std::unique_ptr<Input> input_;
  std::unique_ptr<Parser> parser_;
  Scouts* scouts_ = nullptr;
};

/// `Failed to open file 'F' for reading: REASON` for an errno value.
Error open_error(const std::string& path, int error_number);

}  // namespace t2
