// SPDX-License-Identifier: Apache-2.0
// Credentials of the scheme Basic (RFC 7617): in clear but for their Base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace t2::http {

struct BasicLogin {
  std::string user, password;
};

/// Of the value of Authorization or Proxy-Authorization; nothing if the scheme is another one or
/// the rest is no Base64.
std::optional<BasicLogin> basic_login(std::string_view value);

}  // namespace t2::http
