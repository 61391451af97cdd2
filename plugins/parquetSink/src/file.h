// SPDX-License-Identifier: Apache-2.0
// ParquetFile: row groups, and the metadata at the end. The file is readable from its first row
// group on, at any moment, and whatever ends the program: see publish().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "column.h"
#include "t2/output.h"

namespace t2::parquet {

using KeyValues = std::vector<std::pair<std::string, std::string>>;

class ParquetFile {
 public:
  ParquetFile() = default;
  ~ParquetFile();
  ParquetFile(const ParquetFile&) = delete;
  ParquetFile& operator=(const ParquetFile&) = delete;

  /// A file without rows. `layout` outlives it.
  Result<void> open(const std::string& path, OutputAccess access, const Layout& layout,
                    KeyValues metadata);
  /// Adds a row group: a chunk for each leaf.
  Result<void> add(std::vector<Chunk> chunks, std::uint64_t rows);
  /// All row groups are in the file then.
  Result<void> close();
  bool is_open() const { return fd_ >= 0; }

 private:
  std::string footer() const;
  Result<void> publish();
  Result<void> write_at(std::uint64_t offset, std::string_view data);
  Error failure() const;

  std::string path_;
  int fd_ = -1;
  const Layout* layout_ = nullptr;
  KeyValues metadata_;
  std::string row_groups_;  // their metadata, encoded
  std::size_t groups_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t data_end_ = 0;  // of the row groups that the metadata at the end of the file name
  std::string footer_;          // these metadata
  std::string waiting_;         // row groups behind data_end_ that are not in the file yet
};

}  // namespace t2::parquet
