// SPDX-License-Identifier: Apache-2.0
#include "capture/mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace t2 {
namespace {

// SIGBUS belongs to the process, and its handler can only find what is in variables like these.

/// A mapping that the handler may mend. Free while `lost` is null.
struct Mended {
  std::atomic<std::uintptr_t> begin = 0, end = 0;
  std::atomic<std::atomic<bool>*> lost = nullptr;
};
constexpr std::size_t kMostMappings = 256;
std::array<Mended, kMostMappings> g_mended;
struct sigaction g_before {};

/// Zeros in the place of the page that is gone. Only calls that a signal handler may make.
bool mend(std::uintptr_t address) {
  for (Mended& m : g_mended) {
    if (address < m.begin.load() || address >= m.end.load()) continue;
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    // An address of the kernel's. NOLINTNEXTLINE(performance-no-int-to-ptr)
    void* at = reinterpret_cast<void*>(address / page * page);
    constexpr int kZeros = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(at, page, PROT_READ, kZeros, -1, 0) == MAP_FAILED) return false;
    m.lost.load()->store(true, std::memory_order_release);
    return true;
  }
  return false;
}

void on_bus_error(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const int error = errno;
  const bool mended = mend(reinterpret_cast<std::uintptr_t>(info->si_addr));
  errno = error;
  // Not ours: it happens again and meets who was there before.
  if (!mended) sigaction(SIGBUS, &g_before, nullptr);
}

void install_handler() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, &g_before) == 0;
  }();
  static_cast<void>(installed);
}

bool enter(std::uintptr_t begin, std::size_t size, std::atomic<bool>* lost) {
  for (Mended& m : g_mended) {
    std::atomic<bool>* free = nullptr;
    if (!m.lost.compare_exchange_strong(free, lost)) continue;
    m.begin.store(begin);
    m.end.store(begin + size);
    return true;
  }
  return false;
}

void leave(std::uintptr_t begin) {
  for (Mended& m : g_mended) {
    if (m.begin.load() != begin) continue;
    m.end.store(0);
    m.begin.store(0);
    m.lost.store(nullptr);
    return;
  }
}

}  // namespace

std::shared_ptr<const Mapping> Mapping::make(int fd, std::uint64_t offset, std::size_t size,
                                             std::shared_ptr<std::atomic<bool>> lost) {
  install_handler();
  void* at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (at == MAP_FAILED) return nullptr;
  const auto begin = reinterpret_cast<std::uintptr_t>(at);
  if (madvise(at, size, MADV_POPULATE_READ) != 0 || !enter(begin, size, lost.get())) {
    munmap(at, size);
    return nullptr;
  }
  return std::shared_ptr<const Mapping>(
      new Mapping(static_cast<const std::uint8_t*>(at), size, std::move(lost)));
}

Mapping::~Mapping() {
  leave(reinterpret_cast<std::uintptr_t>(begin_));
  munmap(const_cast<std::uint8_t*>(begin_), size_);
}

}  // namespace t2
