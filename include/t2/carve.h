// SPDX-License-Identifier: Apache-2.0
// Carving: files whose names and content come from the wire, written so that nothing outside one
// folder can be touched, and hashed as they are written. A CarveFolder holds the folder as a
// descriptor; every file in it is made exclusively and without following links. Bytes are collected
// by the caller's thread; making, writing and hashing files is the work of others.
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
/// SHA-256 of a whole file; nothing if it cannot be read, is no regular file (a pipe is not read a
/// second time), or if another thread sets `give_up` meanwhile.
std::optional<Sha256> hash_file(const std::string& path,
                                const std::atomic<bool>* give_up = nullptr);

/// A file name made of `name` and `suffix`, at most 255 bytes: '/', '\', control characters,
/// characters that turn the direction of text, and invalid UTF-8 become '_', so do leading dots and
/// dashes. The suffix stays whole; it must be harmless.
std::string safe_file_name(std::string_view name, std::string_view suffix);

/// The manifest's name, or, if that is taken, the one with "_2", "_3"... before its extension.
std::string manifest_name(std::string wanted, int number);
/// Whether manifest_name() gives it for `wanted` and some number.
bool is_manifest_name(std::string_view name, const std::string& wanted);

/// Bounds of one run; 0 stands for none.
struct CarveLimits {
  std::uint64_t file_bytes = 0;
  std::uint64_t run_bytes = 0;  // written; gaps do not count
  std::uint64_t files = 0;
  std::uint32_t open_files = 256;
  std::uint64_t hashed_gap_bytes = 256u << 20;  // zeros hashed in a run; see CarveOutcome::ranges
};

/// What the bounds of a run cost.
struct CarveCosts {
  std::uint64_t files = 0;             // not made
  std::uint64_t bytes = 0;             // not written
  std::uint64_t undigested_files = 0;  // with `ranges` in place of a digest
};

struct CarveOptions {
  std::string path;
  std::string marker;     // name of the empty file that makes a folder ours
  std::string manifest;   // of earlier runs, see CarveFolder::reserve; empty: none is known
  bool empty_it = false;  // what earlier runs made goes
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
  std::string name;        // empty: it could not be made
  std::uint64_t size = 0;  // on disk
  bool failed = false;     // an I/O error: not everything was written
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
class Disk;
class Leftovers;
class WriteWorker;
struct DiskFile;

/// For one thread. Files are made, written and hashed in the order in which they are handed over.
class CarveFolder {
 public:
  CarveFolder();
  ~CarveFolder();
  CarveFolder(const CarveFolder&) = delete;
  CarveFolder& operator=(const CarveFolder&) = delete;

  /// Makes the folder (0700, parents too) or takes one that is there, and keeps others from
  /// emptying it as long as this object, or the process, lives. Changes nothing in it. A folder
  /// with other things than ours in it is refused when it ought to be emptied, and used as it is
  /// otherwise. `empty_it` is refused while another run uses the folder. It finds what open() will
  /// remove: the manifests, which are JSON lines beginning with {"record":"run", and what their
  /// records name with `file` and `size`, if it has this size and is no younger than the manifest.
  Result<void> reserve(const CarveOptions& options);
  /// Between reserve() and open(): how many things are there that `empty_it` leaves alone.
  std::uint64_t others() const;
  /// After reserve(): removes what was found, unless it was changed since. An empty folder becomes
  /// ours.
  Result<void> open();
  /// Both.
  Result<void> open(const CarveOptions& options);

  enum class Naming : bool { kNumbered, kExact };
  /// A new file; if the name is taken, with "_2", "_3"... (kNumbered) or not at all (kExact). It is
  /// made when its first bytes leave the buffer, or at once and waiting for it (kExact). Null when
  /// a limit is reached, the disk is full, or a file was to be made at once and cannot. The file
  /// must not outlive the folder.
  std::unique_ptr<CarveFile> create(std::string name, Naming naming = Naming::kNumbered);
  /// Waits until a file, which must be closed, is written and hashed.
  void await(const CarveOutcome& outcome);
  /// Waits until everything that files handed over is written; broken() is up to date then.
  void drain();

  /// The first thing that went wrong, for the user; empty if nothing did.
  const std::string& error() const;
  /// Something could not be written, for another reason than a limit. Files on their way may
  /// change it.
  bool broken() const;
  std::uint64_t files() const { return files_; }
  std::uint64_t bytes() const { return bytes_; }
  const CarveCosts& costs() const { return costs_; }

 private:
  friend class CarveFile;

  static constexpr std::uint64_t kMostBuffered = 16 << 20;

  void free_buffers();
  void refuse(std::string_view limit);

  CarveOptions options_;
  int fd_ = -1;  // holds the lock
  std::unique_ptr<Leftovers> leftovers_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<WriteWorker> writer_;
  std::list<CarveFile*> files_open_;  // not closed; those that began a buffer last at the front
  std::uint64_t buffered_ = 0;        // capacity of their buffers
  std::string limit_error_;
  std::uint64_t files_ = 0, bytes_ = 0, hashed_gaps_ = 0;
  CarveCosts costs_;
};

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

  CarveFolder& folder_;
  std::shared_ptr<DiskFile> file_;
  std::list<CarveFile*>::iterator place_;
  std::vector<char> buffer_;       // what is not handed over yet
  std::uint64_t handed_over_ = 0;  // file offset of buffer_'s first byte
  std::uint64_t size_ = 0;
  bool hashed_ = true;            // false: there will be no digest
  bool ranged_ = false;           // ranges are hashed, not the whole
  std::uint64_t range_from_ = 0;  // where the range at hand begins
  std::size_t ranges_ = 0;
  bool truncated_ = false, closed_ = false;
};

}  // namespace t2
