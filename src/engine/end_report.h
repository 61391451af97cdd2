// SPDX-License-Identifier: Apache-2.0
// The report at the end of a run, and its lines for monitoring (spec core 9.3, 9.4).
#pragma once

#include <cstdint>
#include <functional>

#include "capture/source.h"
#include "decode/reassembly.h"
#include "engine/console.h"
#include "engine/report_writer.h"
#include "engine/totals.h"
#include "flow/tracker.h"
#include "plugin/plugin_set.h"
#include "stream/stream.h"

namespace t2 {

/// Everything a report is made from.
struct ReportInput {
  const RunTotals& totals;
  const FlowCounts& flows;
  std::uint64_t status = 0;    // aggregated flowStat
  std::uint64_t capacity = 0;  // of the flow table, in directions
  std::uint64_t max_live_flows = 0;
  std::uint64_t live_flows = 0;     // shown in monitoring reports only
  std::uint64_t capture_bytes = 0;  // size of the capture files; 0: not shown
  ReassemblyStats fragments = {};
  StreamUsage streams = {};
  const KernelStats* kernel = nullptr;                 // live capture
  const std::vector<LoadedPlugin>* plugins = nullptr;  // null: no plugin lines
  bool monitoring = false;
};

/// Lines 5i to 65 of spec core 9.3.
void print_counters(ReportWriter& report, const ReportInput& in);
/// Lines 1 and 2: when the dump stopped and how long it was.
void print_dump_end(ReportWriter& report, const RunTotals& totals);
/// "Percentage completed: 100.00%"
void print_percentage(Console& out, std::uint64_t read, std::uint64_t total);

/// Peak resident memory of this process in kB.
std::uint64_t peak_memory_kb();

}  // namespace t2
