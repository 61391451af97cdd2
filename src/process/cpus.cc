// SPDX-License-Identifier: Apache-2.0
#include "process/cpus.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "t2/words.h"

namespace t2 {
namespace {

/// A hierarchy's own path within /sys/fs/cgroup, as cgroup v2 tells it: "0::/path".
std::string own_group() {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return {};
}

}  // namespace

std::optional<unsigned> cpu_limit(std::string_view cpu_max) {
  const auto words = split(trimmed(cpu_max, "\n"), " ");
  std::uint64_t quota = 0, period = 0;
  if (words.size() != 2 || !parse_whole(words[0], quota) || !parse_whole(words[1], period)) {
    return std::nullopt;
  }
  if (quota == 0 || period == 0) return std::nullopt;
  return static_cast<unsigned>((quota + period - 1) / period);
}

unsigned usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  unsigned cpus = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    cpus = std::max(1U, static_cast<unsigned>(CPU_COUNT(&set)));
  }
  // A group's limit holds for those in it, too.
  for (std::string group = own_group(); !group.empty();) {
    std::ifstream in("/sys/fs/cgroup" + group + "/cpu.max");
    std::string line;
    if (std::getline(in, line)) cpus = std::min(cpus, cpu_limit(line).value_or(cpus));
    if (group == "/") break;
    group.erase(std::max<std::size_t>(1, group.rfind('/')));
  }
  return cpus;
}

}  // namespace t2
