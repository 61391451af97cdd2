// SPDX-License-Identifier: Apache-2.0
// What the command line asks for, checked for form but not yet for sense.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/open.h"
#include "engine/many_lanes.h"
#include "output/prefix.h"
#include "settings/resolver.h"

namespace t2 {

struct RunOptions {
  InputOptions input;
  bool has_input = false;
  std::string filter_file;                 // -F
  std::string output;                      // -w; "-" for standard output, empty: beside the input
  std::optional<SplitOption> split;        // -W
  std::string carve_folder;                // --carve; empty: as the plugins' settings say
  bool log_file = false;                   // -l
  bool monitor_file = false;               // -m
  bool packets = false;                    // -s
  std::string plugin_folder;               // -p
  std::string plugin_list;                 // -b
  std::string index_file;                  // -e, read by plugin pcapd alone
  std::uint64_t hash_factor = 1;           // -f
  std::uint32_t sensor_id = 666;           // -x
  std::optional<unsigned> jobs;            // -j; 0: as many as CPUs; none: usual_threads()
  std::optional<int> cpu;                  // -c
  std::optional<int> priority;             // -P
  std::optional<double> monitor_interval;  // -M, seconds
  std::vector<Override> overrides;         // --set
  std::string user;                        // --user
  bool describe = false;                   // --describe
  std::string command_line;
  // For tests, in place of what -j and -f say: the lanes; so many directions, 0: as -f says.
  std::optional<LaneOptions> lanes;
  std::uint64_t capacity = 0;
  TaskTrace* trace = nullptr;  // of this run
};

}  // namespace t2
