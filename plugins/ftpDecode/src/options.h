// SPDX-License-Identifier: Apache-2.0
// The settings of carving, checked.
#pragma once

#include "ftpDecode.h"
#include "t2/content.h"

namespace t2::ftp {

/// An error names the setting.
Result<ContentOptions> content_options(const Config& config);

}  // namespace t2::ftp
