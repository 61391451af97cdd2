// SPDX-License-Identifier: Apache-2.0
// What the run wrote about itself beside the flow table: PREFIX_headers.txt, PREFIX_log.txt,
// PREFIX_report.json, PREFIX_timeBins.txt.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "packet_bins.h"

namespace t2::report {

struct RunFacts {
  std::string date, program, command, hardware, software, sensor;
  std::vector<std::pair<std::string, std::string>> plugins;  // name, version
  struct Column {
    std::string name, type, doc;
  };
  std::vector<Column> columns;
  std::vector<std::string> log;  // lines of the run and its end report
  // Of the end report as JSON, by group ("packets") and name; empty without it.
  std::map<std::string, std::map<std::string, std::uint64_t>> counts;
  std::uint64_t inputs_refused = 0;
  std::string ended;  // "input", "signal", "error"; empty if there is no such report
  std::string headers_file, log_file;  // names, if there are such files
  PacketBins bins;
  bool has_packets = false;  // PREFIX_packets.txt (t2 -s)
};

/// `flows` is the path of the flow table, `separator` that of its cells; what is not there stays
/// empty.
RunFacts read_facts(const std::string& flows, char separator = '\t');

/// PREFIX of PREFIX_flows.txt (or _flows.txt.gz, .zst, _flows); the whole path if it does not end
/// so.
std::string prefix_of(const std::string& flows);

}  // namespace t2::report
