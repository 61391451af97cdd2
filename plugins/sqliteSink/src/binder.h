// SPDX-License-Identifier: Apache-2.0
// Binder: puts the cells of a row into the parameters of an INSERT.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <vector>

#include "t2/row.h"
#include "t2/text_buffer.h"

namespace t2::sqlite_sink {

/// Numbers, bit fields and times as 64-bit numbers (a U64 as its bit pattern), addresses as bytes,
/// strings as text, or as bytes if they are no UTF-8 or hold a NUL; lists and compounds as JSON
/// (docs/json.md); NULL for a value that is absent, an address that is none, a number that is none.
class Binder {
 public:
  explicit Binder(sqlite3_stmt* statement) : statement_(statement) {}

  /// The cells of `row` become parameters from the second one on. They are valid until the next
  /// row.
  void bind(const Schema& schema, RowView row);

  // For visit().
  void absent() { sqlite3_bind_null(statement_, at_); }
  template <std::integral Int>
  void value(Int v) {
    sqlite3_bind_int64(statement_, at_, static_cast<std::int64_t>(v));
  }
  template <class Int>
  void value(Hex<Int> v) {
    value(v.value);
  }
  void value(float v) { value(double{v}); }
  void value(double v) { sqlite3_bind_double(statement_, at_, v); }
  void value(char v);
  void value(Direction v) { value(static_cast<char>(v)); }
  void value(Timestamp v) { value(v.ns); }
  void value(Duration v) { value(v.ns); }
  void value(const Mac& v) { keep(as_text(v.bytes), Kept::kBlob); }
  void value(const IpAddress& v);
  void value(std::string_view v);
  void value(Text v) { value(v.view); }
  void value(Content v) { value(as_text(v.bytes)); }
  // Lists and compounds never come here.
  void begin_list(const Type&, std::uint32_t) {}
  void end_list() {}
  void begin_compound(const Type&) {}
  void end_compound() {}

 private:
  /// Bytes made for a parameter. SQLite is told where they lie once all of them are there.
  struct Kept {
    enum As : bool { kText, kBlob };
    int at;
    std::size_t begin, size;
    As as;
  };

  void keep(std::string_view bytes, Kept::As as);
  void bind_json(const Type& type, RowReader& in);

  sqlite3_stmt* statement_;
  TextBuffer made_;
  std::vector<Kept> kept_;
  int at_ = 0;
};

}  // namespace t2::sqlite_sink
