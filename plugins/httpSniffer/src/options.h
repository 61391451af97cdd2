// SPDX-License-Identifier: Apache-2.0
// From the settings to what carving into HTTP_F_PATH is told.
#pragma once

#include "httpSniffer.h"
#include "mime.h"
#include "t2/content.h"

namespace t2::http {

ClassSet wanted_classes(const Config& config);
Result<ContentOptions> content_options(const Config& config);

}  // namespace t2::http
