// SPDX-License-Identifier: Apache-2.0
#include "row_json.h"

#include <algorithm>
#include <string_view>

#include "t2/json.h"
#include "t2/json_cell.h"
#include "t2/unicode.h"

namespace t2::json_sink {
namespace {

/// A visitor of what it does not care about.
struct Nothing {
  void absent() {}
  void begin_list(const Type&, std::uint32_t) {}
  void end_list() {}
  void begin_compound(const Type&) {}
  void end_compound() {}
  void value(const auto&) {}
};

/// The exact bytes of the texts of a cell, if some of it is no UTF-8: of one text that, else a list
/// of all texts in the cell.
class Exact : public Nothing {
 public:
  Exact(const Type& type, const Member& member, TextBuffer& out)
      : place_(out),
        single_(!type.repeated && type.kind != Kind::kCompound),
        p_(place_.begin(member.key)) {
    if (!single_) *p_++ = '[';
  }
  void end() {
    if (!single_) {
      if (p_[-1] == ',') --p_;
      *p_++ = ']';
    }
    place_.end(p_);
    if (exact_) place_.take_back();
  }

  using Nothing::value;
  void value(std::string_view v) {
    exact_ = exact_ && is_utf8(v);
    p_ = place_.room(p_, 2 * v.size());
    *p_++ = '"';
    for (const char c : v) p_ = put_pair(p_, kLowerHex.text[static_cast<std::uint8_t>(c)]);
    *p_++ = '"';
    if (!single_) *p_++ = ',';
  }
  void value(Text v) { value(v.view); }
  /// The table shows dots for most bytes.
  void value(Content v) {
    value(as_text(v.bytes));
    exact_ = std::all_of(v.bytes.begin(), v.bytes.end(),
                         [](std::uint8_t b) { return b >= 0x20 && b < 0x7f; });
  }

 private:
  JsonPlace place_;
  const bool single_;
  char* p_;
  bool exact_ = true;
};

/// The texts of the bits that are set, of each bit field in the cell.
class Texts : public Nothing {
 public:
  Texts(const std::vector<BitText>& bits, const Member& member, TextBuffer& out)
      : place_(out), bits_(bits), p_(place_.begin(member.key)) {}
  void end() {
    place_.end(p_);
    if (left_out_) place_.take_back();
  }

  void absent() { left_out_ = true; }
  void begin_list(const Type&, std::uint32_t n) {
    left_out_ = n == 0;
    list_ = true;
    *p_++ = '[';
  }
  void end_list() { close(); }

  using Nothing::value;
  template <class Int>
  void value(Hex<Int> v) {
    p_ = place_.room(p_);
    *p_++ = '[';
    for (const BitText& b : bits_) {
      if ((std::uint64_t{v.value} >> b.bit & 1) == 0) continue;
      const std::string_view text = b.text;
      p_ = place_.room(p_, text.size() * kJsonRoom + kJsonSlack);
      JsonFlaws flaws;
      p_ = put_json_text(p_, text, flaws);
      *p_++ = ',';
    }
    close();
    if (list_) *p_++ = ',';
  }

 private:
  void close() {
    if (p_[-1] == ',') --p_;
    *p_++ = ']';
  }

  JsonPlace place_;
  const std::vector<BitText>& bits_;
  char* p_;
  bool list_ = false, left_out_ = false;
};

template <class Visitor>
void put_member(const ColumnPlan& column, RowReader& in, Visitor v) {
  visit(*column.type, in, v);
  v.end();
}

/// Writes all members of a column; moves `in` behind the cell.
void put_column(const ColumnPlan& column, RowReader& in, TextBuffer& out) {
  const RowReader cell = in;
  for (const Member& m : column.members) {
    in = cell;
    if (m.extra == Extra::kExact) {
      put_member(column, in, Exact(*column.type, m, out));
    } else if (m.extra == Extra::kTexts) {
      put_member(column, in, Texts(*column.bits, m, out));
    } else {
      put_json_cell(*column.type, in, m.key, m.form, out);
    }
  }
  Nothing nothing;
  if (column.members.empty()) visit(*column.type, in, nothing);
}

}  // namespace

void put_rows(const Plan& plan, const Rows& rows, RowText& out) {
  for (const RowView row : rows) {
    RowReader in(row);
    if (plan.a_only && RowReader(row).scalar<Direction>() != Direction::kA) continue;
    const std::size_t begin = out.text.size();
    out.text.append(plan.constants);
    for (const ColumnPlan& c : plan.columns) put_column(c, in, out.text);
    // Each member begins with a comma, the first one's becomes the bracket.
    if (out.text.size() == begin) out.text.append(',');
    out.text.overwrite(begin, '{');
    out.text.append("}\n");
    out.end_row();
  }
}

}  // namespace t2::json_sink
