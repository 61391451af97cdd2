// SPDX-License-Identifier: Apache-2.0
// What the process may still do once everything is open: a run that reads what attackers write
// needs few files and few system calls. Linux only: Landlock for files and networks, seccomp for
// system calls (docs/decisions/sandbox.md). For the calling thread and the threads it starts later,
// so before any other thread exists.
#pragma once

#include <string>
#include <vector>

namespace t2 {

/// What stays allowed; everything else is refused. Paths that do not exist are left out.
struct SandboxRules {
  std::vector<std::string> read;    // files and folders with all they hold
  std::vector<std::string> write;   // folders in which regular files are made, written and removed
  std::vector<std::string> remove;  // folders in which regular files are removed
};

struct SandboxState {
  bool files = false;         // Landlock holds
  bool system_calls = false;  // seccomp holds
  std::string problem;        // one line that says what does not hold and why; empty if all does
};

SandboxState enter_sandbox(const SandboxRules& rules);

}  // namespace t2
