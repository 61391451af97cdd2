// SPDX-License-Identifier: Apache-2.0
#include "carve/write_worker.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "capture/byte_stream.h"

namespace t2::test {
namespace {

/// Waits for one job after the other, as the manifest does, while the thread works on them: the end
/// of each wait meets the thread at another moment. A wake-up that gets lost hangs.
TEST(WriteWorker, EveryWaitEnds) {
  char name[] = "/tmp/t2workerXXXXXX";
  const std::string root = mkdtemp(name);
  {
    const FileDescriptor folder(open(root.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
    const std::list<Subfolder> none;
    Disk disk(folder.get(), none, root + "/", 8);
    WriteWorker worker(disk);
    const auto file = std::make_shared<DiskFile>();
    file->outcome.name = "x";
    for (int round = 0; round < 100; ++round) {
      std::vector<std::uint64_t> numbers;
      numbers.reserve(200U + static_cast<std::size_t>(round));
      for (int i = 0; i < 200 + round; ++i) {
        numbers.push_back(
            worker.push({.file = file, .data = std::vector<char>(64), .hashed = false}));
      }
      for (const std::uint64_t n : numbers) worker.wait_for(n);
    }
    worker.push({.file = file, .hashed = false, .last = true, .size = 64});
    EXPECT_EQ(worker.last_pushed(), 100U * 200 + 99 * 100 / 2 + 1);
  }
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace t2::test
