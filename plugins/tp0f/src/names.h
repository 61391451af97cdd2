// SPDX-License-Identifier: Apache-2.0
// Classes, programs and versions with their numbers, and the guess from the TTL (spec tp0f 3, 4).
#pragma once

#include <cstdint>
#include <string_view>

namespace t2::tp0f {

/// A system by its numbers.
struct System {
  std::uint8_t os_class = 0, program = 0, version = 0;
};

std::string_view class_name(std::uint8_t number);
std::string_view program_name(std::uint8_t number);
std::string_view version_name(std::uint8_t number);
/// 0 for a name without number.
std::uint8_t class_number(std::string_view name);
std::uint8_t program_number(std::string_view name);
std::uint8_t version_number(std::string_view name);

struct TtlGuess {
  std::uint8_t initial = 0;   // 0: below all usual ones
  std::uint8_t distance = 0;  // routers passed
  System system;
};
TtlGuess guess_from_ttl(std::uint8_t ttl, std::uint8_t l4_protocol);

/// What the window of a SYN adds to the guess.
void refine_by_window(TtlGuess& guess, std::uint16_t window);

}  // namespace t2::tp0f
