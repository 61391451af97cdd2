// SPDX-License-Identifier: Apache-2.0
// Saver: the folder of carved files and the manifest beside them (JSON lines: one object for the
// run, then one per file).
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "content.h"
#include "ftpDecode.h"
#include "t2/carve.h"
#include "t2/plugin.h"

namespace t2::ftp {

class Saver {
 public:
  Saver(const Config& config, const Services& services) : config_(config), services_(services) {}
  ~Saver();

  /// Whether prepare() can be expected to work; changes nothing.
  Result<void> check() const;
  /// Makes or empties the folder and begins the manifest. Nothing is carved if it fails.
  void prepare();

  /// Null if the file cannot be made.
  std::unique_ptr<CarveFile> create_content(const std::string& name);
  std::unique_ptr<CarveFile> create_transcript(const std::string& name);
  void write_record(const FileRecord& r);
  /// After the last flow: completes the manifest.
  void finish();

  std::uint64_t files() const { return content_files_; }
  /// What went wrong first, for the end report; empty if nothing did.
  const std::string& error() const { return error_.empty() ? folder_.error() : error_; }

 private:
  struct Capture {
    std::string path;
    std::uint64_t place = 0;  // of the digest in the manifest
    std::future<std::optional<Sha256>> digest;
  };

  CarveOptions options() const;
  void begin_manifest();
  void append_line(const std::string& line);
  void hash_captures();

  const Config& config_;
  const Services& services_;
  CarveFolder folder_;
  std::unique_ptr<CarveFile> manifest_;
  std::vector<Capture> captures_;
  std::string error_;
  std::uint64_t content_files_ = 0;
  bool hashing_ = false;
};

}  // namespace t2::ftp
