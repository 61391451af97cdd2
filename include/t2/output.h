// SPDX-License-Identifier: Apache-2.0
// Where output goes: what a run was asked for (-w, -W), and the files that sinks write. They are
// made the same way whoever makes them: nothing of others is overwritten, nothing is written twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t2/report.h"
#include "t2/result.h"
#include "t2/text_buffer.h"

namespace t2 {

class Settings;

/// What the size of a part of a table counts; seconds: from its first row, by the clock.
enum class SplitUnit : std::uint8_t { kBytes, kRows, kSeconds };

/// Who may read the files of a run: whom the umask lets, or their owner alone, because a plugin
/// shows credentials (Plugin::shows_credentials).
enum class OutputAccess : std::uint8_t { kUmask, kOwner };

/// The run as a header file describes it.
struct RunInfo {
  std::string prefix;  // output prefix, directories made already; empty: no files (-w -)
  OutputAccess access = OutputAccess::kUmask;
  bool flows_to_stdout = false;  // -w -
  bool split = false;            // -W
  double split_size = 5e8;       // of a part, in units of ...
  SplitUnit split_unit = SplitUnit::kBytes;
  std::uint64_t split_start = 0;
  std::string command_line;
  std::string interface;  // live capture, else empty
  std::string filter;     // tcpdump expression, empty for none
  /// Capture files known before the first packet (-r, those of the list -R); see
  /// RunFacts::captures.
  std::vector<std::string> captures;
  std::string plugin_folder;  // where plugins and their data files lie, with trailing slash
  std::uint32_t sensor_id = 666;
  std::vector<std::pair<std::string, std::string>> plugins;  // name, version
  /// Every setting by NAME as in `--set NAME.FLAG=VALUE`: core, text formats, plugins.
  std::vector<std::pair<std::string, const Settings*>> settings;
};

/// What becomes of what a file holds already.
enum class Existing : std::uint8_t { kGoes, kStays };

/// Opens a file for the rows or lines of this run, empty unless `kStays`; the caller owns the
/// descriptor. What looks like a capture is not overwritten, for it may be the one that is read;
/// what belongs to another user, link, pipe or file, is not written to (SECURITY.md), root's and
/// one's own are. The file is locked as long as the descriptor is open, so that two runs never
/// write one table.
Result<int> create_output(const std::string& path, OutputAccess access,
                          Existing existing = Existing::kGoes);
/// The same as a stream, which the caller closes.
Result<std::FILE*> create_output_stream(const std::string& path, OutputAccess access);

enum class Compression : std::uint8_t { kNone, kGzip, kZstd };
/// ".gz", ".zst" or nothing.
std::string_view suffix_of(Compression c);

class Packer;

/// A file, compressed or not, or standard output, written in large pieces.
class OutputFile {
 public:
  OutputFile();
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Makes or overwrites the file; "-" is standard output.
  Result<void> open(const std::string& path, Compression compression, OutputAccess access);
  /// Writes whole lines at the end of the file. When that fails (disk full), a plain file is cut
  /// back to the last whole line that fits, so that what is there stays readable.
  Result<void> write(std::string_view lines);
  /// Overwrites bytes at the start of a plain file.
  Result<void> write_at_start(std::string_view data);
  /// An error, too, if the file was deleted meanwhile: its rows are lost.
  Result<void> close();

  /// Of the open file, for as long as it is open.
  int descriptor() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  /// Whether write_at_start() works.
  bool seekable() const { return seekable_; }
  /// Bytes written, before compression.
  std::uint64_t bytes() const { return bytes_; }

 private:
  Error failure() const;

  std::string name_;                // for messages
  std::unique_ptr<Packer> packer_;  // null: not compressed
  int fd_ = -1;
  bool seekable_ = false;
  std::uint64_t bytes_ = 0;
};

/// What a RowFile is made of.
struct RowFileOptions {
  std::string suffix;  // behind the prefix, as "_flows.txt"
  Compression compression = Compression::kNone;
  bool split = true;      // in parts, if -W asks for them
  bool to_stdout = true;  // these are the rows that -w - means
};

/// The text rows of one table: a file, the parts of -W, or standard output.
class RowFile {
 public:
  RowFile() = default;
  ~RowFile();
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  /// Opens the first file. `run` outlives the file.
  Result<void> open(const RunInfo& run, RowFileOptions options);
  /// What stands before the rows of the first file, and of each further part. After open().
  void head(std::string_view first, std::string_view further);
  /// The next rows; a part ends behind a row.
  Result<void> write(const RowText& rows);
  /// What stands before the rows, if nothing was written yet.
  Result<void> flush();
  /// Closes the file; the lock on all parts is held until then.
  Result<void> close();
  Result<void> write_at_start(std::string_view data) { return file_.write_at_start(data); }
  /// Whether parts of an earlier run, numbered as if this one had gone on, are left.
  void report(Report& r) const;

  bool is_open() const { return file_.is_open(); }
  /// Whether write_at_start() works on the whole table.
  bool seekable() const { return file_.seekable(); }
  /// Whether there are parts.
  bool split() const { return split_; }
  std::uint64_t rows() const { return rows_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::string path() const;
  Result<void> open_part();
  Result<void> put(std::string_view rows);
  Result<void> write_parts(const RowText& rows);
  Result<void> end_part();
  bool part_full(std::size_t waiting) const;
  void find_stale_parts();
  void release();

  const RunInfo* run_ = nullptr;
  RowFileOptions options_;
  bool split_ = false, to_stdout_ = false;
  OutputFile file_;
  int first_part_ = -1;         // its lock is that of all parts
  std::string head_, further_;  // what stands before the rows: still to be written, of later parts
  std::uint64_t part_ = 0, part_rows_ = 0, rows_ = 0, next_part_ = 0, stale_parts_ = 0;
  Clock::time_point part_started_;
};

}  // namespace t2
