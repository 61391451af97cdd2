// SPDX-License-Identifier: Apache-2.0
// The options of the pipeline's parts, as the core settings ask for.
#pragma once

#include <cstdint>

#include "decode/datagrams.h"
#include "decode/decoder.h"
#include "flow/tracker.h"
#include "stream/expectations.h"
#include "stream/stream.h"
#include "t2/core_settings.h"

namespace t2 {

/// Flow directions that the table holds for each step of -f.
inline constexpr std::uint64_t kFlowsPerFactor = 1 << 18;

DecodeOptions decode_options(const CoreSettings& s);
ReassemblyOptions reassembly_options();
TrackerOptions tracker_options(const CoreSettings& s, std::uint64_t capacity);
StreamOptions stream_options(const CoreSettings& s);
ExpectationOptions expectation_options();

/// A number of seconds as a setting has it.
inline Nanoseconds from_seconds(double s) {
  return static_cast<Nanoseconds>(s * kSecond);
}

}  // namespace t2
