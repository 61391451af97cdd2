// SPDX-License-Identifier: Apache-2.0
// Classes of media types, as the columns count them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace t2::http {

enum class MimeClass : std::uint8_t {
  kImage,
  kVideo,
  kAudio,
  kMessage,
  kText,
  kApplication,
  kUnknown,
};
inline constexpr std::size_t kMimeClasses = 7;
using ClassSet = std::array<bool, kMimeClasses>;

/// `type`: in lower case, without parameters.
MimeClass mime_class(std::string_view type);

}  // namespace t2::http
