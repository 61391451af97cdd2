// SPDX-License-Identifier: Apache-2.0
#include "file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "encoding.h"

namespace t2::parquet {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::int32_t kVersion = 2;
enum : std::int32_t { kPlain = 0, kRle = 3, kRleDictionary = 8 };  // Encoding
constexpr std::int32_t kZstd = 6;                                  // CompressionCodec

/// Metadata are written anew with each row group; of wide tables with very many groups they would
/// become most of what is written, were they not outweighed by rows.
constexpr std::size_t kRowsPerMetadata = 4;

void put_statistics(Thrift& t, const Chunk& c) {
  t.begin_struct(12);
  t.i64(3, static_cast<std::int64_t>(c.nulls));
  if (c.max) t.binary(5, *c.max);
  if (c.min) t.binary(6, *c.min);
  t.end_struct();
}

/// ColumnChunk, whose pages begin at `offset`.
void put_chunk(Thrift& t, const Leaf& leaf, const Chunk& c, std::uint64_t offset) {
  t.begin_element();
  t.i64(2, 0);
  t.begin_struct(3);
  t.i32(1, static_cast<std::int32_t>(leaf.physical));
  t.list_of_numbers(2, 2);
  t.element(c.data_page ? kRleDictionary : kPlain);
  t.element(kRle);
  t.list_of_binaries(3, leaf.path.size());
  for (const std::string& name : leaf.path) t.element(std::string_view(name));
  t.i32(4, kZstd);
  t.i64(5, static_cast<std::int64_t>(c.values));
  t.i64(6, static_cast<std::int64_t>(c.uncompressed));
  t.i64(7, static_cast<std::int64_t>(c.pages.size()));
  t.i64(9, static_cast<std::int64_t>(offset + c.data_page.value_or(0)));
  if (c.data_page) t.i64(11, static_cast<std::int64_t>(offset));
  put_statistics(t, c);
  t.end_struct();
  t.end_struct();
}

}  // namespace

ParquetFile::~ParquetFile() {
  if (fd_ >= 0) ::close(fd_);
}

Error ParquetFile::failure() const {
  return Error{
      fmt::format("Failed to write file '{}': {}", path_, std::strerror(errno ? errno : EIO))};
}

Result<void> ParquetFile::write_at(std::uint64_t offset, std::string_view data) {
  while (!data.empty()) {
    errno = 0;
    const ssize_t n = pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) return failure();
    data.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<void> ParquetFile::open(const std::string& path, OutputAccess access, const Layout& layout,
                               KeyValues metadata) {
  path_ = path;
  layout_ = &layout;
  metadata_ = std::move(metadata);
  const auto fd = create_output(path, access);
  if (!fd) return fd.error();
  fd_ = *fd;
  struct stat s {};
  if (fstat(fd_, &s) != 0 || !S_ISREG(s.st_mode)) {
    return Error{fmt::format(
        "Failed to open file '{}' for writing: Parquet must be a file, its end is written last",
        path)};
  }
  footer_ = footer();
  data_end_ = kMagic.size();
  return write_at(0, std::string(kMagic) + footer_);
}

/// FileMetaData, its length and the magic.
std::string ParquetFile::footer() const {
  Thrift t;
  t.begin_element();
  t.i32(1, kVersion);
  t.list_of_structs(2, layout_->schema_elements);
  t.append(layout_->schema);
  t.i64(3, static_cast<std::int64_t>(rows_));
  t.list_of_structs(4, groups_);
  t.append(row_groups_);
  t.list_of_structs(5, metadata_.size());
  for (const auto& [key, value] : metadata_) {
    t.begin_element();
    t.binary(1, key);
    t.binary(2, value);
    t.end_struct();
  }
  t.binary(6, "t2++ version " T2_VERSION);
  t.list_of_structs(7, layout_->leaves.size());
  for (std::size_t i = 0; i < layout_->leaves.size(); ++i) {
    t.begin_element();  // ColumnOrder: TYPE_ORDER
    t.begin_struct(1);
    t.end_struct();
    t.end_struct();
  }
  t.end_struct();
  std::string out = t.bytes();
  put_plain(out, static_cast<std::uint32_t>(t.bytes().size()));
  return out.append(kMagic);
}

Result<void> ParquetFile::add(std::vector<Chunk> chunks, std::uint64_t rows) {
  Thrift t;
  t.begin_element();
  t.list_of_structs(1, chunks.size());
  std::uint64_t uncompressed = 0;
  const std::size_t begin = waiting_.size();
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    put_chunk(t, layout_->leaves[i], chunks[i], data_end_ + waiting_.size());
    uncompressed += chunks[i].uncompressed;
    waiting_ += chunks[i].pages;
  }
  t.i64(2, static_cast<std::int64_t>(uncompressed));
  t.i64(3, static_cast<std::int64_t>(rows));
  t.i64(5, static_cast<std::int64_t>(data_end_ + begin));
  t.i64(6, static_cast<std::int64_t>(waiting_.size() - begin));
  t.end_struct();
  row_groups_ += t.bytes();
  ++groups_;
  rows_ += rows;
  const bool outweighed = waiting_.size() >= kRowsPerMetadata * row_groups_.size();
  return groups_ < kRowsPerMetadata || outweighed ? publish() : Result<void>();
}

/// Puts the row groups that wait, and new metadata, where the metadata of those before are. First
/// these are copied behind all that will be written: a reader finds metadata at the end of the
/// file, so that it is whole before, meanwhile (with a hole) and, once the copy is cut off, after.
/// Only while the copy is written, some microseconds, could a kill -9 leave a file without end.
Result<void> ParquetFile::publish() {
  std::string next = footer();
  const std::uint64_t old_end = data_end_ + footer_.size();
  const std::uint64_t end = data_end_ + waiting_.size() + next.size();
  if (auto r = write_at(std::max(end, old_end), footer_); !r) {
    const int cut = ftruncate(fd_, static_cast<off_t>(old_end));
    return cut == 0 ? r : failure();
  }
  if (auto r = write_at(data_end_, waiting_ + next); !r) return r;
  if (ftruncate(fd_, static_cast<off_t>(end)) != 0) return failure();
  data_end_ += waiting_.size();
  waiting_.clear();
  footer_ = std::move(next);
  return {};
}

Result<void> ParquetFile::close() {
  if (fd_ < 0) return {};
  Result<void> result = waiting_.empty() ? Result<void>() : publish();
  struct stat s {};
  if (result && fstat(fd_, &s) == 0 && s.st_nlink == 0) {
    result = Error{fmt::format("Failed to write file '{}': it was deleted during the run", path_)};
  }
  errno = 0;
  if (::close(std::exchange(fd_, -1)) != 0 && result) result = failure();
  return result;
}

}  // namespace t2::parquet
