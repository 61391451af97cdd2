// SPDX-License-Identifier: Apache-2.0
// Disk: carved files as the writing thread has them. Makes them, keeps a bounded number open, opens
// evicted ones again. Every path operation is relative to the folder's descriptor.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "carve/folder.h"
#include "carve/hash.h"

namespace t2 {

/// Belongs to the writing thread once its first job was pushed; its outcome: see there.
struct DiskFile {
  CarveOutcome outcome;  // the name is the one wanted until the file is made
  CarveFolder::Naming naming = CarveFolder::Naming::kNumbered;
  bool made = false;
  int fd = -1;
  std::uint64_t device = 0, inode = 0;  // known once it was closed to be opened again
  std::list<DiskFile*>::iterator place;
  std::unique_ptr<Hasher> hasher;  // made with the first bytes
  bool offloaded = false;          // the hash worker has the hasher
};

class Disk {
 public:
  /// `folder` and `subfolders` stay the caller's; `path` is for messages.
  Disk(int folder, const std::list<Subfolder>& subfolders, std::string path,
       std::uint32_t open_files)
      : folder_(folder), subfolders_(subfolders), path_(std::move(path)), most_open_(open_files) {}

  /// Makes the file with the first call. After an error nothing more is written to it.
  void write(DiskFile& f, std::uint64_t offset, std::string_view data);
  /// After the last bytes; a gap at the end is only a length.
  void extend(DiskFile& f, std::uint64_t size);
  void close(DiskFile& f);
  /// In place of close(): there is no file then.
  void remove(DiskFile& f);

  // For any thread.
  /// A file that is written, to read it; negative if it cannot be opened.
  Descriptor open_to_read(const CarveOutcome& file) const;
  bool full() const { return full_.load(std::memory_order_relaxed); }
  bool broken() const { return broken_.load(std::memory_order_acquire); }
  /// Does not change any more once broken() is true.
  const std::string& error() const { return error_; }

 private:
  /// Where a file lies: one component in an open folder.
  struct Place {
    int folder;
    std::string name;
  };
  Place place(const std::string& name) const;
  bool make(DiskFile& f);
  int open_exclusively(DiskFile& f);
  bool open_again(DiskFile& f);
  bool activate(DiskFile& f);
  void entered(DiskFile& f, int fd);
  bool evict_one();
  void evict_to_limit();
  void cannot_write(DiskFile& f, int error_number);
  void fail(DiskFile& f, const std::string& what, int error_number);

  const int folder_;
  const std::list<Subfolder>& subfolders_;
  const std::string path_;
  const std::uint32_t most_open_;
  std::list<DiskFile*> open_;  // used last at the front
  std::string error_;
  std::atomic<bool> broken_ = false, full_ = false;
};

}  // namespace t2
