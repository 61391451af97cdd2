// SPDX-License-Identifier: Apache-2.0
// Where output goes: -w and -W (spec core 1.5, 1.6).
#pragma once

#include <cstdint>
#include <string>

#include "t2/output.h"
#include "t2/result.h"

namespace t2 {

/// -W PREFIX[:SIZE][,START]
struct SplitOption {
  std::string prefix;
  double size = 5e8;
  SplitUnit unit = SplitUnit::kBytes;
  std::uint64_t start = 0;
};

Result<SplitOption> parse_split(const std::string& text);

bool is_directory(const std::string& path);
/// Like mkdir -p with mode 0700 for what is missing.
Result<void> make_directories(const std::string& path);
/// The folder that the file lies in.
std::string folder_of(const std::string& path);

/// The prefix that all file names begin with. `input` is the input's name: path, folder, interface
/// or
/// `-`. `wanted` is what -w gave; empty: beside the input. Makes missing directories.
Result<std::string> output_prefix(const std::string& wanted, const std::string& input);

}  // namespace t2
