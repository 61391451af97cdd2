// SPDX-License-Identifier: Apache-2.0
// Manifest, format 2 (JSON lines): a record for the run, one per content and per direction of a
// control connection, one at the end. docs/ftp.md shows and explains it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ftpDecode.h"
#include "record.h"
#include "t2/captures.h"
#include "t2/carve.h"
#include "t2/json.h"
#include "t2/plugin.h"

namespace t2::ftp {

/// What the end record says besides.
struct RunEnding {
  std::vector<std::optional<Sha256>> digests;  // of the captures, in their order
  std::uint64_t not_kept = 0;                  // bytes held back and dropped for lack of room
};

class Manifest {
 public:
  Manifest(const Config& config, Services& services, CarveFolder& folder)
      : config_(config), services_(services), folder_(folder) {}

  /// Makes the file, under the next free name, and writes the record of the run. False if it cannot
  /// be made.
  bool begin();
  bool is_open() const { return file_ != nullptr; }
  /// The record's files are written and hashed.
  void write(const FileRecord& r);
  void finish(const RunEnding& ending);

 private:
  void run_record();
  void content_record(const FileRecord& r);
  void control_record(const FileRecord& r);

  void add_file(JsonWriter& j, const FileRecord& r) const;
  void add_missing(JsonWriter& j, const FileRecord& r) const;
  void add_verdict(JsonWriter& j, const FileRecord& r) const;
  void add_transfer(JsonWriter& j, const FileRecord& r) const;
  void add_logins(JsonWriter& j, const FileRecord& r) const;
  void add_place(JsonWriter& j, const FileRecord& r) const;
  void add_moment(JsonWriter& j, std::string_view key, const Moment& m) const;
  void add_captures(JsonWriter& j, const RunEnding& ending) const;
  void add_user(JsonWriter& j, std::string_view user) const;
  void append(JsonWriter& j);

  const Config& config_;
  Services& services_;
  CarveFolder& folder_;
  std::unique_ptr<CarveFile> file_;
  std::uint64_t contents_ = 0, complete_ = 0;
};

/// The members "packet", "time", and, where it is known, "capture" and "in_capture".
void put_moment(JsonWriter& j, const Moment& m, const Services& services);

}  // namespace t2::ftp
