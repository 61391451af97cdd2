// SPDX-License-Identifier: Apache-2.0
// What the first bytes of a carved file say that it is, and whether a browser may be given it as a
// picture: JPEG, PNG and GIF only, by their own headers, of a size that cannot hurt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace t2::report {

enum class Danger : std::uint8_t { kNone, kProgram, kMacros };

struct Kind {
  std::string name;         // "JPEG picture", "text", "data"
  const char* media = "";   // image/jpeg, image/png, image/gif; else empty
  const char* family = "";  // what extensions are compared with: "jpg", "zip", "exe"; else empty
  Danger danger = Danger::kNone;
  bool text = false;
};

/// `head`: the first kHead bytes, or all if there are fewer.
inline constexpr std::size_t kHead = 4096;
Kind kind_of(std::string_view head);

/// False if the name's extension promises something else than `kind` is, or an ordinary file hides
/// a program. Unknown extensions and unknown contents promise nothing.
bool name_fits(std::string_view name, const Kind& kind);

struct PictureSize {
  std::uint32_t width = 0, height = 0;
};
/// Of a whole JPEG, PNG or GIF file; empty if the header is damaged.
std::optional<PictureSize> picture_size(std::string_view file);
inline constexpr std::uint64_t kMostPixels = 40'000'000;
inline constexpr std::size_t kLargestPicture = 512 * 1024;

}  // namespace t2::report
