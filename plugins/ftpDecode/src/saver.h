// SPDX-License-Identifier: Apache-2.0
// Saver: the folder of carved files, and the records that wait until their file is written.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ftpDecode.h"
#include "manifest.h"
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
  /// Bytes that were held back, and for which there was no room any more.
  void add_not_kept(std::uint64_t n) { not_kept_ += n; }

  /// Room for what all control connections note for their records (logins, bounces). False: there
  /// is none.
  bool note(std::uint64_t bytes) {
    if (noted_bytes_ + bytes > kMostNoted) return false;
    noted_bytes_ += bytes;
    return true;
  }
  void forget_notes(std::uint64_t bytes) { noted_bytes_ -= bytes; }

  std::uint64_t files() const { return content_files_; }
  /// What went wrong first, for the end report; empty if nothing did.
  const std::string& error() const { return error_.empty() ? folder_.error() : error_; }
  /// Carving cannot go on; a limit that was reached is no such thing.
  bool broken() const { return !error_.empty() || folder_.broken(); }

 private:
  static constexpr std::uint64_t kMostHeld = 64u << 20, kMostNoted = 64u << 20;
  static constexpr std::size_t kMostUnwritten = 4096;  // records that wait for their file

  CarveOptions options() const;
  void announce(const std::string& path) const;
  void finish_manifest();
  void write_records(std::size_t most_left);
  void hash_captures();
  void wait_for_digests();
  std::vector<std::optional<Sha256>> all_digests();
  static void without_file(FileRecord& r);

  const Config& config_;
  Services& services_;
  CarveFolder folder_;
  Manifest manifest_{config_, services_, folder_};
  std::deque<FileRecord> unwritten_;
  std::atomic<bool> give_up_ = false;  // no digest is worth waiting for any more
  std::future<std::vector<std::optional<Sha256>>> capture_digests_;
  std::string error_;
  std::uint64_t content_files_ = 0;
  std::uint64_t held_bytes_ = 0, noted_bytes_ = 0, not_kept_ = 0;
};

}  // namespace t2::ftp
