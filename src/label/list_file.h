// SPDX-License-Identifier: Apache-2.0
// Text lists of networks: the reference's format (tab separated, spec basicFlow C.2), or comma
// separated `prefix_or_range,cc,org[,asn[,lat,lng,radius]]` (D.2).
#pragma once

#include <string>

#include "label/pool.h"
#include "label/ranges.h"
#include "t2/result.h"

namespace t2 {

/// Appends the file's networks to `ranges`. An error names the line.
Result<void> read_list(const std::string& path, LabelPool& pool, RangeTable& ranges);

/// `10.0.0.0/8`, `10.0.0.0-10.255.255.255` or one address.
bool parse_range(std::string_view text, AddressNumber& first, AddressNumber& last);

}  // namespace t2
