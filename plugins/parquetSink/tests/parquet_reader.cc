// SPDX-License-Identifier: Apache-2.0
#include "parquet_reader.h"

#include <zstd.h>

#include <bit>
#include <cstring>

namespace t2::parquet_test {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 28;  // of a page
constexpr std::size_t kMostValues = std::size_t{1} << 24;
constexpr int kDeepest = 16;

/// Bytes that are taken from the front; `bad` once there were too few.
struct Input {
  std::string_view rest;
  bool bad = false;

  std::uint8_t byte() {
    if (rest.empty()) {
      bad = true;
      return 0;
    }
    const auto b = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    return b;
  }
  std::string_view take(std::uint64_t n) {
    if (n > rest.size()) {
      bad = true;
      return {};
    }
    const std::string_view v = rest.substr(0, n);
    rest.remove_prefix(n);
    return v;
  }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t b = byte();
      v |= std::uint64_t{b & 0x7fU} << shift;
      if (b < 0x80) return v;
    }
    bad = true;
    return 0;
  }
  std::int64_t zigzag() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  std::uint32_t fixed32() {
    std::uint32_t v = 0;
    const std::string_view b = take(sizeof v);
    if (!bad) std::memcpy(&v, b.data(), sizeof v);
    return v;
  }
};

Value read_value(Input& in, unsigned type, int depth);

Value read_struct(Input& in, int depth) {
  Value v;
  int field = 0;
  while (!in.bad) {
    const std::uint8_t head = in.byte();
    if (head == 0) return v;
    field = head >> 4 != 0 ? field + (head >> 4) : static_cast<int>(in.zigzag());
    v.fields[field] = read_value(in, head & 15U, depth + 1);
  }
  return v;
}

Value read_list(Input& in, int depth) {
  Value v;
  const std::uint8_t head = in.byte();
  const std::uint64_t n = head >> 4 == 15 ? in.varint() : head >> 4;
  for (std::uint64_t i = 0; i < n && !in.bad; ++i) {
    v.list.push_back(read_value(in, head & 15U, depth + 1));
  }
  return v;
}

Value read_value(Input& in, unsigned type, int depth) {
  Value v;
  if (depth > kDeepest) in.bad = true;
  if (in.bad) return v;
  switch (type) {
    case 1:
    case 2:
      v.number = type == 1 ? 1 : 0;
      return v;
    case 3:
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): the sign is meant
      v.number = static_cast<std::int8_t>(in.byte());
      return v;
    case 4:
    case 5:
    case 6:
      v.number = in.zigzag();
      return v;
    case 8:
      v.bytes = in.take(in.varint());
      return v;
    case 9:
      return read_list(in, depth);
    case 12:
      return read_struct(in, depth);
    default:
      in.bad = true;
      return v;
  }
}

/// `n` numbers of the hybrid of runs and packed groups.
std::vector<std::uint32_t> read_hybrid(Input& in, unsigned bits, std::size_t n) {
  std::vector<std::uint32_t> out;
  while (out.size() < n && !in.bad) {
    const std::uint64_t head = in.varint();
    if ((head & 1) == 0) {
      std::uint32_t v = 0;
      for (unsigned shift = 0; shift < bits; shift += 8) v |= std::uint32_t{in.byte()} << shift;
      if (head >> 1 == 0) in.bad = true;
      for (std::uint64_t i = 0; i < head >> 1 && out.size() < n; ++i) out.push_back(v);
      continue;
    }
    std::uint64_t held = 0;
    unsigned have = 0;
    if (head >> 1 == 0 || head >> 1 > kMostValues) in.bad = true;
    for (std::uint64_t i = 0; i < (head >> 1) * 8 && !in.bad; ++i) {
      for (; have < bits; have += 8) held |= std::uint64_t{in.byte()} << have;
      if (out.size() < n)
        out.push_back(static_cast<std::uint32_t>(held & ((std::uint64_t{1} << bits) - 1)));
      held >>= bits;
      have -= bits;
    }
  }
  return out;
}

std::vector<std::uint32_t> read_levels(Input& in, std::uint32_t most, std::size_t n) {
  if (most == 0) return {};
  const std::uint32_t size = in.fixed32();
  Input part{in.take(size)};
  auto levels = read_hybrid(part, static_cast<unsigned>(std::bit_width(most)), n);
  in.bad = in.bad || part.bad;
  for (const std::uint32_t l : levels) in.bad = in.bad || l > most;
  return levels;
}

std::vector<std::string> read_plain(Input& in, std::int64_t physical, std::size_t n) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < n && !in.bad; ++i) {
    std::size_t size = physical == 1 || physical == 4 ? 4 : 8;
    if (physical == 6) size = in.fixed32();
    out.emplace_back(in.take(size));
  }
  return out;
}

struct Page {
  Value header;
  std::string bytes;
};

std::optional<Page> read_page(Input& in) {
  Page p;
  p.header = read_struct(in, 0);
  const auto size = static_cast<std::uint64_t>(p.header.at(2).number);
  const std::string_view packed = in.take(static_cast<std::uint64_t>(p.header.at(3).number));
  if (in.bad || size > kMostBytes) return {};
  p.bytes.resize(size);
  const std::size_t n = ZSTD_decompress(p.bytes.data(), size, packed.data(), packed.size());
  if (ZSTD_isError(n) != 0 || n != size) return {};
  return p;
}

std::optional<Chunk> read_chunk(std::string_view file, const Value& meta, Levels most) {
  const auto n = static_cast<std::uint64_t>(meta.at(5).number);
  const bool indexed = meta.has(11);
  const auto begin = static_cast<std::uint64_t>(meta.at(indexed ? 11 : 9).number);
  if (begin > file.size() || n > kMostValues) return {};
  Input in{file.substr(begin)};
  std::vector<std::string> dictionary;
  const std::int64_t physical = meta.at(1).number;
  if (indexed) {
    const auto page = read_page(in);
    if (!page) return {};
    const auto entries = static_cast<std::uint64_t>(page->header.at(7).at(1).number);
    Input values{page->bytes};
    dictionary = read_plain(values, physical, entries);
    if (values.bad || !values.rest.empty()) return {};
  }
  const auto page = read_page(in);
  if (!page || static_cast<std::uint64_t>(page->header.at(5).at(1).number) != n) return {};
  Input body{page->bytes};
  Chunk c;
  c.repetitions = read_levels(body, most.repetition, n);
  c.definitions = read_levels(body, most.definition, n);
  std::size_t defined = 0;
  for (const std::uint32_t d : c.definitions) defined += d == most.definition ? 1 : 0;
  if (most.definition == 0) defined = n;
  if (!indexed) {
    c.values = read_plain(body, physical, defined);
  } else {
    const unsigned bits = body.byte();
    if (bits > 32) return {};
    for (const std::uint32_t i : read_hybrid(body, bits, defined)) {
      if (i >= dictionary.size()) return {};
      c.values.push_back(dictionary[i]);
    }
  }
  if (body.bad || c.values.size() != defined) return {};
  return c;
}

/// The next element and what is below it.
void add_levels(const std::vector<Value>& schema, std::size_t& at, Levels l, int depth,
                std::vector<Levels>& out) {
  if (at >= schema.size() || depth > kDeepest) return;
  const Value& e = schema[at++];
  const std::int64_t repetition = e.at(3).number;
  if (depth > 0 && repetition != 0) ++l.definition;
  if (depth > 0 && repetition == 2) ++l.repetition;
  if (!e.has(5)) return out.push_back(l);
  for (std::int64_t i = 0; i < e.at(5).number && at < schema.size(); ++i) {
    add_levels(schema, at, l, depth + 1, out);
  }
}

}  // namespace

const Value& Value::at(int field) const {
  static const Value kNone;
  const auto found = fields.find(field);
  return found == fields.end() ? kNone : found->second;
}

std::vector<Levels> levels_of(const Value& metadata) {
  std::vector<Levels> out;
  std::size_t at = 0;
  add_levels(metadata.at(2).list, at, {}, 0, out);
  return out;
}

std::optional<File> read(std::string_view file) {
  constexpr std::string_view kMagic = "PAR1";
  if (file.size() < 12 || !file.starts_with(kMagic) || !file.ends_with(kMagic)) return {};
  Input tail{file.substr(file.size() - 8, 4)};
  const std::uint32_t size = tail.fixed32();
  if (size > file.size() - 12) return {};
  Input in{file.substr(file.size() - 8 - size, size)};
  File f;
  f.metadata = read_struct(in, 0);
  if (in.bad || !in.rest.empty()) return {};
  f.rows = static_cast<std::uint64_t>(f.metadata.at(3).number);
  const std::vector<Levels> levels = levels_of(f.metadata);
  for (const Value& g : f.metadata.at(4).list) {
    Group group;
    group.rows = static_cast<std::uint64_t>(g.at(3).number);
    const std::vector<Value>& chunks = g.at(1).list;
    if (chunks.size() != levels.size()) return {};
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      auto c = read_chunk(file, chunks[i].at(3), levels[i]);
      if (!c) return {};
      group.chunks.push_back(std::move(*c));
    }
    f.groups.push_back(std::move(group));
  }
  return f;
}

}  // namespace t2::parquet_test
