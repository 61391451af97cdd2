// SPDX-License-Identifier: Apache-2.0
// Sink: a plugin that writes rows somewhere. It sees typed values and the schema, never the plugins
// that made them. All functions run on the writing thread, one after the other.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t2/columns.h"
#include "t2/result.h"

namespace t2 {

class Settings;

/// The columns of one table in output order.
struct Schema {
  std::vector<Column> columns;
};

/// One encoded row. A sink may not keep it, nor any view into it, after the call.
struct RowView {
  Bytes bytes;
};

/// Takes a row apart in column order; the counterpart of RowWriter. The core made the row, so sizes
/// are trusted.
class RowReader {
 public:
  explicit RowReader(RowView row) : at_(row.bytes.data()) {}

  template <class T>
  T scalar() {
    T v;
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  std::string_view text() {
    const auto n = scalar<std::uint32_t>();
    std::string_view v(reinterpret_cast<const char*>(at_), n);
    at_ += n;
    return v;
  }

 private:
  const std::uint8_t* at_;
};

/// What the size of a part of the flow file counts; seconds: from its first row, by the clock.
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
  /// Services::captures.
  std::vector<std::string> captures;
  std::string plugin_folder;  // where plugins and their data files lie, with trailing slash
  std::uint32_t sensor_id = 666;
  std::vector<std::pair<std::string, std::string>> plugins;  // name, version
  /// Every setting by NAME as in `--set NAME.FLAG=VALUE`: core, text formats, plugins.
  std::vector<std::pair<std::string, const Settings*>> settings;
};

/// Opens a file for the rows or lines of this run, empty; the caller owns the descriptor. What
/// looks like a capture is not overwritten, for it may be the one that is read; what belongs to
/// another user, link, pipe or file, is not written to (SECURITY.md), root's and one's own are. The
/// file is locked as long as the descriptor is open, so that two runs never write one table.
Result<int> create_output(const std::string& path, OutputAccess access);
/// The same as a stream, which the caller closes.
Result<std::FILE*> create_output_stream(const std::string& path, OutputAccess access);
/// Writes all of `rows`, whole lines, to a file at its end. When that fails (disk full), the file
/// is cut back to the last whole line that fits, so that what is there stays readable. `name` is
/// for the message.
Result<void> write_rows(int fd, const std::string& name, std::string_view rows);
/// An error if the file behind the descriptor has been deleted: its rows are lost.
Result<void> check_linked(int fd, const std::string& name);

class Sink {
 public:
  virtual ~Sink() = default;

  /// Before the first row. Nothing may be written before all sinks and plugins agreed to start.
  virtual Result<void> open(const RunInfo& run, const Schema& flows) = 0;
  /// The next row: one direction of an ended flow. An error stops the run; the message names the
  /// file.
  virtual Result<void> row(RowView row) = 0;
  /// Makes the rows so far visible to readers. Called after every few hundred kilobytes of rows.
  virtual Result<void> flush() = 0;
  /// After the last row: flush and close. Rows must be on disk when it returns.
  virtual Result<void> close() = 0;
};

}  // namespace t2
