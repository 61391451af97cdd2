// SPDX-License-Identifier: Apache-2.0
// The page: our words, style and script, and the data, which is in it as gzip in base64 only. Bytes
// from the network are never in markup.
#pragma once

#include <string>
#include <string_view>

#include "contract.h"

namespace t2::report {

/// The sources under page/, as embedded at build.
std::string_view page_template();
std::string_view page_style();
std::string_view page_script();

std::string make_page(const Case& c, const Chunks& chunks);

/// For text and attribute values.
std::string escape_html(std::string_view text);

}  // namespace t2::report
