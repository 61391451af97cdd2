// SPDX-License-Identifier: Apache-2.0
// Paths on the server and what replies say of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace t2::ftp {

/// `path` seen from the directory `base`; "." and ".." are resolved. A base that is not known is
/// "": then a relative path stays relative ("./x"). Windows paths ("C:\x") count as absolute.
std::string resolve(std::string_view base, std::string_view path);

/// A working directory.
class Folder {
 public:
  const std::string& path() const { return path_; }
  /// Makes it what resolve() gives for it and `path`.
  void enter(std::string_view path);
  /// What somebody else called it.
  void set(std::string path) {
    path_ = std::move(path);
    resolved_ = false;
  }

 private:
  std::string path_;
  bool resolved_ = true;
};

/// The directory in a 257 reply: quoted, doubled quotes stand for one (RFC 959 appendix II).
std::optional<std::string> quoted_path(std::string_view text);

/// What a 150 or 125 reply says of the file.
struct OpeningText {
  std::string_view name;  // behind "for ", up to the bracket at the end; empty if none
  std::optional<std::uint64_t> length;  // "(64170 bytes)" at the end
};
OpeningText parse_opening(std::string_view text);

/// The number of a 213 reply to SIZE.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// The name that the server chose for STOU: "FILE: x" (RFC 1123 4.1.2.9), or "(Unique file name:
/// x)".
std::optional<std::string_view> unique_name(std::string_view text);

}  // namespace t2::ftp
