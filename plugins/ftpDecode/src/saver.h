// SPDX-License-Identifier: Apache-2.0
// Saver: the folder of carved files and the manifest beside them (JSON lines: one object for the
// run, then one per file).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "content.h"
#include "ftpDecode.h"
#include "t2/carve.h"
#include "t2/plugin.h"

namespace t2::ftp {

class Saver {
 public:
  Saver(const Config& config, Services& services) : config_(config), services_(services) {}
  ~Saver();

  /// Makes or takes the folder, and warns of what emptying it leaves there.
  Result<void> start();
  /// Empties the folder and begins the manifest. Nothing is carved if it fails.
  void prepare();

  /// Null if the file cannot be made.
  std::unique_ptr<CarveFile> create_content(const std::string& name);
  std::unique_ptr<CarveFile> create_transcript(const std::string& name);
  /// Puts the file into the manifest, as soon as it is written; records keep their order.
  void write_record(const FileRecord& r);
  /// Waits until the record's file, which is closed, is written, and notes what became of it.
  void await(FileRecord& r);
  /// After the last flow: completes the manifest.
  void finish();

  /// Bytes that all directions together hold back because their transfer is not known.
  bool may_hold(std::uint64_t n) const { return held_bytes_ + n <= kMostHeld; }
  void add_held(std::uint64_t n) { held_bytes_ += n; }
  void remove_held(std::uint64_t n) { held_bytes_ -= n; }

  std::uint64_t files() const { return content_files_; }
  /// What went wrong first, for the end report; empty if nothing did.
  const std::string& error() const { return error_.empty() ? folder_.error() : error_; }
  /// Carving cannot go on; a limit that was reached is no such thing.
  bool broken() const { return !error_.empty() || folder_.broken(); }

 private:
  static constexpr std::uint64_t kMostHeld = 64u << 20;
  static constexpr std::size_t kMostUnwritten = 4096;  // records that wait for their file

  struct Capture {
    std::string path;
    std::uint64_t place = 0;  // of the digest in the manifest
  };

  CarveOptions options() const;
  void announce(const std::string& path) const;
  void begin_manifest();
  void finish_manifest();
  void append_line(const std::string& line);
  void add_later_captures();
  void write_records(std::size_t most_left);
  void write_line(FileRecord& r);
  void hash_captures();
  void wait_for_digests();

  const Config& config_;
  Services& services_;
  CarveFolder folder_;
  std::unique_ptr<CarveFile> manifest_;
  std::deque<FileRecord> unwritten_;
  std::vector<Capture> captures_;
  std::atomic<bool> give_up_ = false;  // no digest is worth waiting for any more
  std::future<std::vector<std::optional<Sha256>>> capture_digests_;
  std::string error_;
  std::uint64_t content_files_ = 0;
  std::uint64_t held_bytes_ = 0;
};

}  // namespace t2::ftp
