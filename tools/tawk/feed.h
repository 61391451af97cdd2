// SPDX-License-Identifier: Apache-2.0
// The input: a look at its head without taking it away from gawk, and processes that unpack it or
// turn CSV into what gawk can read.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "t2/result.h"
#include "tawk/csv.h"
#include "tawk/header.h"

namespace t2::tawk {

/// How input is read. `rule` holds for what gawk gets: behind a CsvReader.
struct InputStyle {
  HeaderRule rule;
  std::optional<CsvReader> csv;  // a fresh one for each file
};

struct Head {
  std::string header;                    // the header row; "" if there is none
  std::optional<std::string> first_row;  // the one behind it, if it has come already
  std::string line_end = "\n";           // of a CSV file
};

/// A process that writes what gawk reads from `fd`. Its exit status is 1 if the input is damaged;
/// it has said so then.
struct Feeder {
  pid_t pid;
  int fd;
};

Result<Head> head_of_file(const std::string& path, const InputStyle& style);

/// The same for standard input. Afterwards that holds everything again: a file is wound back, for
/// anything else a feeder hands the text on.
Result<Head> head_of_input(const InputStyle& style, std::vector<Feeder>& feeders);

/// A file that gawk can read for this one: the file itself, or a pipe from a feeder.
Result<std::string> readable_file(const std::string& path, const InputStyle& style,
                                  std::vector<Feeder>& feeders);

/// Whether standard input is a pipe or socket that has data or whose end has not come yet.
bool input_is_pipe_with_data();

}  // namespace t2::tawk
