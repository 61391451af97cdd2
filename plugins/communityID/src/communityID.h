// SPDX-License-Identifier: Apache-2.0
// communityID: the Community ID of each flow, by which other tools' records of it are found.
#pragma once

#include "t2/settings.h"

namespace t2::community_id {

// clang-format off

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  Int COMMUNITYID_SEED{this, "COMMUNITYID_SEED", 0, {0, 65535}, "seed of the hash; the same as in the tools to join with"};
};

/* ========================================================================== */
/* ------------------------- DO NOT EDIT BELOW HERE ------------------------- */
/* ========================================================================== */

// clang-format on

}  // namespace t2::community_id
