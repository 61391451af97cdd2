// SPDX-License-Identifier: Apache-2.0
// Traffic of many kinds with the sizes of real captures; what is in it stands in mixed.cc.
#pragma once

#include <cstdint>

#include "capture.h"

namespace traffic {

/// At least `packets` packets, always the same for the same number.
void make_mixed(Capture& out, std::uint64_t packets);

}  // namespace traffic
