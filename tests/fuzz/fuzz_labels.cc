// SPDX-License-Identifier: Apache-2.0
// Files of networks: the first byte chooses between a text list and a location database, the rest
// is the file. What loads is then asked for addresses.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "label/database.h"
#include "label/store.h"

namespace {

using namespace t2;

/// A file in memory under a path, since that is what the readers take.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes) : fd_(memfd_create("labels", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      std::abort();
    }
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

/// Looks up the addresses that the file's last bytes make.
void ask(LabelStore& store, Bytes file) {
  const Bytes bytes = file.subspan(file.size() - std::min<std::size_t>(file.size(), 170));
  Cursor c(bytes);
  while (c.left() >= 17) {
    const bool v6 = (c.u8() & 1) != 0;
    const Bytes raw = c.bytes(16);
    const IpAddress a = v6 ? IpAddress::v6(raw.data()) : IpAddress::v4(raw.data());
    const Label& label = store.get(store.find(a));
    if (label.country.size() > file.size() + 64) std::abort();  // built-in texts are short
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const Bytes file(data + 1, size - 1);
  const MemoryFile memory(file);
  LabelStore store;
  if ((data[0] & 1) != 0) {
    auto database = open_location_database(memory.path());
    if (!database) return 0;
    store.add_database(std::move(*database));
  } else if (!store.load_list(memory.path())) {
    return 0;
  }
  ask(store, file);
  return 0;
}
