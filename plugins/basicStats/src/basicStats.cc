// SPDX-License-Identifier: Apache-2.0
#include "basicStats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "state.h"
#include "t2/core_settings.h"
#include "t2/plugin.h"
#include "t2/protocols.h"

namespace t2::basic_stats {
namespace {

float ratio(double a, double b) {
  return b == 0 ? 0.0F : static_cast<float>(a / b);
}

double seconds(Nanoseconds t) {
  return static_cast<double>(t) / 1e9;
}

float asymmetry(std::uint64_t sent, std::uint64_t received) {
  const auto s = static_cast<double>(sent), r = static_cast<double>(received);
  return ratio(s - r, s + r);
}

/// The pair of a direction: one key for both.
FlowKey pair_of(const Flow& f) {
  FlowKey other = f.key;
  std::swap(other.src, other.dst);
  std::swap(other.src_port, other.dst_port);
  return std::memcmp(&other, &f.key, sizeof other) < 0 ? other : f.key;
}

/// When a pair ended, and which one, for a frame that carries several packets (A-MSDU) may have
/// the last ones of several pairs.
struct Ended {
  EndOrder order;
  FlowKey pair;

  bool operator<(const Ended& o) const {
    return order != o.order ? order < o.order : std::memcmp(&pair, &o.pair, sizeof pair) < 0;
  }
};

/// The highest value of all flow directions, with what is told of the first one that had it.
template <class Value, class Told>
struct Highest {
  Value value{};
  Ended ended;
  Told told{};

  template <class Tell>
  void offer(Value v, const Flow& flow, const EndOrder& now, Tell tell) {
    const bool same = v == value && now == ended.order;
    if (!(v > value) && !same) return;
    const Ended end{now, pair_of(flow)};
    if (!same || end < ended) *this = {v, end, tell()};
  }
  void merge(const Highest& o) {
    if (o.value > value || (o.value == value && o.ended < ended)) *this = o;
  }
};
using Talker = Highest<std::uint64_t, std::string>;  // who sent so much
using Fastest = Highest<double, std::uint64_t>;      // packets at this rate

class BasicStats final : public Plugin {
 public:
  using Cols = Columns<State>;

  PluginInfo info() const override {
    return {"basicStats", "0.9.1", "Packet and byte counts, sizes, inter-arrival times, rates", {}};
  }
  Settings* settings() override { return &config_; }
  const Config& config() const { return config_; }

  void columns(ColumnSet& flows, ColumnSet& packets) override {
    auto flow = flows.of<State>();
    auto packet = packets.of<State>();
    static constexpr const char* kLayers[] = {"2", "3", "4", "7"};
    length_level_ = static_cast<int>(core_settings().PACKETLENGTH);
    layer_ = kLayers[length_level_];
    old_names_ = config_.BS_NAMES == 91;
    modulus_ = static_cast<std::uint32_t>(config_.BS_MOD);
    higher_ = config_.BS_STATS && config_.BS_VAR && config_.BS_SK && !old_names_;
    usual_ = config_.BS_STATS && config_.BS_XCLD == 0 && !higher_;
    aggregated_ = core_settings().AGGREGATIONFLAG != 0;
    count_columns(flow);
    if (config_.BS_STATS) {
      if (config_.BS_PL_STATS) size_columns(flow);
      if (config_.BS_IAT_STATS) iat_columns(flow);
      rate_columns(flow);
    }
    packet_columns(packet);
  }

  /// The length that everything here counts (spec basicStats 1).
  std::uint32_t length_of(const Packet& p) const {
    const bool below_ip = !p.is_ip() && length_level_ != 0;
    const std::uint32_t length = below_ip ? p.l7_length : p.length;
    return modulus_ > 1 ? length % modulus_ : length;
  }

  bool usual() const { return usual_; }
  bool aggregated() const { return aggregated_; }

  bool counts(std::uint32_t length) const {
    const std::int64_t lowest = config_.BS_XMIN, highest = config_.BS_XMAX;
    switch (config_.BS_XCLD) {
      case 1:
        return length > lowest;
      case 2:
        return length < highest;
      case 3:
        return length >= lowest && length <= highest;
      case 4:
        return length <= lowest || length >= highest;
      default:
        return true;
    }
  }

  double mean_size(const State& s) const {
    if (config_.BS_XCLD == 0) return static_cast<double>(s.bytes) / static_cast<double>(s.packets);
    if (!s.extra) return 0;
    return static_cast<double>(s.extra->bytes) / static_cast<double>(s.extra->packets);
  }
  static double byte_rate(const State& s, const Flow& f) {
    const Nanoseconds d = f.duration();
    return d == 0 ? 0 : static_cast<double>(s.bytes) / seconds(d);
  }

 private:
  static std::uint64_t received(const State& s, const Flow& f, std::uint64_t State::*count) {
    const State* const other = opposite_state(s, f);
    return other != nullptr ? other->*count : 0;
  }

  const char* name(const char* old_name, const char* new_name) const {
    return old_names_ ? old_name : new_name;
  }
  /// A name with the number of the layer that lengths are counted from.
  std::string layer_name(const char* old_name, const char* front, const char* back) const {
    return old_names_ ? old_name : std::string(front) + layer_ + back;
  }

  void count_columns(Cols& t) {
    t.add(name("numPktsSnt", "pktsSnt"), "Number of transmitted packets", &State::packets);
    if (config_.BS_REV_CNT) {
      t.add(name("numPktsRcvd", "pktsRcvd"), "Number of received packets",
            [](const State& s, const Flow& f) { return received(s, f, &State::packets); });
    }
    if (config_.BS_AGGR_CNT) {
      t.add(name("numPktsRTAggr", "pktsRTAggr"), "Number of received and transmitted packets",
            [](const State& s, const Flow& f) {
              return s.packets + received(s, f, &State::packets);
            });
    }
    if (config_.BS_PAD && !old_names_) {
      t.add("padBytesSnt", "Number of transmitted padding bytes",
            [](const State& s) { return static_cast<std::int64_t>(s.padding); });
    }
    t.add(layer_name("numBytesSnt", "l", "BytesSnt"), "Number of transmitted bytes", &State::bytes);
    if (config_.BS_REV_CNT) {
      t.add(layer_name("numBytesRcvd", "l", "BytesRcvd"), "Number of received bytes",
            [](const State& s, const Flow& f) { return received(s, f, &State::bytes); });
    }
    if (config_.BS_AGGR_CNT) {
      t.add(layer_name("numBytesRTAggr", "l", "BytesRTAggr"),
            "Number of received and transmitted bytes",
            [](const State& s, const Flow& f) { return s.bytes + received(s, f, &State::bytes); });
    }
  }

  /// Standard deviation, variance, skewness and kurtosis, as far as they are wanted.
  void moment_columns(Cols& t, const std::string& old_noun, const std::string& noun,
                      const char* what, Quantity q) {
    const std::string& n = old_names_ ? old_noun : noun;
    if (config_.BS_STDDEV) {
      t.add("std" + n, std::string("Standard deviation of the ") + what,
            [q](const State& s) { return static_cast<float>(s.moments.deviation(q)); });
    }
    if (config_.BS_VAR) {
      t.add("var" + n, std::string("Variance of the ") + what,
            [q](const State& s) { return static_cast<float>(s.moments.variance[q]); });
    }
    if (!higher_) return;
    t.add("skew" + n, std::string("Skewness of the ") + what, [q](const State& s) {
      const double v = s.moments.variance[q];
      return s.extra ? ratio(s.extra->moments[q].skew, v * std::sqrt(v)) : 0.0F;
    });
    t.add("kur" + n, std::string("Kurtosis of the ") + what, [q](const State& s) {
      const double v = s.moments.variance[q];
      return s.extra ? ratio(s.extra->moments[q].kurtosis, v * v) : 0.0F;
    });
  }

  void size_columns(Cols& t) {
    t.add(layer_name("minPktSz", "minL", "PktSz"), "Minimum packet size", &State::min_size);
    t.add(layer_name("maxPktSz", "maxL", "PktSz"), "Maximum packet size", &State::max_size);
    t.add(layer_name("avePktSize", "avgL", "PktSz"), "Average packet size",
          [this](const State& s) { return static_cast<float>(mean_size(s)); });
    moment_columns(t, "PktSize", "L" + std::string(layer_) + "PktSz", "packet size", kSize);
  }

  void iat_columns(Cols& t) {
    t.add("minIAT", "Minimum inter-arrival time",
          [](const State& s) { return static_cast<float>(seconds(s.min_iat)); });
    t.add("maxIAT", "Maximum inter-arrival time",
          [](const State& s) { return static_cast<float>(seconds(s.max_iat)); });
    t.add(name("aveIAT", "avgIAT"), "Average inter-arrival time",
          [](const State& s) { return static_cast<float>(s.moments.mean[kIat]); });
    moment_columns(t, "IAT", "IAT", "inter-arrival time", kIat);
  }

  void rate_columns(Cols& t) {
    t.add("pktps", "Sent packets per second", [](const State& s, const Flow& f) {
      return ratio(static_cast<double>(s.packets), seconds(f.duration()));
    });
    t.add("bytps", "Sent bytes per second",
          [](const State& s, const Flow& f) { return static_cast<float>(byte_rate(s, f)); });
    t.add("pktAsm", "Packet stream asymmetry", [](const State& s, const Flow& f) {
      const float a = asymmetry(s.packets, received(s, f, &State::packets));
      return f.opposite == nullptr && f.inverted() ? -a : a;
    });
    t.add("bytAsm", "Byte stream asymmetry", [](const State& s, const Flow& f) {
      return asymmetry(s.bytes, received(s, f, &State::bytes));
    });
  }

  void packet_columns(Cols& t) {
    const auto add = [&t](const char* title, const char* doc, std::uint32_t (*get)(const Packet&)) {
      t.add(title, doc, [get](const State&, const Flow&, const Packet& p) { return get(p); });
    };
    const auto udp = [&add] { add("udpLen", "UDP length field", udp_length); };
    add("pktLen", "Packet size on the wire", [](const Packet& p) { return p.wire_length; });
    if (old_names_) {
      udp();
    } else {
      add("snapL3Len", "Captured layer 3 length",
          [](const Packet& p) { return size(p.is_ip() ? p.l3 : p.l7); });
    }
    add("snapL4Len", "Captured layer 4 length",
        [](const Packet& p) { return size(p.is_ip() ? p.l4 : p.l7); });
    add("snapL7Len", "Captured layer 7 length", [](const Packet& p) { return size(p.l7); });
    if (!old_names_) {
      add("l3Len", "Layer 3 length", [](const Packet& p) { return p.l3_length; });
      udp();
    }
    add("l7Len", "Layer 7 length", [](const Packet& p) { return p.l7_length; });
    if (modulus_ > 1) {
      t.add("pktLenMod", "Packet length modulo BS_MOD",
            [this](const State&, const Flow&, const Packet& p) { return length_of(p); });
    }
    t.add("padLen", "Layer 2 padding length", [](const State&, const Flow&, const Packet& p) {
      return static_cast<std::int64_t>(p.pad_length);
    });
  }

  static std::uint32_t size(Bytes b) { return static_cast<std::uint32_t>(b.size()); }

  static std::uint32_t udp_length(const Packet& p) {
    using namespace ip_protocol;
    const bool has_field = p.is_ip() && !p.later_fragment &&
                           (p.l4_proto == kUdp || p.l4_proto == kUdpLite) && p.l4.size() >= 6;
    return has_field ? load_be16(&p.l4[4]) : 0;
  }

  Config config_;
  int length_level_ = 3;
  const char* layer_ = "7";
  bool old_names_ = false, higher_ = false, aggregated_ = false;
  bool usual_ = true;  // all packets count, and two moments are enough
  std::uint32_t modulus_ = 0;
};

class Counts final : public ShardPart<BasicStats, State> {
 public:
  void on_packet(Flow&, State& s, const Packet& p) override {
    const std::uint32_t length = plugin().length_of(p);
    ++s.packets;
    s.bytes += length;
    s.padding += p.pad_length;
    if (plugin().usual()) [[likely]] {
      add(s, length, p.time, s.packets);
    } else if (plugin().config().BS_STATS && plugin().counts(length)) {
      add_extra(s, length, p.time);
    }
  }

  void on_flow_end(Flow& flow, State& s) override {
    const bool l2 = flow.is_l2();
    Talker& packets = l2 ? l2_packets_ : l3_packets_;
    Talker& bytes = l2 ? l2_bytes_ : l3_bytes_;
    const EndOrder now = core().end_order();
    packets.offer(s.packets, flow, now, [&] { return sender(flow); });
    bytes.offer(s.bytes, flow, now, [&] { return sender(flow); });
    all_bytes_ += s.bytes;
    if (plugin().config().BS_PL_STATS) max_load_ = std::max(max_load_, plugin().mean_size(s));
    fastest_.offer(BasicStats::byte_rate(s, flow), flow, now, [&] { return s.packets; });
  }

  void report(Report& r) const override {
    if (plugin().config().BS_STATS) {
      r.line("Flow max(pktload): " + with_suffix(static_cast<std::uint64_t>(max_load_)));
      std::string rate = with_suffix(static_cast<std::uint64_t>(8 * fastest_.value));
      if (rate.back() == ')') rate.insert(rate.size() - 1, "b/s");
      r.line(fmt::format("Flow max(b/s), pkts: {}, {}", rate, with_suffix(fastest_.told)));
    }
    const auto talker = [&](const char* layer, const Talker& t, std::uint64_t of,
                            const char* what) {
      if (t.value == 0) return;
      r.line(fmt::format("Biggest {} flow talker: {}: {}{} {}", layer, t.told, with_suffix(t.value),
                         percent(t.value, of), what));
    };
    talker("L2", l2_packets_, r.totals().packets, "packets");
    talker("L2", l2_bytes_, all_bytes_, "bytes");
    if (plugin().config().ANONYM_IP) return;
    talker("L3", l3_packets_, r.totals().packets, "packets");
    talker("L3", l3_bytes_, all_bytes_, "bytes");
  }

  void merge(const Counts& other) {
    l2_packets_.merge(other.l2_packets_);
    l2_bytes_.merge(other.l2_bytes_);
    l3_packets_.merge(other.l3_packets_);
    l3_bytes_.merge(other.l3_bytes_);
    all_bytes_ += other.all_bytes_;
    max_load_ = std::max(max_load_, other.max_load_);
    fastest_.merge(other.fastest_);
  }

 private:
  /// Takes the `count`-th packet that counts. Returns its deviations.
  static Values add(State& s, std::uint32_t length, Nanoseconds time, std::uint64_t count) {
    const double share = 1 / static_cast<double>(count);  // divisions are slow
    const bool first = count == 1;
    if (first) [[unlikely]] {
      s.moments.mean[kSize] = length;
      s.min_size = s.max_size = length;
      s.last = time;
    }
    const Nanoseconds iat = time - s.last;
    s.last = time;
    s.min_size = std::min(s.min_size, length);
    s.max_size = std::max(s.max_size, length);
    s.min_iat = first ? iat : std::min(s.min_iat, iat);
    s.max_iat = first ? iat : std::max(s.max_iat, iat);
    return s.moments.add({static_cast<double>(length), seconds(iat)}, share);
  }

  void add_extra(State& s, std::uint32_t length, Nanoseconds time) {
    if (!s.extra) s.extra = std::make_unique<Extra>();
    Extra& e = *s.extra;
    ++e.packets;
    e.bytes += length;
    const Values d = add(s, length, time, e.packets);
    const double share = 1 / static_cast<double>(e.packets);
    for (std::size_t i = 0; i < kQuantities; ++i) e.moments[i].add(d[i], share);
  }

  std::string sender(Flow& f) {
    if (f.is_l2()) {
      Mac m;
      std::copy_n(f.key.src.begin(), m.bytes.size(), m.bytes.begin());
      return to_text(m);
    }
    if (plugin().aggregated()) return "N/A";
    std::string text = to_text(f.src_ip());
    core().find_labels(f);
    const std::string_view country = plugin().run().labels().get(f.src_label).country;
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    if (country.size() != 2 || !letter(country[0]) || !letter(country[1])) return text;
    const auto upper = [](char c) { return static_cast<char>(c - 'a' + 'A'); };
    return fmt::format("{} ({}{})", text, upper(country[0]), upper(country[1]));
  }

  Talker l2_packets_, l2_bytes_, l3_packets_, l3_bytes_;
  std::uint64_t all_bytes_ = 0;
  double max_load_ = 0;
  Fastest fastest_;
};

}  // namespace
}  // namespace t2::basic_stats

T2_PLUGIN(t2::basic_stats::BasicStats, t2::basic_stats::Counts)
