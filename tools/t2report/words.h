// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. The page's script has the same rules (page/words.js).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cells.h"

namespace t2::report {

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t n);
/// "64.2 kB", decimal units.
std::string size_words(std::uint64_t bytes);
/// "15 h 16 min", "2.1 s", "4 min", "18 days".
std::string span_words(Nanoseconds t);
/// "1 flow", "3 flows".
std::string counted(std::uint64_t n, std::string_view one, std::string_view many);
/// "a, b and c"; behind `most` "and 4 more".
std::string listed(const std::vector<std::string>& words, std::size_t most);
/// "2007-01-07 18:49:26" in UTC.
std::string time_words(Nanoseconds t);

}  // namespace t2::report
