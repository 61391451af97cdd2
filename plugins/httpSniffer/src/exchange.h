// SPDX-License-Identifier: Apache-2.0
// Exchange: a request, as who reads streams keeps it until its response has come.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "item.h"

namespace t2::http {

/// Credentials that requests of a connection carried in clear.
struct Login {
  std::string user, password;
  std::uint16_t code = 0;  // of the last response to it; 0: none was seen
};
using Logins = std::vector<Login>;

/// Never crosses to the part that saves: its logins change.
struct Exchange {
  RequestPtr request;              // null: it is not known
  std::shared_ptr<Logins> logins;  // null: it carried no credentials, or none that are kept
  std::size_t login = 0;           // which of them

  void answer(unsigned code) const {
    if (logins != nullptr) (*logins)[login].code = static_cast<std::uint16_t>(code);
  }
  /// Bytes that it takes in memory, about.
  std::size_t footprint() const {
    return sizeof *this + (request != nullptr ? request->footprint() : 0);
  }
};

}  // namespace t2::http
