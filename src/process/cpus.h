// SPDX-License-Identifier: Apache-2.0
// How many processors this process may use.
#pragma once

#include <optional>
#include <string_view>

namespace t2 {

/// By its affinity and the limit of its control group (cgroup v2, cpu.max); at least 1.
unsigned usable_cpus();

/// What a file cpu.max ("QUOTA PERIOD", both in microseconds, or "max PERIOD") allows, rounded up;
/// none if it sets no limit.
std::optional<unsigned> cpu_limit(std::string_view cpu_max);

}  // namespace t2
