// SPDX-License-Identifier: Apache-2.0
// t2 with any number of lanes, for tests:
//   t2_lanes SHARDS THREADS WINDOW BLOCK SEED CAPACITY T2-ARGUMENTS...
// With THREADS 0 one thread does everything, in an order that SEED chooses; with more of them and a
// SEED they pause at random. SHARDS 0 is the way of `t2 -j 1`. The file named by T2_TRACE gets what
// the threads did (engine/task_trace.h). CAPACITY: directions in the flow table, 0: as -f says.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "engine/run.h"
#include "process/standard.h"

int main(int argc, char** argv) {
  constexpr int kOwn = 6;
  if (argc < kOwn + 1) {
    std::fputs("Usage: t2_lanes SHARDS THREADS WINDOW BLOCK SEED CAPACITY T2-ARGUMENTS...\n",
               stderr);
    return 2;
  }
  const auto number = [&](int i) { return std::strtoul(argv[i], nullptr, 10); };
  t2::LaneOptions lanes;
  lanes.conductor.shards = static_cast<unsigned>(number(1));
  lanes.conductor.threads = static_cast<unsigned>(number(2));
  lanes.conductor.window = number(3);
  lanes.block_packets = number(4);
  lanes.conductor.seed = number(5);
  t2::open_standard_descriptors();
  std::vector<char*> arguments(argv + kOwn, argv + argc);
  arguments[0] = argv[0];
  auto command = t2::parse_arguments(static_cast<int>(arguments.size()), arguments.data());
  if (!command || command->kind != t2::Command::Kind::kRun) return 2;
  if (lanes.conductor.shards > 0) command->options.lanes = lanes;
  command->options.capacity = number(6);
  t2::TaskTrace trace;
  std::ofstream out;  // open before the sandbox
  if (const char* const file = std::getenv("T2_TRACE")) {
    out.open(file);
    command->options.trace = &trace;
  }
  const int status = t2::run(std::move(command->options));
  if (!out.is_open()) return status;
  trace.write(out);
  return out.flush() ? status : 1;
}
