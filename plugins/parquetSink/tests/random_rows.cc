// SPDX-License-Identifier: Apache-2.0
#include "random_rows.h"

#include <fmt/format.h>

#include <deque>
#include <fstream>
#include <iterator>
#include <span>

#include "file.h"
#include "parquet_reader.h"
#include "rows.h"
#include "t2/text.h"

namespace t2::parquet_test {
namespace {

Type random_type(const Choose& choose, int depth) {
  Type t;
  t.kind = static_cast<Kind>(choose(depth > 0 ? 24 : 23));
  t.repeated = choose(4) == 0;
  t.optional = choose(4) == 0;
  if (t.kind == Kind::kCompound) {
    for (std::uint32_t n = 1 + choose(3); n > 0; --n)
      t.parts.push_back(random_type(choose, depth - 1));
  }
  return t;
}

std::string random_text(const Choose& choose) {
  std::string s(choose(choose(8) == 0 ? 200 : 4), 'a');
  for (char& c : s) c = static_cast<char>('a' + choose(3));
  return s;
}

void put_scalar(Kind kind, RowWriter& out, const Choose& choose) {
  const auto number = [&](auto v) {
    using T = decltype(v);
    out.scalar(static_cast<T>(choose(4) == 0 ? ~std::uint64_t{0} << choose(64) : choose(5)));
  };
  switch (kind) {
    case Kind::kI8:
    case Kind::kU8:
    case Kind::kH8:
      return number(std::uint8_t{});
    case Kind::kI16:
    case Kind::kU16:
    case Kind::kH16:
      return number(std::uint16_t{});
    case Kind::kI32:
    case Kind::kU32:
    case Kind::kH32:
      return number(std::uint32_t{});
    case Kind::kFloat:
      return out.scalar(static_cast<float>(choose(100)) / 7);
    case Kind::kDouble:
      return out.scalar(static_cast<double>(choose(100)) / 7);
    case Kind::kChar:
      return out.scalar(static_cast<char>(choose(3) == 0 ? 0 : 'x'));
    case Kind::kDirection:
      return out.scalar(Direction::kA);
    case Kind::kMac: {
      Mac m;
      m.bytes[5] = static_cast<std::uint8_t>(choose(3));
      return out.scalar(m);
    }
    case Kind::kIp: {
      IpAddress a;
      a.family = static_cast<Family>(choose(3));
      a.bytes[0] = a.family == Family::kNone ? 0 : static_cast<std::uint8_t>(choose(256));
      return out.scalar(a);
    }
    case Kind::kString:
    case Kind::kText:
    case Kind::kContent:
      return out.text(random_text(choose));
    default:
      return number(std::uint64_t{});
  }
}

void put_cell(const Type& t, RowWriter& out, const Choose& choose) {
  const auto single = [&] {
    if (t.kind != Kind::kCompound) return put_scalar(t.kind, out, choose);
    for (const Type& part : t.parts) put_cell(part, out, choose);
  };
  if (t.optional) {
    const bool there = choose(3) != 0;
    out.scalar(static_cast<std::uint8_t>(there));
    if (!there) return;
  }
  if (!t.repeated) return single();
  const std::uint32_t n = choose(4);
  out.scalar(n);
  for (std::uint32_t i = 0; i < n; ++i) single();
}

/// What a path to a leaf goes through.
enum class Step : char { kOptional, kList };
struct Path {
  std::vector<Step> steps;
  std::vector<std::size_t> parts;  // which member of each compound
};

void add_paths(const Type& t, Path p, std::vector<Path>& out) {
  if (t.optional) p.steps.push_back(Step::kOptional);
  if (t.repeated) p.steps.push_back(Step::kList);
  if (t.kind != Kind::kCompound) {
    const bool may_be_none = t.kind == Kind::kIp || t.kind == Kind::kChar;
    if (may_be_none && (t.repeated || !t.optional)) p.steps.push_back(Step::kOptional);
    return out.push_back(p);
  }
  for (std::size_t i = 0; i < t.parts.size(); ++i) {
    Path q = p;
    q.parts.push_back(i);
    add_paths(t.parts[i], q, out);
  }
}

/// A leaf's value as the file has it; "n" for none.
struct Shown {
  std::string text;
  void operator()(std::integral auto v) { raw(v); }
  template <class Int>
  void operator()(Hex<Int> v) {
    raw(v.value);
  }
  void operator()(float v) { bytes(&v, sizeof v); }
  void operator()(double v) { bytes(&v, sizeof v); }
  void operator()(char v) { text = v == 0 ? "n" : "<" + std::string(1, v) + ">"; }
  void operator()(Direction v) { (*this)(static_cast<char>(v)); }
  void operator()(Timestamp v) { raw(v.ns); }
  void operator()(Duration v) { raw(v.ns); }
  void operator()(const Mac& v) { text = "<" + to_text(v) + ">"; }
  void operator()(const IpAddress& v) {
    text = v.family == Family::kNone ? "n" : "<" + to_text(v) + ">";
  }
  void operator()(std::string_view v) { text = "<" + std::string(v) + ">"; }
  void operator()(Text v) { (*this)(v.view); }
  void operator()(Content v) { (*this)(as_text(v.bytes)); }

  template <class Int>
  void raw(Int v) {
    if constexpr (sizeof(Int) == 8) {
      bytes(&v, sizeof v);
    } else {
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): the sign is meant
      const auto wide = static_cast<std::int32_t>(v);
      bytes(&wide, sizeof wide);
    }
  }
  void bytes(const void* p, std::size_t n) {
    text = "<" + std::string(static_cast<const char*>(p), n) + ">";
  }
};

/// The part of a cell that belongs to one leaf, as text: lists in brackets, "n" for nothing there.
/// Reads all of the cell.
std::string shown(const Type& t, RowReader& in, std::span<const std::size_t> parts, bool wanted) {
  const auto single = [&] {
    std::string out;
    if (t.kind != Kind::kCompound) {
      Shown s;
      visit_scalar(t.kind, in, s);
      return s.text;
    }
    for (std::size_t i = 0; i < t.parts.size(); ++i) {
      const bool mine = wanted && i == parts.front();
      std::string text = shown(t.parts[i], in, mine ? parts.subspan(1) : parts, mine);
      if (mine) out = std::move(text);
    }
    return out;
  };
  if (t.optional && in.scalar<std::uint8_t>() == 0) return "n";
  if (!t.repeated) return single();
  std::string out = "[";
  for (std::uint32_t n = in.scalar<std::uint32_t>(); n > 0; --n) out += single() + ",";
  return out + "]";
}

/// The same, put together from levels and values.
class Assembly {
 public:
  Assembly(const Chunk& chunk, const Path& path, Levels most)
      : chunk_(chunk), path_(path), most_(most) {}

  bool more() const { return at_ < entries(); }
  std::string record() {
    const std::size_t begin = at_++;
    while (more() && repetition(at_) > 0) ++at_;
    return build(begin, at_, 0, 0, 0);
  }

 private:
  std::size_t entries() const {
    return most_.definition > 0 ? chunk_.definitions.size() : chunk_.values.size();
  }
  std::uint32_t repetition(std::size_t i) const {
    return most_.repetition > 0 ? chunk_.repetitions[i] : 0;
  }
  std::uint32_t definition(std::size_t i) const {
    return most_.definition > 0 ? chunk_.definitions[i] : 0;
  }
  std::string build(std::size_t begin, std::size_t end, std::size_t step, std::uint32_t d,
                    std::uint32_t r) {
    if (step == path_.steps.size()) return "<" + chunk_.values[value_++] + ">";
    if (path_.steps[step] == Step::kOptional) {
      return definition(begin) > d ? build(begin, end, step + 1, d + 1, r) : "n";
    }
    std::string out = "[";
    if (definition(begin) == d) return out + "]";
    for (std::size_t i = begin; i < end;) {
      std::size_t next = i + 1;
      while (next < end && repetition(next) > r + 1) ++next;
      out += build(i, next, step + 1, d + 1, r + 1) + ",";
      i = next;
    }
    return out + "]";
  }

  const Chunk& chunk_;
  const Path& path_;
  Levels most_;
  std::size_t at_ = 0, value_ = 0;
};

Input random_input(const Choose& choose) {
  Input in;
  for (std::uint32_t n = 1 + choose(5); n > 0; --n) {
    in.schema.columns.push_back(column(in.schema.columns.size(), random_type(choose, 2)));
  }
  std::vector<std::string> cells(in.schema.columns.size());
  const std::uint32_t changes =
      1 + choose(10);  // one cell in so many is not that of the row before
  for (std::uint32_t n = choose(choose(4) == 0 ? 600 : 30); n > 0; --n) {
    std::string row;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (in.rows.empty() || choose(changes) == 0) {
        RowWriter cell;
        put_cell(in.schema.columns[c].type, cell, choose);
        cells[c] = as_text(cell.bytes());
      }
      row += cells[c];
    }
    in.rows.push_back(row);
  }
  in.group_rows = 1 + choose(200);
  return in;
}

RowView view(const std::string& row) {
  return {{reinterpret_cast<const std::uint8_t*>(row.data()), row.size()}};
}

std::string write(const Input& in, const std::string& path, const Choose& choose) {
  const std::uint32_t batch = 1 + choose(50);
  std::deque<std::string> memory;  // of the rows of a batch
  const parquet::Layout layout(in.schema);
  parquet::RowGroup group(layout);
  parquet::ParquetFile file;
  const auto flush = [&]() -> std::string {
    const std::uint64_t rows = group.rows();
    if (rows == 0) return "";
    const Result<void> r = file.add(group.finish(), rows);
    return r ? "" : r.error().message;
  };
  if (auto r = file.open(path, OutputAccess::kUmask, layout, {{"key", "value"}}); !r)
    return r.error().message;
  for (const std::string& row : in.rows) {
    group.add(view(memory.emplace_back(row)));
    if (memory.size() >= batch) {
      group.end_batch();
      memory.clear();
    }
    if (group.rows() < in.group_rows) continue;
    if (std::string e = flush(); !e.empty()) return e;
  }
  if (std::string e = flush(); !e.empty()) return e;
  const Result<void> closed = file.close();
  return closed ? "" : closed.error().message;
}

}  // namespace

Column column(std::size_t i, Type type) {
  return {fmt::format("c{}", i), "", std::move(type), {}, "", [](const RowContext&, RowWriter&) {}};
}

std::string write_and_read(const Choose& choose, const std::string& path) {
  return write_and_read(random_input(choose), choose, path);
}

std::string write_and_read(const Input& in, const Choose& choose, const std::string& path) {
  if (std::string e = write(in, path, choose); !e.empty()) return e;
  std::ifstream bytes(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(bytes), {}};
  const auto file = read(whole);
  if (!file) return "the file cannot be read";
  if (file->rows != in.rows.size()) return "other number of rows";
  const std::vector<Levels> levels = levels_of(file->metadata);
  std::size_t leaf = 0;
  for (std::size_t c = 0; c < in.schema.columns.size(); ++c) {
    std::vector<Path> paths;
    add_paths(in.schema.columns[c].type, {}, paths);
    for (const Path& path_to : paths) {
      std::size_t row = 0;
      for (const Group& g : file->groups) {
        for (Assembly a(g.chunks[leaf], path_to, levels[leaf]); a.more(); ++row) {
          const std::string got = a.record();
          if (row >= in.rows.size()) return "too many records";
          RowReader reader(view(in.rows[row]));
          std::string wanted;
          for (std::size_t i = 0; i <= c; ++i) {
            wanted = shown(in.schema.columns[i].type, reader, path_to.parts, i == c);
          }
          if (got != wanted)
            return fmt::format("column {} row {}: '{}' is not '{}'", c, row, got, wanted);
        }
      }
      if (row != in.rows.size())
        return fmt::format("column {}: {} records of {}", c, row, in.rows.size());
      ++leaf;
    }
  }
  return "";
}

}  // namespace t2::parquet_test
