// SPDX-License-Identifier: Apache-2.0
// Whether the capture can be trusted: what limits its proof, in words.
#pragma once

#include <string>
#include <vector>

#include "contract.h"

namespace t2::report {

struct Trust {
  enum class State : std::uint8_t { kYes, kLook, kUnknown } state = State::kYes;
  std::string title, text, filter;
};
std::vector<Trust> trust_of(const Case& c);

}  // namespace t2::report
