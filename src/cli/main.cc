// SPDX-License-Identifier: Apache-2.0
// t2: flow-based traffic analyser and file carver.
#include <cstdio>
#include <exception>

#include "cli/arguments.h"
#include "engine/console.h"
#include "engine/run.h"

namespace {

int run_command(int argc, char** argv) {
  auto command = t2::parse_arguments(argc, argv);
  if (!command) {
    t2::Console().error(command.error().message);
    std::puts("Try 'tranalyzer -h' for more information.");
    return 1;
  }
  switch (command->kind) {
    case t2::Command::Kind::kUsage:
      std::fputs(t2::usage_text().c_str(), stdout);
      return 1;
    case t2::Command::Kind::kHelp:
      std::fputs(t2::usage_text().c_str(), stdout);
      return 0;
    case t2::Command::Kind::kVersion:
      std::puts("T2++ " T2_VERSION " (speaks Tranalyzer 0.9.1)");
      return 0;
    case t2::Command::Kind::kRun:
      break;
  }
  return t2::run(std::move(command->options));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command(argc, argv);
  } catch (const std::exception& e) {
    t2::Console().error(e.what());
    return 1;
  }
}
