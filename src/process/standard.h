// SPDX-License-Identifier: Apache-2.0
// Descriptors 0 to 2 belong to standard input, output and error. Where a program was started with
// one of them closed, the next file that it opens would take the place, and messages would land in
// a table.
#pragma once

namespace t2 {

/// Opens on /dev/null what is closed. The first thing that a program does.
void open_standard_descriptors();

}  // namespace t2
