// SPDX-License-Identifier: Apache-2.0
// The command line of t2report.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evidence.h"
#include "t2/result.h"

namespace t2::report {

struct Options {
  std::vector<std::string> captures;  // -r; empty: a table
  std::string capture_list;           // -R
  std::string table;
  std::string output;    // -o; "-": standard output
  std::string carved;    // --carved DIR: where to carve to, or where the files lie
  bool carve = true;     // --no-carving
  bool packets = false;  // t2 -s, for tawk -x
  bool json = false;
  std::size_t rows = 100'000;  // most conversations embedded in full
  enum class Columns { kAuto, kCore, kAll } columns = Columns::kAuto;
  std::size_t max_size = 20'000'000;
  EvidenceOptions evidence;
  std::string title, note;
  std::size_t top = 2'000;  // hosts named in a sample
  bool help = false, version = false;
};

/// Conversations, thus some 20,000 rows.
inline constexpr std::size_t kConversationsWithAllColumns = 10'000;

Result<Options> parse_options(const std::vector<std::string>& words);
extern const char* const kUsage;

}  // namespace t2::report
