// SPDX-License-Identifier: Apache-2.0
// caught(): what the exception being handled says. Plugins may throw anything.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <system_error>

namespace t2 {

/// Only in a catch block.
inline std::string caught() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::system_error& e) {
    // What the system says when there is no room for a thread's stack.
    const bool thread = e.code() == std::errc::resource_unavailable_try_again;
    return thread ? "out of memory, or of threads" : e.what();
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception without text";
  }
}

}  // namespace t2
