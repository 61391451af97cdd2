// SPDX-License-Identifier: Apache-2.0
// Cells as JSON: the mapping of docs/json.md, for sinks that write JSON or keep it in a column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "t2/row.h"
#include "t2/scalars.h"
#include "t2/text_buffer.h"

namespace t2 {

/// How a cell becomes a value; where a form does not fit the type, it is as kCell.
enum class JsonForm : std::uint8_t {
  kCell,       // as docs/json.md says
  kNs,         // times and lengths of time as whole nanoseconds
  kEpoch,      // times as seconds since 1970
  kTransport,  // the name of an IP protocol, left out without one
  kZeekProto,  // the same, as Zeek calls it
  kWhole,      // a whole number as text
  kFamily,     // ipv4 or ipv6
  kUpper,      // text in upper case
  kDashedMac,  // MAC addresses as 00-00-5E-00-53-23
};

/// Where a member is written; it can be taken back.
class JsonPlace {
 public:
  explicit JsonPlace(TextBuffer& out) : out_(out), begin_(out.size()) {}

  /// Room for `n` more characters and a value behind `p`, which is where to write now.
  char* room(char* p, std::size_t n = 0) {
    out_.commit(p);
    return out_.reserve(n + kRoom);
  }
  char* begin(std::string_view key) { return put_text(out_.reserve(key.size() + kRoom), key); }
  void end(char* p) { out_.commit(p); }
  void take_back() { out_.commit(out_.view().data() + begin_); }

 private:
  /// For any value but text, with what stands around it.
  static constexpr std::size_t kRoom = kScalarRoom + 16;

  TextBuffer& out_;
  std::size_t begin_;
};

/// Appends `key` and the next cell of a row. False: the cell has no value (absent, an empty list,
/// an empty unquoted text, no address), and nothing was appended. In any case `in` is behind it.
bool put_json_cell(const Type& type, RowReader& in, std::string_view key, JsonForm form,
                   TextBuffer& out);

}  // namespace t2
