// SPDX-License-Identifier: Apache-2.0
// Leftovers: which files of a folder earlier runs made, as their manifests tell. Everything else
// belongs to the user.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <unordered_map>

#include "carve/folder.h"
#include "t2/result.h"

namespace t2 {

class Leftovers {
 public:
  /// Reads the manifests in `folder`. Nobody may carve into it meanwhile.
  Leftovers(int folder, const CarveOptions& options);

  /// How many entries of the folder stay, apart from the marker.
  std::uint64_t others() const { return others_; }
  /// Files that were changed or replaced since then stay. Gives an errno, 0 if all went well.
  int remove();

 private:
  /// Enough to see that a file is still the one that was found.
  struct Identity {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec changed;
    explicit Identity(const struct stat& st);
    bool is(const struct stat& st) const;
  };

  void read_manifest(const std::string& name);
  void consider(const std::string& line, const struct stat& manifest);
  void consider(const std::string& name, std::uint64_t size, const struct stat& manifest);

  int folder_;
  std::string marker_;
  std::unordered_map<std::string, Identity> files_;
  std::uint64_t others_ = 0;
};

}  // namespace t2
