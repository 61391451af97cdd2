// SPDX-License-Identifier: Apache-2.0
// Carving: files whose names and content come from the wire, written so that nothing outside one
// folder can be touched, and hashed as they are written. A CarveFolder holds the folder as a
// descriptor; every file in it is made exclusively and without following links.
#pragma once

#include <array>
#include <cstdint>
#include <future>
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
/// The digest of a file that may still be on its way through another thread; get() waits for it.
/// Nothing if there is none (see CarveFile::digest).
using Digest = std::shared_future<std::optional<Sha256>>;
std::string to_hex(const Sha256& digest);
/// SHA-256 of a whole file; nothing if it cannot be read.
std::optional<Sha256> hash_file(const std::string& path);

/// A file name made of `name` and `suffix`, at most 255 bytes: '/', '\', control characters,
/// characters that turn the direction of text, and invalid UTF-8 become '_', so do leading dots and
/// dashes. The suffix stays whole; it must be harmless.
std::string safe_file_name(std::string_view name, std::string_view suffix);

/// Bounds of one run; 0 stands for none.
struct CarveLimits {
  std::uint64_t file_bytes = 0;
  std::uint64_t run_bytes = 0;  // written; gaps do not count
  std::uint64_t files = 0;
  std::uint32_t open_files = 256;
  std::uint64_t hashed_gap_bytes = std::uint64_t{16}
                                   << 30;  // zeros hashed in a run; see CarveFile::digest
};

struct CarveOptions {
  std::string path;
  std::string marker;  // name of the empty file that makes a folder ours
  bool empty_it = false;
  CarveLimits limits;
};

class CarveFile;
class Hasher;
class HashWorker;

class CarveFolder {
 public:
  CarveFolder();
  ~CarveFolder();
  CarveFolder(const CarveFolder&) = delete;
  CarveFolder& operator=(const CarveFolder&) = delete;

  /// Whether open() can be expected to work. Changes nothing.
  static Result<void> check(const CarveOptions& options);
  /// Makes the folder (0700, parents too) or takes one that is there. With `empty_it` its regular
  /// files go, if it holds our marker. An empty folder becomes ours; one with other things in it is
  /// refused when it ought to be emptied, and used as it is otherwise.
  Result<void> open(const CarveOptions& options);
  bool is_open() const { return fd_ >= 0; }

  enum class Naming : bool { kNumbered, kExact };
  /// Makes a file, empty; if the name is taken, with "_2", "_3"... (kNumbered) or not at all
  /// (kExact). Null when a limit is reached or the file cannot be made. The file must not outlive
  /// the folder.
  std::unique_ptr<CarveFile> create(const std::string& name, Naming naming = Naming::kNumbered);

  /// The first thing that went wrong, for the user; empty if nothing did.
  const std::string& error() const { return error_; }
  /// Something could not be written, for another reason than a limit.
  bool broken() const { return broken_; }
  std::uint64_t files() const { return files_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  friend class CarveFile;

  Result<void> empty_folder();
  int open_exclusively(std::string& name, Naming naming);
  bool activate(CarveFile& f);
  void deactivate(CarveFile& f);
  bool evict_one(const CarveFile* keep);
  void fail(CarveFile* f, std::string_view what, int error_number);

  CarveOptions options_;
  std::unique_ptr<HashWorker> hash_worker_;
  int fd_ = -1;
  std::list<CarveFile*> active_;  // open files, used last at the front
  std::string error_;
  bool broken_ = false, disk_full_ = false;
  std::uint64_t files_ = 0, bytes_ = 0, hashed_gaps_ = 0;
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
  /// Overwrites bytes written before; does not change the digest. For headers filled in at the end.
  bool patch(std::uint64_t offset, std::string_view data);
  /// Nobody will ask for the digest. To be called before the first byte.
  void forgo_digest() { hashed_ = false; }
  void close();

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }
  /// Something was not written: an I/O error or a limit.
  bool truncated() const { return truncated_; }
  /// After close(). Nothing if the file is truncated by an error, if so many zeros would have had
  /// to be hashed that the run's limit was reached, or after forgo_digest().
  const Digest& digest() const { return digest_; }

 private:
  friend class CarveFolder;

  CarveFile(CarveFolder& folder, std::string name, int fd);
  void write_out();
  void hash(Bytes data);
  void hash_zeros(std::uint64_t n);
  bool offload();
  void finish_digest();
  bool write_at(std::uint64_t offset, const char* data, std::size_t n);
  std::uint64_t admitted(std::uint64_t wanted);

  CarveFolder& folder_;
  std::string name_;
  int fd_ = -1;
  std::uint64_t device_ = 0, inode_ = 0;  // known once it was closed to be opened again
  std::list<CarveFile*>::iterator place_;
  std::vector<char> buffer_;   // what is not written yet
  std::uint64_t written_ = 0;  // file offset of buffer_'s first byte
  std::uint64_t size_ = 0;
  std::unique_ptr<Hasher> hasher_;  // made with the first bytes that leave the buffer
  Digest digest_;
  bool offloaded_ = false;  // the worker hashes this file from now on
  bool hashed_ = true;      // false: there will be no digest
  bool truncated_ = false, failed_ = false, closed_ = false, ends_in_gap_ = false;
};

}  // namespace t2
