// SPDX-License-Identifier: Apache-2.0
// CarveFolder: the folder of carved files, held as a descriptor; every file in it is made
// exclusively and without following links. Bytes are collected by the caller's thread; making,
// writing and hashing files is the work of others.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carve/directory.h"
#include "t2/carve.h"
#include "t2/result.h"

namespace t2 {

/// SHA-256 of a whole file; nothing if it cannot be read, is no regular file (a pipe is not read a
/// second time), or if another thread sets `give_up` meanwhile.
std::optional<Sha256> hash_file(const std::string& path,
                                const std::atomic<bool>* give_up = nullptr);

/// The manifest's name, or, if that is taken, the one with "_2", "_3"... before its extension.
std::string manifest_name(std::string wanted, int number);
/// Whether manifest_name() gives it for `wanted` and some number.
bool is_manifest_name(std::string_view name, const std::string& wanted);

/// What the bounds of a run cost.
struct CarveCosts {
  std::uint64_t files = 0;             // not made
  std::uint64_t bytes = 0;             // not written
  std::uint64_t undigested_files = 0;  // with `ranges` in place of a digest
  std::uint64_t small_files = 0;       // not kept
};

/// A folder in the folder; files there have names like "http/logo.png_3_B".
struct Subfolder {
  std::string name;
  Descriptor descriptor;
};

class Disk;
class Leftovers;
class WriteWorker;

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
  /// Between reserve() and open(): makes, or takes, folders in it; it becomes ours.
  Result<void> add_subfolders(const std::vector<std::string>& names);
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
  /// Appends a part of a file, which is written, to another one. False if it cannot be read.
  bool read(const CarveOutcome& from, std::uint64_t offset, std::uint64_t length,
            CarveFile& to) const;
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
  std::list<Subfolder> subfolders_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<WriteWorker> writer_;
  std::list<CarveFile*> files_open_;  // not closed; those that began a buffer last at the front
  std::uint64_t buffered_ = 0;        // capacity of their buffers
  std::string limit_error_;
  std::uint64_t files_ = 0, bytes_ = 0, hashed_gaps_ = 0;
  CarveCosts costs_;
};

}  // namespace t2
