// SPDX-License-Identifier: Apache-2.0
// Columns of the embedded table as JSON that compresses well and is quick to read: differences,
// dictionaries, only what differs from the usual (data contract, "column").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "t2/json.h"

namespace t2::report {

/// Numbers that JavaScript holds exactly: below 2^53. Larger ones are cut to the largest.
inline constexpr std::uint64_t kLargestNumber = (std::uint64_t{1} << 53) - 1;

/// As they are, or sparse if most of them are the same.
void write_numbers(JsonWriter& out, std::string_view name, const std::vector<std::uint64_t>& v);
/// The first value, then differences.
void write_steps(JsonWriter& out, std::string_view name, const std::vector<std::int64_t>& v);
/// "0x..." in a dictionary: 64 bits do not fit a number.
void write_bits(JsonWriter& out, std::string_view name, const std::vector<std::uint64_t>& v);
/// Texts in a dictionary.
void write_texts(JsonWriter& out, std::string_view name, const std::vector<std::string_view>& v);
/// With four digits.
void write_reals(JsonWriter& out, std::string_view name, const std::vector<double>& v);

}  // namespace t2::report
