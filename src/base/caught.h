// SPDX-License-Identifier: Apache-2.0
// caught(): what the exception being handled says. Plugins may throw anything.
#pragma once

#include <exception>
#include <string>

namespace t2 {

/// Only in a catch block.
inline std::string caught() {
  try {
    throw;
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception without text";
  }
}

}  // namespace t2
