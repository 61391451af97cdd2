// SPDX-License-Identifier: Apache-2.0
#include "engine/progress.h"

#include <fmt/format.h>

#include "base/format.h"

namespace t2 {

void Progress::update(Clock::time_point now, std::uint64_t read, std::uint64_t total,
                      std::uint64_t packets, const std::optional<CarvedSoFar>& carved) {
  if (now < next_ || !console_.interactive()) return;
  next_ = now + std::chrono::milliseconds(250);
  const double elapsed = std::chrono::duration<double>(now - started_).count();
  std::string files;
  if (carved) {
    files = fmt::format(" {} contents of {} bytes carved,", with_suffix(carved->contents),
                        with_suffix(carved->bytes));
  }
  if (total == 0 || read == 0) {
    console_.progress(fmt::format("{} packets,{} {:.0f} s", with_suffix(packets), files, elapsed));
    return;
  }
  const double done = static_cast<double>(read) / static_cast<double>(total);
  console_.progress(fmt::format("{:5.1f}%  {} packets,{} {:.0f} s left", 100 * done,
                                with_suffix(packets), files, elapsed * (1 - done) / done));
}

}  // namespace t2
