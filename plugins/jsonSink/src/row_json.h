// SPDX-License-Identifier: Apache-2.0
// Rows as JSON objects, one a line, as a plan says.
#pragma once

#include "plan.h"
#include "t2/text_buffer.h"

namespace t2::json_sink {

/// Appends the rows that the plan wants.
void put_rows(const Plan& plan, const Rows& rows, RowText& out);

}  // namespace t2::json_sink
