// SPDX-License-Identifier: Apache-2.0
// Where a data connection goes: the host-port forms of PORT and PASV (RFC 959), EPRT and EPSV
// (RFC 2428), LPRT and LPSV (RFC 1639). All numbers are decimal; octets above 255 and port 0 are
// refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "t2/types.h"

namespace t2::ftp {

struct HostPort {
  IpAddress address;       // family none: not given
  std::uint16_t port = 0;  // never 0
};

/// "h1,h2,h3,h4,p1,p2": the parameter of PORT.
std::optional<HostPort> parse_port(std::string_view argument);
/// The same anywhere in the text of a 227 reply, with or without brackets.
std::optional<HostPort> parse_227(std::string_view text);
/// "|1|192.0.2.1|6275|" with any delimiter: the parameter of EPRT. IPv4-mapped addresses become
/// IPv4.
std::optional<HostPort> parse_eprt(std::string_view argument);
/// "(|||6446|)" in the text of a 229 reply; the address is optional, the brackets too.
std::optional<HostPort> parse_229(std::string_view text);
/// "af,hal,h1,...,pal,p1,...": the parameter of LPRT.
std::optional<HostPort> parse_lprt(std::string_view argument);
/// The same anywhere in the text of a 228 reply.
std::optional<HostPort> parse_228(std::string_view text);

/// Nobody can listen there: unspecified, multicast, broadcast.
bool is_unusable(const IpAddress& a);

}  // namespace t2::ftp
