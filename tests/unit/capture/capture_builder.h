// SPDX-License-Identifier: Apache-2.0
// Builds capture files in memory, byte by byte, for the tests of src/capture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "capture/capture_file.h"
#include "capture/source.h"

namespace t2::test {

/// A file under construction, in one byte order.
class Builder {
 public:
  explicit Builder(bool little_endian = true) : little_(little_endian) {}

  Builder& u16(std::uint16_t v) { return number(v, 2); }
  Builder& u32(std::uint32_t v) { return number(v, 4); }
  Builder& u64(std::uint64_t v) { return number(v, 8); }
  Builder& text(std::string_view s) {
    bytes_ += s;
    return *this;
  }
  Builder& pad() {
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    return *this;
  }

  Builder& pcap_header(std::uint32_t magic = 0xa1b2c3d4, std::uint32_t snap = 65535,
                       std::uint32_t link = 1, std::uint16_t major = 2, std::uint16_t minor = 4) {
    return u32(magic).u16(major).u16(minor).u32(0).u32(0).u32(snap).u32(link);
  }
  Builder& pcap_record(std::uint32_t seconds, std::uint32_t fraction, std::string_view data,
                       std::uint32_t wire = 0) {
    const auto captured = static_cast<std::uint32_t>(data.size());
    return u32(seconds).u32(fraction).u32(captured).u32(wire == 0 ? captured : wire).text(data);
  }

  Builder& block(std::uint32_t type, const Builder& body) {
    const std::uint32_t length = static_cast<std::uint32_t>((body.bytes_.size() + 3) / 4 * 4) + 12;
    return u32(type).u32(length).text(body.bytes_).pad().u32(length);
  }
  Builder& section() {
    return block(0x0a0d0d0a, body().u32(0x1a2b3c4d).u16(1).u16(0).u64(~std::uint64_t{0}));
  }
  Builder& interface(std::uint16_t link, std::uint32_t snap = 0,
                     const Builder& options = Builder()) {
    return block(1, body().u16(link).u16(0).u32(snap).text(options.bytes_));
  }
  Builder& enhanced(std::uint32_t interface, std::uint64_t ticks, std::string_view data,
                    std::uint32_t wire = 0) {
    const auto captured = static_cast<std::uint32_t>(data.size());
    return block(6, body()
                        .u32(interface)
                        .u32(static_cast<std::uint32_t>(ticks >> 32))
                        .u32(static_cast<std::uint32_t>(ticks))
                        .u32(captured)
                        .u32(wire == 0 ? captured : wire)
                        .text(data));
  }
  /// Option if_tsresol, to be followed by others or nothing.
  Builder& resolution(std::uint8_t value) {
    return u16(9).u16(1).text(std::string(1, static_cast<char>(value))).pad();
  }
  Builder& time_offset(std::int64_t seconds) {
    return u16(14).u16(8).u64(static_cast<std::uint64_t>(seconds));
  }

  /// An empty builder of the same byte order.
  Builder body() const { return Builder(little_); }
  const std::string& str() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  Builder& number(std::uint64_t v, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift = 8 * (little_ ? i : size - 1 - i);
      bytes_ += static_cast<char>(v >> shift);
    }
    return *this;
  }

  bool little_;
  std::string bytes_;
};

/// A frame that owns its bytes.
struct Copy {
  Nanoseconds time = 0;
  std::string data;
  std::uint32_t wire = 0;
  std::uint16_t link = 0;
  bool operator==(const Copy&) const = default;
};

inline void append(const FrameBatch& batch, std::vector<Copy>& frames) {
  for (std::size_t i = 0; i < batch.size; ++i) {
    const Frame& f = batch.frames[i];
    frames.push_back({f.time, std::string(as_text(f.bytes)), f.wire_length, f.link_type});
  }
}

/// All that a file gives.
struct Content {
  std::string error;  // of opening
  std::vector<Copy> frames;
  std::string problem;
  std::uint16_t link = 0;
  std::uint32_t snap = 0;
};

/// Reads the bytes as a file; `piece` as in CaptureFile::from_memory, `salvage` as in
/// CaptureFile::salvage.
inline Content read_memory(const std::string& bytes, std::size_t piece = 0, bool salvage = false) {
  Content content;
  auto file = CaptureFile::from_memory(as_bytes(bytes), piece);
  if (!file) {
    content.error = file.error().message;
    return content;
  }
  if (salvage) (*file)->salvage();
  FrameBatch batch;
  while ((*file)->read(batch) != CaptureFile::State::kEnd) append(batch, content.frames);
  content.problem = (*file)->problem();
  content.link = (*file)->link_type();
  content.snap = (*file)->snap_length();
  return content;
}

/// A folder that goes when the test ends.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "t2-capture-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << content;
    return path(name);
  }
  void append(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary | std::ios::app) << content;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace t2::test
