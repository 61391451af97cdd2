// SPDX-License-Identifier: Apache-2.0
// ContentStore: a folder of carved files, its manifest, and the records that wait until their file
// is written. One protocol has it for itself, or all of a run share it (--carve).
#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carve/folder.h"
#include "carve/manifest.h"
#include "t2/content.h"
#include "t2/plugin.h"

namespace t2 {

/// See Contents for what the functions do. For the ordered lane.
class ContentStore {
 public:
  explicit ContentStore(RunCore& core);
  ~ContentStore();
  ContentStore(const ContentStore&) = delete;
  ContentStore& operator=(const ContentStore&) = delete;

  Result<void> start(ContentOptions options);
  /// After start(): access for a protocol, whose files go to this subfolder.
  std::unique_ptr<Contents> share(std::string subfolder);
  bool is_shared() const { return !subfolders_.empty(); }
  /// After all protocols have theirs, before prepare(): makes them.
  Result<void> make_subfolders();
  void prepare();
  std::unique_ptr<CarveFile> create(const std::string& name);
  std::uint64_t number() { return ++numbers_; }
  bool copy(const CarveOutcome& from, std::uint64_t offset, std::uint64_t length, CarveFile& to);
  void write(ContentRecord r);
  void await(ContentRecord& r);
  void finish();

  bool hold(std::uint64_t bytes);
  void release(std::uint64_t bytes) { held_ -= bytes; }
  void add_not_kept(std::uint64_t bytes) { not_kept_ += bytes; }
  bool note(std::uint64_t bytes);
  void forget_notes(std::uint64_t bytes) { noted_ -= bytes; }
  bool wants(std::string_view media_type) const;

  /// Records of contents so far, and those of them that are complete.
  std::uint64_t contents() const { return manifest_.contents(); }
  std::uint64_t complete() const { return manifest_.complete(); }
  /// ... and what of them was written: gaps take no space.
  std::uint64_t bytes() const { return manifest_.bytes(); }
  /// Contents that were not kept for their size.
  std::uint64_t too_small() const { return folder_.costs().small_files; }
  const std::string& path() const { return options_.folder.path; }
  const std::string& error() const { return error_.empty() ? folder_.error() : error_; }
  bool broken() const { return !error_.empty() || folder_.broken(); }

 private:
  static constexpr std::size_t kMostUnwritten = 4096;  // records that wait for their file

  void announce() const;
  void write_records(std::size_t most_left);
  void hash_captures();
  void wait_for_digests();
  std::vector<std::optional<Sha256>> all_digests();
  static void without_file(ContentRecord& r);

  RunCore& core_;
  ContentOptions options_;
  std::vector<std::string> subfolders_;
  CarveFolder folder_;
  Manifest manifest_{core_.run(), folder_};
  std::deque<ContentRecord> unwritten_;
  std::uint64_t numbers_ = 0;  // of contents
  std::uint64_t held_ = 0, noted_ = 0, not_kept_ = 0;
  std::atomic<bool> give_up_ = false;  // no digest is worth waiting for any more
  std::future<std::vector<std::optional<Sha256>>> capture_digests_;
  std::string error_;
};

}  // namespace t2
