// SPDX-License-Identifier: Apache-2.0
// Single steps: decoding a frame, finding a flow, writing rows.
#include <benchmark/benchmark.h>

#include <random>
#include <tuple>

#include "decode/decoder.h"
#include "flow/tracker.h"
#include "t2/text.h"

namespace t2 {
namespace {

std::vector<std::uint8_t> tcp_frame(std::uint32_t source, std::size_t payload) {
  std::vector<std::uint8_t> f(54 + payload);
  f[12] = 0x08;
  f[14] = 0x45;
  const auto length = static_cast<std::uint16_t>(40 + payload);
  f[16] = static_cast<std::uint8_t>(length >> 8);
  f[17] = static_cast<std::uint8_t>(length);
  f[22] = 64;
  f[23] = 6;
  for (int i = 0; i < 4; ++i)
    f[static_cast<std::size_t>(26 + i)] = static_cast<std::uint8_t>(source >> 8 * i);
  f[30] = 10;
  f[34] = 0x40;
  f[37] = 80;
  f[46] = 0x50;
  f[47] = 0x10;
  return f;
}

void decode(benchmark::State& state) {
  Decoder decoder{DecodeOptions{}};
  const std::vector<std::uint8_t> bytes = tcp_frame(1, 512);
  const Frame frame{0, bytes, static_cast<std::uint32_t>(bytes.size()), 1};
  Packet p;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(frame, 1, p));
    benchmark::DoNotOptimize(p.l7.data());
  }
}
BENCHMARK(decode);

struct NoListener final : FlowTracker::Listener {
  void on_pair_end(FlowSlot&, FlowSlot*) override {}
  void on_table_full() override {}
};

/// Packets of state.range(0) flows in random order.
void find_flow(benchmark::State& state) {
  NoListener listener;
  TrackerOptions options;
  options.capacity = 1 << 24;
  FlowTracker tracker(options, SlotLayout(), listener);
  Decoder decoder{DecodeOptions{}};
  std::mt19937 random(1);
  std::vector<Packet> packets(static_cast<std::size_t>(state.range(0)));
  std::vector<std::vector<std::uint8_t>> frames;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    frames.push_back(tcp_frame(random(), 0));
    decoder.decode({0, frames[i], 54, 1}, i + 1, packets[i]);
  }
  for (auto _ : state)
    benchmark::DoNotOptimize([&] {
      const Packet& p = packets[random() % packets.size()];
      FlowTracker::Keyed key;
      tracker.set_key(p, key);
      return tracker.assign(p, key).flow;
    }());
}
BENCHMARK(find_flow)->Arg(1000)->Arg(100000)->Arg(1000000);

/// Rows of `columns`, encoded from `values` and printed.
void rows_to_text(benchmark::State& state, const ColumnList& columns, const void* values,
                  const Flow& flow) {
  const Schema schema{columns.all()};
  const TextSettings settings;
  const RowFormatter formatter(schema, settings, Quoting::kStrings);
  RowWriter writer;
  TextBuffer text;
  for (auto _ : state) {
    writer.clear();
    text.clear();
    for (const Column& column : schema.columns)
      column.encode({flow, values, nullptr, nullptr}, writer);
    formatter.row({writer.bytes()}, text);
    benchmark::DoNotOptimize(text.view().data());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}

/// A row of 24 columns like the tutorial's.
void row_to_text(benchmark::State& state) {
  struct State {
    Hex64 status{0x0400000000004000};
    Timestamp first{1168195766739929000}, last{1168195799748737000};
    Duration duration{33008808000};
    std::uint16_t port = 4075;
    Mac mac{{0, 0x16, 0x36, 0xa9, 8, 0x20}};
    std::string organisation = "Comcast Cable Communications";
    std::uint64_t index = 12345;
  } values;
  ColumnList list;
  Columns<State> c(list, Lane::kShard);
  c.add("a", "", &State::status);
  c.add("b", "", &State::first);
  c.add("c", "", &State::last);
  c.add("d", "", &State::duration);
  for (int i = 0; i < 2; ++i) {
    c.add("e", "", &State::mac);
    c.add("f", "", [](const State&, const Flow& f) { return f.src_ip(); });
    c.add("g", "", [](const State&) { return Text{"us"}; });
    c.add("h", "", &State::organisation);
    c.add("i", "", &State::port);
  }
  for (int i = 0; i < 10; ++i) c.add("j", "", &State::index);
  Flow flow;
  flow.key.family = Family::kIpv4;
  flow.key.src = {67, 180, 72, 76};
  rows_to_text(state, list, &values, flow);
}
BENCHMARK(row_to_text);

/// A row of 60 columns like those of the statistics plugins.
void row_of_numbers(benchmark::State& state) {
  struct State {
    std::uint16_t none = 0, flags = 0x4000, size = 1460;
    std::uint32_t sequence = 2829811035;
    std::uint64_t bytes = 3656;
    Hex16 bits{0x0011};
    Hex32 options{0x0000011e};
    float zero = 0, whole = 64240, interval = 0.2088848F, rate = 192.4081F, tiny = 1.2e-5F;
    std::tuple<Hex8, Hex32> pair;
  } values;
  ColumnList list;
  Columns<State> c(list, Lane::kShard);
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 5; ++k) c.add("none", "", &State::none);
    for (int k = 0; k < 3; ++k) c.add("zero", "", &State::zero);
    for (const auto m : {&State::none, &State::flags, &State::size}) c.add("size", "", m);
    for (const auto m : {&State::whole, &State::interval, &State::rate, &State::tiny})
      c.add("ratio", "", m);
    c.add("sequence", "", &State::sequence);
    c.add("bytes", "", &State::bytes);
    c.add("bits", "", &State::bits);
    c.add("options", "", &State::options);
    c.add("pair", "", &State::pair);
  }
  rows_to_text(state, list, &values, Flow());
}
BENCHMARK(row_of_numbers);

}  // namespace
}  // namespace t2

BENCHMARK_MAIN();
