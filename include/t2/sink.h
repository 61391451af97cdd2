// SPDX-License-Identifier: Apache-2.0
// Sink: a plugin that writes rows somewhere. It sees typed values and the schemas, never the
// plugins that made them. Where rows go to files, output.h has what that takes.
//
// A batch of rows comes to a sink in two steps: text() turns rows into text and changes nothing,
// so that it may run on any thread, for several batches at once; write() then gets the batches one
// after the other, in the order of the rows. A sink whose output is no text does all in write().
//
// What a sink promises:
// - Whole rows. Whatever happens, also a full disk or a signal, what it leaves is readable and ends
//   behind a row. The run's end by a signal is an ordinary end: close() is called.
// - Failure. An error of any function ends the run with its message, exit status 1. After it
//   nothing is written any more, but close() is called once, and should keep what is there.
//   Without an open() that succeeded there is no close(): the destructor tidies up.
// - Retry. Who sends rows to a service that fails now and then tries again inside write(), within a
//   limit of its own; the packets wait meanwhile, because the queue of batches is bounded.
// - Loss. A row is written once or the run ends with an error. A sink that may lose rows counts
//   them and says so in Plugin::report().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t2/output.h"
#include "t2/result.h"
#include "t2/row.h"
#include "t2/text_buffer.h"

namespace t2 {

/// The schemas of a run's tables.
struct Tables {
  const Schema& flows;
  const Schema* packets = nullptr;  // without -s
};

class Sink {
 public:
  virtual ~Sink() = default;

  /// Lines of the end report.
  virtual void report(Report&) const {}
  /// Whether rows of this table are to come to write(). Asked before open().
  virtual bool wants(Table table) const { return table == Table::kFlows; }
  /// Whether its flow rows go to standard output with -w -. At most one sink of a run may want it.
  virtual bool to_stdout() const { return true; }
  /// Before the first row; the schemas outlive the sink's use. Nothing may be written before all
  /// sinks and plugins agreed to start.
  virtual Result<void> open(const RunInfo& run, const Tables& tables) = 0;
  /// Makes text of rows, if the sink writes text; any thread.
  virtual void text(Table /*table*/, const Rows& /*rows*/, RowText& /*out*/) const {}
  /// The next rows, and what text() made of them. On the writing thread, as all functions below.
  virtual Result<void> write(Table table, const Rows& rows, const RowText& text) = 0;
  /// Makes the rows so far visible to readers. Called after every few hundred kilobytes of rows.
  virtual Result<void> flush() { return {}; }
  /// After the last row: flush and close. Rows must be on disk when it returns.
  virtual Result<void> close() = 0;
  /// Whether it keeps the end report; then finished() is called.
  virtual bool keeps_report() const { return false; }
  /// After close(), if nothing failed, on the program's first thread: the end report as it was
  /// printed.
  virtual Result<void> finished(std::string_view /*report*/) { return {}; }
};

}  // namespace t2
