// SPDX-License-Identifier: Apache-2.0
// -V and -L: what the bits of a column mean, as its plugin declares them (spec tools 3.3, 3.4).
#pragma once

#include <string>
#include <string_view>

#include "common/catalogue.h"

namespace t2::tawk {

/// Appends the explanation of `NAME` or `NAME=VALUE` to `out`; VALUE is hexadecimal or decimal, or
/// several of them separated by `;`. `terminal` adds colours and the rule line.
Result<void> explain(tools::Catalogue& catalogue, std::string_view query, bool terminal,
                     std::string& out);

/// Explains every NAME=VALUE of a report that names a known column; false if there was none.
bool explain_report(tools::Catalogue& catalogue, std::string_view report, bool terminal,
                    std::string& out);

}  // namespace t2::tawk
