// SPDX-License-Identifier: Apache-2.0
// Cells of a flow table as values. A table may come from anybody: what is no number is 0, what is
// too long is cut, nothing is trusted.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "t2/types.h"

namespace t2::report {

/// Decimal digits at the start; 0 if there are none or the number does not fit.
std::uint64_t number_of(std::string_view cell);
/// "0x..." up to 64 bits.
std::uint64_t bits_of(std::string_view cell);
/// "1168195766.764244000": seconds and up to nine digits behind the point.
Nanoseconds time_of(std::string_view cell);
/// 0 if it is no finite number.
double real_of(std::string_view cell);
/// The first of a repeated column ("a;b").
std::string_view first_of(std::string_view cell);
/// The strings of a repeated string column ("a";"b"), without their quotes.
std::vector<std::string_view> strings_of(std::string_view cell);
/// Cuts at each `separator`; at most `most` cells, what follows is dropped.
void split(std::string_view line, char separator, std::size_t most,
           std::vector<std::string_view>& cells);
/// RFC 1918, RFC 4193, loopback, link-local; by the printed address.
bool is_private(std::string_view address);
/// Multicast, broadcast, unspecified.
bool is_group(std::string_view address);

}  // namespace t2::report
