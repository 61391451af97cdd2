// SPDX-License-Identifier: Apache-2.0
// t2: flow-based traffic analyser and file carver.
#include <exception>
#include <new>
#include <string>

#include "cli/arguments.h"
#include "engine/console.h"
#include "engine/run.h"
#include "process/standard.h"

namespace {

/// What was printed, once it has reached the reader.
int printed(const std::string& text, int status) {
  t2::Console console;
  console.text(text);
  const auto written = console.check();
  if (written) return status;
  console.error(written.error().message);
  return 1;
}

int run_command(int argc, char** argv) {
  auto command = t2::parse_arguments(argc, argv);
  if (!command) {
    t2::Console().error(command.error().message);
    return printed("Try 'tranalyzer -h' for more information.\n", 1);
  }
  switch (command->kind) {
    case t2::Command::Kind::kUsage:
      return printed(t2::usage_text(), 1);
    case t2::Command::Kind::kHelp:
      return printed(t2::usage_text(), 0);
    case t2::Command::Kind::kVersion:
      return printed("T2++ " T2_VERSION " (speaks Tranalyzer 0.9.1)\n", 0);
    case t2::Command::Kind::kRun:
      break;
  }
  return t2::run(std::move(command->options));
}

}  // namespace

int main(int argc, char** argv) {
  t2::open_standard_descriptors();
  try {
    return run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    t2::Console().error("Out of memory");
  } catch (const std::exception& e) {
    t2::Console().error(e.what());
  }
  return 1;
}
