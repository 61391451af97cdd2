// SPDX-License-Identifier: Apache-2.0
// Running other programs without a shell, and where the installation lies.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "t2/result.h"

namespace t2::tools {

/// Folder of the running program, without trailing slash.
std::string own_folder();
/// $HOME, or "" if it is not set.
std::string home();
/// Folder of the shared files: PREFIX/share/tranalyzer, or BUILD/share/tranalyzer in a build tree.
std::string share_folder();
/// Source tree: $T2HOME, else what the installation noted; "" if there is none.
std::string source_home();
/// Of a file that is read whole.
inline constexpr std::size_t kLargestText = std::size_t{64} << 20;
/// The whole file, which may be a pipe that the user names, or an error with its name.
Result<std::string> read_file(const std::string& path);

struct Output {
  int status = 0;  // exit status, 127 if the program could not be started
  std::string out, err;
};
/// Runs a program (argv[0] is looked up in PATH if it has no slash) with exactly this environment,
/// without standard input, and collects what it writes.
Result<Output> run(const std::vector<std::string>& argv,
                   const std::vector<std::string>& environment);

/// Runs a program with this process's own environment, input and output; the status as above.
int run_here(const std::vector<std::string>& argv);

/// Does `work` in a process of its own, which has everything that this one has, and gives its
/// status; 128 and the signal's number if it crashed.
int run_apart(const std::function<int()>& work);

/// Replaces this process; returns only if that failed. Errno says why.
void execute(const std::vector<std::string>& argv);

}  // namespace t2::tools
