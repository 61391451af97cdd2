// SPDX-License-Identifier: Apache-2.0
// Interim reports on SIGUSR1 or every -M seconds, for people or for machines (spec core 10).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/end_report.h"

namespace t2 {

/// What a monitoring report says beyond the counters.
struct MonitorInput {
  ReportInput report;
  std::string file = {};              // being processed
  std::uint64_t read = 0, total = 0;  // bytes of input; total 0: unknown
  Nanoseconds elapsed = 0;            // wall clock
  Nanoseconds now = 0;                // wall clock
  std::uint32_t sensor_id = 0;
  int pid = 0;
};

/// One instance per run: keeps the last values for differences and whether the header row was
/// written.
class MonitorReport {
 public:
  MonitorReport(bool machine, bool differences) : machine_(machine), differences_(differences) {}
  void print(Console& out, const MonitorInput& in);

 private:
  void print_for_people(Console& out, const MonitorInput& in);
  void print_for_machines(Console& out, const MonitorInput& in);

  bool machine_, differences_;
  bool header_printed_ = false;
  std::vector<std::uint64_t> last_;
};

}  // namespace t2
