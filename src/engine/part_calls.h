// SPDX-License-Identifier: Apache-2.0
// PartCalls: the handlers of all parts of one kind, shard parts or ordered ones, in the order of
// the plugins' numbers, and who of them gets the bytes of a stream.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "stream/streams.h"
#include "t2/plugin.h"

namespace t2 {

template <class Part, class AnyFlow>
class PartCalls final : public ChunkHandler {
 public:
  /// `offset`: of the part's State, from the AnyFlow. `number`: of the part, for `mask`.
  void add(const detail::PartType<Part, AnyFlow>& type, Part& part, std::size_t offset,
           unsigned number) {
    const auto bind = [&](auto& calls, auto function) {
      if (function != nullptr) calls.push_back({function, &part, offset, number});
    };
    bind(on_flow_start_, type.on_flow_start);
    bind(on_packet_, type.on_packet);
    bind(on_stream_, type.on_stream);
    bind(on_flow_end_, type.on_flow_end);
  }

  void flow_starts(AnyFlow& f, const Packet& p) const { call(on_flow_start_, f, p); }
  void packet_comes(AnyFlow& f, const Packet& p) const { call(on_packet_, f, p); }
  void flow_ends(AnyFlow& f) const { call(on_flow_end_, f); }
  // The same for those parts alone whose number's bit is set. A part may take its own away.
  void flow_starts(AnyFlow& f, const Packet& p, const std::uint32_t& mask) const {
    call_some(on_flow_start_, mask, f, p);
  }
  void packet_comes(AnyFlow& f, const Packet& p, const std::uint32_t& mask) const {
    call_some(on_packet_, mask, f, p);
  }
  void flow_ends(AnyFlow& f, const std::uint32_t& mask) const { call_some(on_flow_end_, mask, f); }

  /// ShardCore::open_stream, RunCore::open_stream.
  bool open(TcpStreams& streams, AnyFlow& flow, const Part& consumer, StreamUse use,
            std::optional<std::uint32_t> first_seq) const {
    const std::uint8_t bit = consumer_bit(consumer);
    return bit != 0 && streams.subscribe(flow, bit, use, first_seq);
  }
  void close(AnyFlow& flow, const Part& consumer) const {
    TcpStreams::leave(flow, consumer_bit(consumer));
  }

  void on_chunk(StreamEnd& end, const Chunk& chunk) override {
    auto& f = static_cast<AnyFlow&>(end);
    for (unsigned left = TcpStreams::consumers(f); left != 0; left &= left - 1) {
      const auto i = static_cast<unsigned>(std::countr_zero(left));
      if ((TcpStreams::consumers(f) >> i & 1) == 0) continue;  // one before it closed it
      const auto& c = on_stream_[i];
      c.function(*c.part, f, detail::behind(f, c.offset), chunk);
    }
  }

 private:
  /// A part's handler with everything needed to call it.
  template <class Function>
  struct Call {
    Function function;
    Part* part;
    std::size_t offset;
    unsigned number;
  };
  using Type = detail::PartType<Part, AnyFlow>;

  template <class Calls, class... Arguments>
  static void call(const Calls& calls, AnyFlow& f, const Arguments&... arguments) {
    for (const auto& c : calls) c.function(*c.part, f, detail::behind(f, c.offset), arguments...);
  }
  template <class Calls, class... Arguments>
  static void call_some(const Calls& calls, const std::uint32_t& mask, AnyFlow& f,
                        const Arguments&... arguments) {
    for (const auto& c : calls) {
      if ((mask >> c.number & 1) == 0) continue;
      c.function(*c.part, f, detail::behind(f, c.offset), arguments...);
    }
  }
  /// 0: it has no on_stream, or too many have.
  std::uint8_t consumer_bit(const Part& p) const {
    for (std::size_t i = 0; i < std::min<std::size_t>(on_stream_.size(), 8); ++i) {
      if (on_stream_[i].part == &p) return static_cast<std::uint8_t>(1U << i);
    }
    return 0;
  }

  std::vector<Call<decltype(Type::on_flow_start)>> on_flow_start_;
  std::vector<Call<decltype(Type::on_packet)>> on_packet_;
  std::vector<Call<decltype(Type::on_stream)>> on_stream_;
  std::vector<Call<decltype(Type::on_flow_end)>> on_flow_end_;
};

}  // namespace t2
