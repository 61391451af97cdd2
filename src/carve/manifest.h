// SPDX-License-Identifier: Apache-2.0
// Manifest, format 2 (JSON lines): a record for the run, one per content and per direction of a
// connection that talks, one at the end. docs/ftp.md shows and explains it, docs/spec/manifest.md
// defines it; Leftovers reads it back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carve/folder.h"
#include "t2/captures.h"
#include "t2/content.h"
#include "t2/plugin.h"

namespace t2 {

/// What the end record says besides.
struct RunEnding {
  std::vector<std::optional<Sha256>> digests;  // of the captures, in their order
  std::uint64_t not_kept = 0;                  // bytes held back and dropped for lack of room
};

/// "input", "signal", "error".
std::string_view ended_by(RunEnd e);

class Manifest {
 public:
  Manifest(const RunFacts& run, CarveFolder& folder) : run_(run), folder_(folder) {}

  /// Makes the file, under the next free name, and writes the record of the run. False if it cannot
  /// be made.
  bool begin(const std::string& wanted, std::string_view plugin);
  bool is_open() const { return file_ != nullptr; }
  /// The record's files are written and hashed.
  void write(const ContentRecord& r);
  void finish(const RunEnding& ending);
  std::uint64_t contents() const { return contents_; }
  std::uint64_t complete() const { return complete_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void run_record(std::string_view plugin);

  static void add_file(JsonWriter& j, const ContentRecord& r);
  static void add_lines(JsonWriter& j, const ContentRecord& r);
  static void add_missing(JsonWriter& j, const ContentRecord& r, const Claims& c);
  static void add_verdict(JsonWriter& j, const ContentRecord& r, const Claims& c);
  void add_place(JsonWriter& j, const ContentRecord& r) const;
  void add_moment(JsonWriter& j, std::string_view key, const Moment& m) const;
  void add_captures(JsonWriter& j, const RunEnding& ending) const;
  void append(JsonWriter& j);

  const RunFacts& run_;
  CarveFolder& folder_;
  std::unique_ptr<CarveFile> file_;
  std::uint64_t contents_ = 0, complete_ = 0, bytes_ = 0;
};

}  // namespace t2
