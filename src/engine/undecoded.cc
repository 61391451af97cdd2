// SPDX-License-Identifier: Apache-2.0
#include "engine/undecoded.h"

#include <fmt/format.h>

#include "decode/decoder.h"

namespace t2 {

std::string describe_link_type(std::uint16_t link_type) {
  return fmt::format("{} [{}/{}]", link_type_description(link_type), link_type_name(link_type),
                     link_type);
}

std::string Undecoded::example() const {
  return describe_link_type(by_type_.begin()->first);
}

std::string Undecoded::warning() const {
  std::string types;
  for (const auto& [type, packets] : by_type_) {
    if (packets == 0) continue;
    if (!types.empty()) types += ", ";
    types += fmt::format("{} of {}", packets, describe_link_type(type));
  }
  if (types.empty()) return types;
  return fmt::format("{} packets have a link-layer type that is not supported: {}", packets_,
                     types);
}

}  // namespace t2
