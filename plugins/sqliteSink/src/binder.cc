// SPDX-License-Identifier: Apache-2.0
#include "binder.h"

#include "t2/json_cell.h"
#include "t2/unicode.h"

namespace t2::sqlite_sink {

void Binder::bind(const Schema& schema, RowView row) {
  RowReader in(row);
  made_.clear();
  kept_.clear();
  at_ = 1;
  for (const Column& c : schema.columns) {
    ++at_;
    if (c.type.repeated || c.type.kind == Kind::kCompound) {
      bind_json(c.type, in);
    } else {
      visit(c.type, in, *this);
    }
  }
  const char* made = made_.view().data();
  for (const Kept& k : kept_) {
    const int n = static_cast<int>(k.size);
    if (k.as == Kept::kBlob) {
      sqlite3_bind_blob(statement_, k.at, made + k.begin, n, SQLITE_STATIC);
    } else {
      sqlite3_bind_text(statement_, k.at, made + k.begin, n, SQLITE_STATIC);
    }
  }
}

void Binder::keep(std::string_view bytes, Kept::As as) {
  kept_.push_back({at_, made_.size(), bytes.size(), as});
  made_.append(bytes);
}

void Binder::bind_json(const Type& type, RowReader& in) {
  const std::size_t begin = made_.size();
  if (!put_json_cell(type, in, "", JsonForm::kCell, made_)) return absent();
  kept_.push_back({at_, begin, made_.size() - begin, Kept::kText});
}

void Binder::value(char v) {
  if (v == 0) return absent();
  keep({&v, 1}, Kept::kText);
}

void Binder::value(const IpAddress& v) {
  if (v.family == Family::kNone) return absent();
  keep(as_text(v.bytes).substr(0, v.is_v4() ? 4 : 16), Kept::kBlob);
}

void Binder::value(std::string_view v) {
  const int n = static_cast<int>(v.size());
  const bool text = v.find('\0') == std::string_view::npos && is_utf8(v);
  // A null pointer would be NULL.
  const char* data = v.empty() ? "" : v.data();
  if (text) {
    sqlite3_bind_text(statement_, at_, data, n, SQLITE_STATIC);
  } else {
    sqlite3_bind_blob(statement_, at_, data, n, SQLITE_STATIC);
  }
}

}  // namespace t2::sqlite_sink
