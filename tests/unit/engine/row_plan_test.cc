// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "engine/row_plan.h"
#include "plugin/access.h"

namespace t2 {
namespace {

/// Shows nothing until it was given a value.
struct Rare {
  bool is_blank() const { return value == nullptr; }
  const int* value = nullptr;
  std::string text = "fresh";
};

struct FlowWithState {
  Flow flow;
  Rare rare;
};

/// With the columns of the state above.
class TestPlugin final : public Plugin {
 public:
  explicit TestPlugin(int* calls) : calls_(calls) {}
  PluginInfo info() const override { return {"rare", "1", "", {}}; }
  void columns(ColumnSet& flow, ColumnSet&) override {
    auto columns = flow.of<Rare>();
    columns.add("a", "", [calls = calls_](const Rare& r) {
      ++*calls;
      return r.value != nullptr ? *r.value : -1;
    });
    columns.add("b", "", &Rare::text);
    columns.add("c", "", [](const Rare& r, const Flow& f) {
      return f.status + (r.value != nullptr ? 1000 : 0);
    });
    columns.add("d", "", [](const Rare&) { return std::vector<std::uint8_t>{1, 2}; });
  }

 private:
  int* calls_;
};

class Plan {
 public:
  Plan(int* calls, std::size_t offset) {
    TestPlugin plugin(calls);
    ColumnList list("rare"), packet_list("rare");
    EXPECT_TRUE(detail::Host::declare(plugin, list, packet_list, detail::state_type<Rare>(), {}));
    plan_.add(list.all(), {offset, 0, nullptr});
    for (const Column& c : list.all()) columns_.push_back(c);
  }

  std::vector<std::uint8_t> row(FlowWithState& f) const {
    RowWriter w;
    plan_.encode(f.flow, nullptr, w);
    return {w.bytes().begin(), w.bytes().end()};
  }
  /// Cell by cell.
  std::vector<std::uint8_t> slowly(const FlowWithState& f) const {
    RowWriter w;
    for (const Column& c : columns_) c.encode({f.flow, &f.rare, nullptr, nullptr}, w);
    return {w.bytes().begin(), w.bytes().end()};
  }

 private:
  RowPlan plan_;
  std::vector<Column> columns_;
};

TEST(RowPlan, BlankStatesShowWhatAFreshOneShows) {
  int calls = 0;
  const int seven = 7;
  FlowWithState f;
  const auto offset = reinterpret_cast<std::byte*>(&f.rare) - reinterpret_cast<std::byte*>(&f.flow);
  const Plan plan(&calls, static_cast<std::size_t>(offset));
  f.flow.status = 5;
  const auto blank = plan.slowly(f);
  calls = 0;
  EXPECT_EQ(plan.row(f), blank);
  EXPECT_EQ(calls, 0) << "no getter is asked";
  f.rare.value = &seven;
  f.rare.text = "shown";
  const auto shown = plan.slowly(f);
  calls = 0;
  EXPECT_EQ(plan.row(f), shown);
  EXPECT_EQ(calls, 1);
  EXPECT_NE(shown, blank);
}

/// A row made in two steps is the row.
TEST(RowPlan, CellsOfOrderedPartsAreAddedLater) {
  const auto number = [](const char* name, Sees sees, std::uint32_t n) {
    return Column{name,
                  "",
                  detail::Codec<std::uint32_t>::type(),
                  {},
                  "x",
                  [n](const RowContext& c, RowWriter& w) {
                    w.scalar(static_cast<std::uint32_t>(c.flow.status) + n);
                  },
                  Lane::kNone,
                  sees};
  };
  const std::vector<Column> columns = {
      number("a", Sees::kFlow, 1), number("b", Sees::kOrderedFlow, 2), number("c", Sees::kFlow, 3),
      number("d", Sees::kFlow, 4), number("e", Sees::kOrderedFlow, 5)};
  RowPlan plan;
  plan.add(columns, {});
  Flow flow;
  RowWriter cells;
  std::vector<std::uint32_t> ends;
  for (const std::uint32_t status : {100, 200}) {
    flow.status = status;
    plan.begin(flow, Packet(), cells, ends);
  }
  EXPECT_EQ(ends.size(), 2 * plan.runs());
  flow.status = 300;
  RowWriter row;
  plan.finish(flow, 1, cells.bytes(), ends, row);
  ASSERT_EQ(row.size(), columns.size() * sizeof(std::uint32_t));
  std::array<std::uint32_t, 5> values{};
  std::memcpy(values.data(), row.bytes().data(), row.size());
  EXPECT_EQ(values, (std::array<std::uint32_t, 5>{201, 302, 203, 204, 305}));
}

}  // namespace
}  // namespace t2
