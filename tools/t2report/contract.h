// SPDX-License-Identifier: Apache-2.0
// The data of a report as JSON: docs/report.md describes the keys ("Data contract"). Unknown keys
// are to be ignored; a key that goes or changes its meaning raises kContract.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis.h"
#include "common/catalogue.h"
#include "evidence.h"
#include "facts.h"
#include "findings/finding.h"
#include "options.h"

namespace t2::report {

inline constexpr int kContract = 1;

struct TableFile {
  std::string name, sha256;
  std::uint64_t rows = 0;
};

/// Everything a report is made from.
struct Case {
  const Options& options;
  const Analysis& analysis;
  const Evidence& evidence;
  const RunFacts& facts;
  const tools::Catalogue* catalogue;  // null: no texts of columns and bits
  std::string folder;                 // of carved files, as the reader should find it
  std::string table_path;             // as the reader should name it
  std::vector<Finding> findings;
  std::vector<TableFile> tables;
};

struct Chunks {
  std::string core, flows, wide, media;  // wide, media: may be empty
};
Chunks write_chunks(const Case& c);
/// The chunks as one JSON value.
std::string join_chunks(const Chunks& chunks);

/// "ftp-dpic.pcap", "27 captures", or what --title says.
std::string title_of(const Case& c);
/// Whether every column of each embedded row goes in.
bool has_wide(const Case& c);

}  // namespace t2::report
