// SPDX-License-Identifier: Apache-2.0
#include "capture/mapped_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "capture/mapping.h"

namespace t2 {
namespace {

/// Windows begin at multiples of this, the size of a large page.
constexpr std::uint64_t kAlignment = std::uint64_t{2} << 20;

}  // namespace

MappedInput::MappedInput(FileDescriptor fd, std::uint64_t size, std::size_t window)
    : fd_(std::move(fd)), size_(size), window_size_(window) {
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

std::shared_ptr<const void> MappedInput::memory() const {
  return rest_ ? rest_->memory() : mapping_;
}

std::string MappedInput::problem() const {
  if (lost())
    return "cut short by another program while it was read; the last packets may lack data";
  return rest_ ? rest_->problem() : std::string();
}

void MappedInput::read_ahead(std::uint64_t offset) const {
  if (offset >= size_) return;
  ::posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(window_size_),
                  POSIX_FADV_WILLNEED);
}

bool MappedInput::map(std::uint64_t offset, std::size_t want) {
  const std::uint64_t begin = offset / kAlignment * kAlignment;
  const std::uint64_t end = std::min(size_, std::max(begin + window_size_, offset + want));
  auto mapping = Mapping::make(fd_.get(), begin, static_cast<std::size_t>(end - begin), lost_);
  if (mapping == nullptr) return false;
  read_ahead(end);
  window_ = mapping->bytes().subspan(static_cast<std::size_t>(offset - begin));
  end_ = end;
  mapping_ = std::move(mapping);
  return true;
}

Input::Fill MappedInput::fill(std::size_t want) {
  if (lost()) return Fill::kEnd;
  const Fill result = rest_ ? fill_buffer(want) : fill_mapped(want);
  ended_ = result == Fill::kEnd;
  return result;
}

Input::Fill MappedInput::fill_mapped(std::size_t want) {
  if (window_.size() >= want) return Fill::kMore;
  const std::uint64_t offset = begin();
  struct stat now {};
  if (::fstat(fd_.get(), &now) == 0) size_ = static_cast<std::uint64_t>(now.st_size);
  if (offset >= size_) return Fill::kEnd;
  if (map(offset, want)) return window_.size() >= want ? Fill::kMore : Fill::kEnd;
  if (::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return Fill::kEnd;
  constexpr bool kRegular = true;
  rest_ = std::make_unique<StreamInput>(std::make_unique<FdStream>(std::move(fd_), kRegular));
  window_ = {};
  end_ = offset;
  return fill_buffer(want);
}

Input::Fill MappedInput::fill_buffer(std::size_t want) {
  rest_->consume(rest_->window().size() - window_.size());
  const std::uint64_t offset = begin();
  const Fill result = rest_->fill(want);
  window_ = rest_->window();
  end_ = offset + window_.size();
  return result;
}

}  // namespace t2
