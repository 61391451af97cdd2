// SPDX-License-Identifier: Apache-2.0
// PREFIX_headers.txt: how the run was made and what each column means (spec txtSink 7).
#pragma once

#include <string>

#include "t2/plugin.h"

namespace t2::txt_sink {

class HeadersFile {
 public:
  /// Writes what is known before the first row.
  Result<void> open(const std::string& path, const RunInfo& run, const Schema& flows,
                    const Plugin& plugin);
  /// Adds the captures if there was more than one, and closes the file if it was opened.
  Result<void> close(const RunInfo& run, const Captures& captures);

 private:
  OutputFile file_;
};

}  // namespace t2::txt_sink
