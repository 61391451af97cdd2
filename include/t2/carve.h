// SPDX-License-Identifier: Apache-2.0
// Carving: files whose names and content come from the wire, written so that nothing outside one
// folder can be touched, and hashed as they are written. Contents (content.h) makes them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "t2/bytes.h"
#include "t2/result.h"

namespace t2 {

using Sha256 = std::array<std::uint8_t, 32>;
std::string to_hex(const Sha256& digest);
/// A file name made of `name` and `suffix`, at most 255 bytes: '/', '\', control characters,
/// characters that turn the direction of text, and invalid UTF-8 become '_', so do leading dots and
/// dashes. The suffix stays whole; it must be harmless.
std::string safe_file_name(std::string_view name, std::string_view suffix);

/// Bounds of one run; 0 stands for none.
struct CarveLimits {
  std::uint64_t file_bytes = 0;
  std::uint64_t run_bytes = 0;  // written; gaps do not count
  std::uint64_t files = 0;
  std::uint64_t smallest = 0;  // see CarveFile::drop_if_small()
  std::uint32_t open_files = 256;
  std::uint64_t hashed_gap_bytes = 256u << 20;  // zeros hashed in a run; see CarveOutcome::ranges
};

struct CarveOptions {
  std::string path;
  std::string marker;      // name of the empty file that makes a folder ours
  std::string manifest;    // of earlier runs, see CarveFolder::reserve; empty: none is known
  bool empty_it = false;   // what earlier runs made goes
  bool only_ours = false;  // refused if other things than ours are in it
  CarveLimits limits;
};

/// SHA-256 of the bytes [from, to) of a file.
struct DigestRange {
  std::uint64_t from = 0, to = 0;
  Sha256 digest{};
};

/// What became of a file. Filled in on other threads: only after CarveFolder::await, or when
/// ready().
struct CarveOutcome {
  std::string name;           // empty: it could not be made
  std::uint64_t size = 0;     // on disk
  bool failed = false;        // an I/O error: not everything was written
  bool dropped = false;       // too small: there is no file. Known once it is closed
  std::uint64_t written = 0;  // bytes without gaps. Known once it is closed
  /// Of the whole file, gaps as zeros. Nothing if it failed, after CarveFile::forgo_digest(), or
  /// when the run's limit on hashed zeros was reached: then `ranges` cover what is no gap, or, up
  /// to the gap that was too long, one range covers all before it.
  std::optional<Sha256> digest;
  std::vector<DigestRange> ranges;  // in order, 4096 at most; not to be looked at if it failed
  std::uint64_t last_job = 0;       // its number; for CarveFolder

  bool ready() const { return ready_.load(std::memory_order_acquire); }
  void wait() const { ready_.wait(false, std::memory_order_acquire); }
  /// The last step of the thread that fills it in.
  void settle() {
    ready_.store(true, std::memory_order_release);
    ready_.notify_all();
  }

 private:
  std::atomic<bool> ready_ = false;
};
using CarveOutcomePtr = std::shared_ptr<const CarveOutcome>;

class CarveFile;
class CarveFolder;
struct DiskFile;

/// One carved file, written from start to end. Writes are buffered; close() or destruction ends it.
class CarveFile {
 public:
  ~CarveFile();
  CarveFile(const CarveFile&) = delete;
  CarveFile& operator=(const CarveFile&) = delete;

  void append(Bytes data);
  /// `length` bytes are missing: they read as zeros (a hole, no disk space).
  void gap(std::uint64_t length);
  /// Nobody will ask for the digest. To be called before the first byte.
  void forgo_digest() { hashed_ = false; }
  /// Whether the file goes if it is smaller than CarveLimits::smallest when it is closed.
  void drop_if_small(bool yes) { droppable_ = yes; }
  void close();

  std::uint64_t size() const { return size_; }
  /// A limit was reached. Errors are told by the outcome.
  bool truncated() const { return truncated_; }
  /// Never null. Comes some time after close().
  CarveOutcomePtr outcome() const;

 private:
  friend class CarveFolder;

  CarveFile(CarveFolder& folder, std::shared_ptr<DiskFile> file);
  std::uint64_t admitted(std::uint64_t wanted) const;
  bool may_hash_zeros(std::uint64_t n);
  void begin_buffer();
  std::vector<char> take_buffer();
  void hand_over(std::uint64_t zeros = 0);
  void end_range();
  void drop();

  CarveFolder& folder_;
  std::shared_ptr<DiskFile> file_;
  std::list<CarveFile*>::iterator place_;
  std::vector<char> buffer_;       // what is not handed over yet
  std::uint64_t handed_over_ = 0;  // file offset of buffer_'s first byte
  std::uint64_t size_ = 0;
  std::uint64_t appended_ = 0;  // of them; the others are gaps
  bool droppable_ = false;
  bool hashed_ = true;            // false: there will be no digest
  bool ranged_ = false;           // ranges are hashed, not the whole
  std::uint64_t range_from_ = 0;  // where the range at hand begins
  std::size_t ranges_ = 0;
  bool truncated_ = false, closed_ = false;
};

}  // namespace t2
