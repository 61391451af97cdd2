// SPDX-License-Identifier: Apache-2.0
// A sink in sixty lines: flows and packets as JSON lines. tests/e2e/test_sink.py runs it.
#include <fmt/format.h>

#include "t2/json.h"
#include "t2/plugin.h"

namespace {

using namespace t2;

struct Put {
  JsonWriter& out;

  void value(std::integral auto v) { out.literal(fmt::format("{}", v)); }
  void value(std::floating_point auto v) { out.literal(fmt::format("{}", v)); }
  void value(char v) { out.text({&v, 1}); }
  void value(Direction v) { value(static_cast<char>(v)); }
  template <class Int>
  void value(Hex<Int> v) {
    out.text(fmt::format("{:#0{}x}", v.value, 2 + 2 * sizeof(Int)));
  }
  void value(Timestamp v) { value(v.ns); }
  void value(Duration v) { value(v.ns); }
  void value(const Mac& v) { out.text(to_text(v)); }
  void value(const IpAddress& v) { out.text(to_text(v)); }
  void value(std::string_view v) { out.text(v); }
  void value(Text v) { out.text(v.view); }
  void value(Content v) { out.text(as_text(v.bytes)); }
  void absent() { out.null(); }
  void begin_list(const Type&, std::size_t) { out.begin_array(); }
  void end_list() { out.end_array(); }
  void begin_compound(const Type&) { out.begin_array(); }
  void end_compound() { out.end_array(); }
};

class JsonLines final : public Plugin, private Sink {
  PluginInfo info() const override { return {"jsonLines", "1", "Rows as JSON lines", {}}; }
  t2::Sink* sink() override { return this; }

  bool wants(Table) const override { return true; }
  Result<void> open(const RunInfo& run, const Tables& tables) override {
    tables_[0] = &tables.flows, tables_[1] = tables.packets;
    if (auto r = files_[0].open(run, {"_flows.jsonl"}); !r || tables.packets == nullptr) return r;
    return files_[1].open(run, {"_packets.jsonl", Compression::kZstd, false, false});
  }
  void text(Table table, const Rows& rows, RowText& out) const override {
    for (const RowView row : rows) {
      JsonWriter line;
      Put put{line.begin_object()};
      RowReader in(row);
      for (const Column& c : tables_[index(table)]->columns)
        visit(c.type, in, (line.key(c.name), put));
      line.end_object();
      out.text.append(line.take_line());
      out.end_row();
    }
  }
  Result<void> write(Table table, const Rows&, const RowText& text) override {
    return files_[index(table)].write(text);
  }
  Result<void> close() override {
    const Result<void> flows = files_[0].close(), packets = files_[1].close();
    return flows ? packets : flows;
  }
  static std::size_t index(Table table) { return static_cast<std::size_t>(table); }

  const Schema* tables_[2] = {};
  RowFile files_[2];
};

}  // namespace

T2_PLUGIN(JsonLines)
