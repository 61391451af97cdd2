// SPDX-License-Identifier: Apache-2.0
// How a flow leaves its slab, all steps at once.
#pragma once

#include "flow/slab.h"

namespace t2 {

inline void release(Slab& slab, FlowSlot& f) {
  const std::uint32_t slot = f.slot;
  slab.retire(f);
  slab.destroy(f);
  slab.reuse(slot);
}

}  // namespace t2
