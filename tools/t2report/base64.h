// SPDX-License-Identifier: Apache-2.0
// What carries bytes from the network through HTML: letters, digits, + and / only (RFC 4648, 4).
#pragma once

#include <string>
#include <string_view>

namespace t2::report {

std::string base64(std::string_view bytes);
/// gzip (RFC 1952) with time 0, so that the same text gives the same bytes.
std::string gzip(std::string_view text);

}  // namespace t2::report
