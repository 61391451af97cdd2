// SPDX-License-Identifier: Apache-2.0
// PREFIX_headers.txt: how the run was made and what each column means (spec txtSink 7).
#pragma once

#include <string>

#include "t2/plugin.h"

namespace t2::txt_sink {

Result<void> write_headers_file(const std::string& path, const RunInfo& run, const Schema& flows,
                                const Plugin& plugin);

}  // namespace t2::txt_sink
