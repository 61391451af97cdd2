// SPDX-License-Identifier: Apache-2.0
// Plan: which members a row of a table has, made once from its columns and the settings.
#pragma once

#include <string>
#include <vector>

#include "jsonSink.h"
#include "t2/row.h"

namespace t2::json_sink {

/// How a column's cell becomes the value of a member.
enum class Form : std::uint8_t {
  kCell,        // as docs/json.md says
  kNs,          // times and lengths of time as whole nanoseconds
  kEpoch,       // times as seconds since 1970
  kTexts,       // the texts of the bits that are set
  kHex,         // the exact bytes of text that is no UTF-8
  kTransport,   // the name of an IP protocol; no member without one
  kZeekProto,   // the same, as Zeek calls it
  kWhole,       // a whole number as text
  kFamily,      // ipv4 or ipv6
  kUpper,       // text in upper case
  kDashedMac,   // MAC addresses as 00-00-5E-00-53-23
};

/// A member of the object.
struct Member {
  std::string key;  // `,"NAME":`
  Form form = Form::kCell;
};

/// What becomes of a column.
struct ColumnPlan {
  const Type* type = nullptr;
  const std::vector<BitText>* bits = nullptr;
  std::vector<Member> members;
};

struct Plan {
  std::string constants;  // members that are the same in all rows: `,"NAME":VALUE...`
  std::vector<ColumnPlan> columns;
  bool a_only = false;  // one row a connection: column 0 is `dir`, and only rows of A are written
};

Plan make_plan(Table table, const Schema& schema, const Config& config);

}  // namespace t2::json_sink
