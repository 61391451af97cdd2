// SPDX-License-Identifier: Apache-2.0
#include "plugin/library_file.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "t2/plugin.h"

namespace t2 {
namespace {

constexpr std::size_t kLongestStamp = 256;

class File {
 public:
  explicit File(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// Whether the file holds all that the loader will map.
bool is_whole(Elf* elf, std::uint64_t size) {
  std::size_t segments = 0;
  if (elf_getphdrnum(elf, &segments) != 0 || segments == 0) return false;
  for (std::size_t i = 0; i < segments; ++i) {
    GElf_Phdr segment{};
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) return false;
    if (segment.p_type != PT_LOAD) continue;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) return false;
  }
  return true;
}

/// The text at the start of the section; empty if there is none.
std::string text_of(Elf_Scn* section) {
  const Elf_Data* data = elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return {};
  const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
  const auto end = bytes.substr(0, kLongestStamp).find('\0');
  return std::string(bytes.substr(0, end == std::string_view::npos ? 0 : end));
}

std::string find_stamp(Elf* elf) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return {};
  for (Elf_Scn* s = nullptr; (s = elf_nextscn(elf, s)) != nullptr;) {
    GElf_Shdr header{};
    if (gelf_getshdr(s, &header) == nullptr || header.sh_type != SHT_PROGBITS) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name != nullptr && std::strcmp(name, T2_STAMP_SECTION) == 0) return text_of(s);
  }
  return {};
}

}  // namespace

Result<std::string> read_build_stamp(const std::string& path) {
  const File file(path);
  struct stat s {};
  if (file.fd() < 0 || fstat(file.fd(), &s) != 0) return Error{std::strerror(errno)};
  if (!S_ISREG(s.st_mode)) return Error{"not a regular file"};
  elf_version(EV_CURRENT);
  // Read, not mapped: the file may be cut short while we look at it.
  const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(file.fd(), ELF_C_READ, nullptr), elf_end);
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF) return Error{"not a library"};
  if (!is_whole(elf.get(), static_cast<std::uint64_t>(s.st_size))) {
    return Error{"the library is not whole"};
  }
  std::string stamp = find_stamp(elf.get());
  if (stamp.empty()) return Error{"not a plugin of this version (no build stamp)"};
  return stamp;
}

}  // namespace t2
