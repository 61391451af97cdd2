// SPDX-License-Identifier: Apache-2.0
#include "tcpFlags.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>
#include <tuple>

#include "bits.h"
#include "options.h"
#include "packet.h"
#include "scan.h"
#include "state.h"
#include "t2/core_settings.h"
#include "t2/plugin.h"

namespace t2::tcp_flags {
namespace {

using Pair8 = std::tuple<std::uint8_t, std::uint8_t>;

Pair8 split_tos(std::uint8_t tos, int shift) {
  return {static_cast<std::uint8_t>(tos >> shift), static_cast<std::uint8_t>(tos & 3)};
}

auto hex_bytes(Bytes b) {
  return generate<Hex8>(b.size(), [b](std::size_t i) { return Hex8{b[i]}; });
}

/// Of the packet at hand, as the part that keeps the States has read it.
const PacketFacts& facts_of(const ShardPartBase& part);

class TcpFlags final : public Plugin {
 public:
  using Cols = Columns<State>;

  PluginInfo info() const override {
    return {"tcpFlags", "0.9.1", "IP and TCP header features, checksums, scans, round trips", {}};
  }
  Settings* settings() override { return &config_; }
  const Config& config() const { return config_; }
  const PacketOptions& options() const { return options_; }

  void columns(ColumnSet& flows, ColumnSet& packets) override {
    auto flow = flows.of<State>();
    auto packet = packets.of<State>();
    PacketOptions& o = options_;
    o.precision = core_settings().FLOAT32_TIMES ? Precision::kFloat32 : Precision::kExact;
    o.fragments = config_.FRAG_ANALYZE;
    o.checksums = static_cast<int>(config_.IPCHECKSUM);
    if (o.checksums == 2) o.ipv4_checks = o.ipv6_checks = Packet::kL4Right;
    if (o.checksums >= 1) o.ipv4_checks |= Packet::kIpRight;
    o.window_min = static_cast<std::uint32_t>(config_.WINMIN);
    o.sequence = config_.SEQ_ACK_NUM;
    o.trips = config_.RTT_ESTIMATE;
    o.count_flags = config_.TCPFLGCNT;
    o.ja4t_kinds = config_.TCPJA4T ? static_cast<std::size_t>(config_.JA4TOPTMX) : 0;
    flow_ip_columns(flow);
    if (config_.SEQ_ACK_NUM) flow_sequence_columns(flow);
    if (config_.WINDOWSIZE) flow_window_columns(flow);
    flow_tcp_columns(flow);
    if (config_.NAT_BT_EST) flow_boot_columns(flow);
    if (config_.RTT_ESTIMATE) flow_trip_columns(flow);
    packet_ip_columns(packet);
    if (config_.SEQ_ACK_NUM) packet_sequence_columns(packet);
    packet_tcp_columns(packet);
  }

  Result<void> start(StartUp& core) override {
    if (config_.IPCHECKSUM == 2) core.verify_checksums();
    options_.rows = run().packet_mode();
    return {};
  }

 private:
  bool new_names() const { return config_.TCP_NAMES == 93; }

  // Flow columns, in the order of spec tcpFlags 2.

  /// Adds the ToS column in the form of IPTOS; `get` takes what the getter of a column takes.
  template <class... Args, class Get>
  void tos_column(Cols& t, Get get) {
    switch (config_.IPTOS) {
      case 1:
        t.add("ipToSDscp_ecn", "IP Type of Service: DSCP and ECN", [get](const Args&... a) {
          return get([](std::uint8_t v) { return split_tos(v, 2); }, a...);
        });
        return;
      case 2:
        t.add("ipToSPrec_ecn", "IP Type of Service: precedence and ECN", [get](const Args&... a) {
          return get([](std::uint8_t v) { return split_tos(v, 5); }, a...);
        });
        return;
      default:
        t.add("ipToS", "IP Type of Service", [get](const Args&... a) {
          return get([](std::uint8_t v) { return Hex8{v}; }, a...);
        });
    }
  }

  void flow_ip_columns(Cols& t) {
    t.add(
        "tcpFStat", "tcpFlags status", [](const State& s) { return Hex16{s.stat}; }, stat_bits());
    t.add("ipMindIPID", "IP minimum delta IP ID", &State::min_id_step);
    t.add("ipMaxdIPID", "IP maximum delta IP ID", &State::max_id_step);
    t.add("ipMinTTL", "IP minimum TTL", &State::min_ttl);
    t.add("ipMaxTTL", "IP maximum TTL", &State::max_ttl);
    t.add("ipTTLChg", "IP TTL change count", &State::ttl_changes);
    tos_column<State>(t, [](auto form, const State& s) { return form(s.tos); });
    t.add(
        "ipFlags", "IP aggregated flags", [](const State& s) { return Hex16{s.ip_flags}; },
        ip_flag_bits());
    t.add("ipOptCnt", "IP options count",
          [](const State& s) { return rare_of(s).ip_option_count; });
    t.add("ipOptCpCl_Num", "IP aggregated options, copy-class and number", [](const State& s) {
      return std::tuple{Hex8{rare_of(s).ip_option_class}, Hex32{rare_of(s).ip_options}};
    });
    t.add("ip6OptCntHH_D", "IPv6 Hop-by-Hop and Destination option counts", [](const State& s) {
      return std::tuple{rare_of(s).hop_option_count, rare_of(s).destination_option_count};
    });
    t.add("ip6OptHH_D", "IPv6 aggregated Hop-by-Hop and Destination options", [](const State& s) {
      return std::tuple{Hex32{rare_of(s).hop_options}, Hex32{rare_of(s).destination_options}};
    });
  }

  void flow_sequence_columns(Cols& t) {
    t.add("tcpISeqN", "TCP initial sequence number", &State::first_seq);
    t.add("tcpPSeqCnt", "TCP packets with the expected sequence number", &State::seq_ok);
    t.add("tcpSeqSntBytes", "TCP sent sequence number difference bytes", &State::seq_bytes);
    t.add("tcpSeqFaultCnt", "TCP sequence number fault count", &State::seq_faults);
    t.add("tcpPAckCnt", "TCP packet ACK count", &State::acks);
    t.add("tcpFlwLssAckRcvdBytes", "TCP flawless ACK received bytes", &State::ack_bytes);
    t.add("tcpAckFaultCnt", "TCP ACK number fault count", &State::ack_faults);
    t.add("tcpBFlgtMx", "TCP maximum bytes in flight", &State::max_in_flight);
  }

  void flow_window_columns(Cols& t) {
    t.add("tcpInitWinSz", "TCP initial effective window size", &State::first_window);
    t.add(new_names() ? "tcpAvgWinSz" : "tcpAveWinSz", "TCP average effective window size",
          &State::mean_window);
    t.add("tcpMinWinSz", "TCP minimum effective window size", &State::min_window);
    t.add("tcpMaxWinSz", "TCP maximum effective window size", &State::max_window);
    t.add("tcpWinSzDwnCnt", "TCP effective window size decreases", &State::window_downs);
    t.add("tcpWinSzUpCnt", "TCP effective window size increases", &State::window_ups);
    t.add("tcpWinSzChgDirCnt", "TCP effective window size direction changes", &State::window_turns);
    t.add("tcpWinSzThRt", "TCP ratio of packets with a window below WINMIN", [](const State& s) {
      return s.tcp_packets == 0
                 ? 0.0F
                 : static_cast<float>(static_cast<double>(s.small_windows) / s.tcp_packets);
    });
  }

  void flow_tcp_columns(Cols& t) {
    t.add(
        "tcpFlags", "TCP aggregated flags (FIN-ACK, SYN-ACK, RST-ACK, anomalies)",
        [](const State& s) { return Hex16{s.tcp_flags}; }, tcp_flag_bits(new_names()));
    t.add(
        "tcpAnomaly", "TCP aggregated header anomaly flags",
        [](const State& s) { return Hex16{s.anomaly}; }, anomaly_bits());
    if (config_.TCPJA4T) {
      t.add("tcpJA4T", "JA4T fingerprint", [](const State& s) { return OwnedText{ja4t(s)}; });
    }
    if (config_.TCPFLGCNT) flag_count_column(t);
    t.add("tcpOptPktCnt", "TCP packets with options", &State::option_packets);
    t.add("tcpOptCnt", "TCP options count", &State::option_count);
    t.add(
        "tcpOptions", "TCP aggregated options",
        [](const State& s) { return Hex32{s.option_kinds}; }, option_kind_bits());
    t.add("tcpMSS", "TCP maximum segment size", &State::mss);
    t.add("tcpWS", "TCP window scale factor", [](const State& s) {
      return s.scaled() ? static_cast<std::uint16_t>(s.factor()) : std::uint16_t{0};
    });
    if (!config_.MPTCP) return;
    t.add(
        "tcpMPTBF", "TCP MPTCP subtypes",
        [](const State& s) { return Hex16{rare_of(s).mp_subtypes}; }, mp_subtype_bits());
    t.add(
        "tcpMPF", "TCP MPTCP flags", [](const State& s) { return Hex8{rare_of(s).mp_flags}; },
        mp_flag_bits());
    t.add("tcpMPAID", "TCP MPTCP address ID", [](const State& s) { return rare_of(s).mp_address; });
    t.add(
        "tcpMPDSSF", "TCP MPTCP DSS flags", [](const State& s) { return Hex8{rare_of(s).mp_dss}; },
        mp_dss_bits());
  }

  void flag_count_column(Cols& t) {
    t.add("tcpCntF_S_R_P_A_U_E_C_FA_SA_RA_N_SF_SFR_RF_X",
          "Packets per TCP flag and combination of flags", [](const State& s) {
            const auto& c = rare_of(s).flag_counts;
            // Bit 13 is SYN-FIN-RST, bit 14 FIN-RST, as in the name.
            return std::tuple{c[0], c[1], c[2],  c[3],  c[4],  c[5],  c[6],  c[7],
                              c[8], c[9], c[10], c[11], c[12], c[13], c[14], c[15]};
          });
  }

  /// Window, options of the first SYN, MSS, window scale: "64240_2-4-8-1-3_1460_7".
  static std::string ja4t(const State& s) {
    const Rare& rare = rare_of(s);
    std::string text;
    auto out = std::back_inserter(text);
    fmt::format_to(out, "{}_", s.first_window);
    if (rare.syn_kind_count == 0) fmt::format_to(out, "00");
    for (std::size_t i = 0; i < rare.syn_kind_count; ++i) {
      fmt::format_to(out, "{}{}", i > 0 ? "-" : "", rare.syn_kinds[i]);
    }
    fmt::format_to(out, "_{:02}", s.mss);
    if (s.scaled()) {
      fmt::format_to(out, "_{}", s.shift);
    } else {
      fmt::format_to(out, "_00");
    }
    return text;
  }

  void flow_boot_columns(Cols& t) {
    t.add("tcpTmS", "TCP last timestamp value", &State::ts_value);
    t.add("tcpTmER", "TCP last timestamp echo reply", &State::ts_echo);
    t.add("tcpEcI", "TCP estimated counter increment",
          [](const State& s) { return static_cast<float>(boot_time(s).tick); });
    t.add("tcpUtm", "TCP estimated up time",
          [](const State& s) { return static_cast<double>(boot_time(s).up) / 1e9; });
    t.add("tcpBtm", "TCP estimated boot time",
          [](const State& s) { return Timestamp{boot_time(s).boot}; });
  }

  void flow_trip_columns(Cols& t) {
    t.add("tcpSSASAATrip", "TCP trip time SYN, SYN-ACK (A) or SYN-ACK, ACK (B)", &State::trip);
    t.add("tcpRTTAckTripMin", "TCP ACK trip minimum", &State::min_trip);
    t.add("tcpRTTAckTripMax", "TCP ACK trip maximum", &State::max_trip);
    t.add(new_names() ? "tcpRTTAckTripAvg" : "tcpRTTAckTripAve", "TCP ACK trip average",
          [](const State& s) { return static_cast<float>(s.mean_trip); });
    t.add(new_names() ? "tcpRTTAckTripJitAvg" : "tcpRTTAckTripJitAve",
          "TCP ACK trip jitter average",
          [](const State& s) { return static_cast<float>(std::sqrt(s.jitter)); });
    t.add("tcpRTTSseqAA", "TCP round trip time: SYN, SYN-ACK, ACK (A), average ACK-ACK (B)",
          [](const State& s, const Flow& f) {
            if (f.opposite == nullptr) return 0.0F;
            const State& o = *opposite_state(s, f);
            return f.inverted() ? sum(s.mean_trip, o.mean_trip) : sum(s.trip, o.trip);
          });
    t.add(new_names() ? "tcpRTTAckJitAvg" : "tcpRTTAckJitAve", "TCP ACK round trip jitter average",
          [](const State& s, const Flow& f) {
            if (f.opposite == nullptr || !f.inverted()) return 0.0F;
            return static_cast<float>(std::sqrt(sum(s.jitter, opposite_state(s, f)->jitter)));
          });
  }
  static float sum(double a, double b) { return static_cast<float>(a + b); }

  // Packet columns, in the order of spec tcpFlags 12.

  /// A value of every IP packet; empty for others.
  template <class Get>
  void add_ip(Cols& t, const char* name, const char* doc, Get get, Bits bits = {}) {
    t.add(
        name, doc,
        [get](const State&, const Flow&, const Packet& p, const ShardPartBase& part) {
          using Value = decltype(get(facts_of(part)));
          return p.is_ip() ? std::optional<Value>(get(facts_of(part))) : std::nullopt;
        },
        std::move(bits));
  }
  /// A value of TCP packets; empty for others.
  template <class Get>
  void add_tcp(Cols& t, const char* name, const char* doc, Get get, Bits bits = {}) {
    t.add(
        name, doc,
        [get](const State& s, const Flow& f, const Packet& p, const ShardPartBase& part) {
          const PacketFacts& facts = facts_of(part);
          using Value = decltype(get(facts, s, f));
          return p.is_ip() && facts.tcp ? std::optional<Value>(get(facts, s, f)) : std::nullopt;
        },
        std::move(bits));
  }
  /// The raw bytes of a header field, and their number before them.
  void add_bytes(Cols& t, const char* name, const char* doc, Bytes PacketFacts::*bytes) {
    t.add(name, doc,
          [bytes](const State&, const Flow&, const Packet& p, const ShardPartBase& part) {
            return hex_bytes(p.is_ip() ? facts_of(part).*bytes : Bytes{});
          });
  }
  static std::int16_t size(Bytes b) { return static_cast<std::int16_t>(b.size()); }

  void packet_ip_columns(Cols& t) {
    using F = PacketFacts;
    tos_column<State, Flow, Packet>(t, [](auto form, const State&, const Flow&, const Packet& p) {
      return p.is_ip() ? std::optional(form(p.tos)) : std::nullopt;
    });
    t.add("ipID", "IP identification", [](const State&, const Flow&, const Packet& p) {
      if (!p.is_ip()) return std::optional<std::uint16_t>();
      return std::optional(p.src_ip.is_v4() ? static_cast<std::uint16_t>(p.ip_id)
                                            : std::uint16_t{0});
    });
    add_ip(t, "ipIDDiff", "IP identification difference", [](const F& f) { return f.id_step; });
    add_ip(t, "ipFrag", "IP fragment field", [](const F& f) { return Hex16{f.fragment_word}; });
    t.add("ipTTL", "IP TTL", [](const State&, const Flow&, const Packet& p) {
      return p.is_ip() ? std::optional(p.ttl) : std::nullopt;
    });
    add_ip(t, "ipHdrChkSum", "IP header checksum", [](const F& f) { return Hex16{f.ip_stated}; });
    add_ip(t, "ipCalChkSum", "IP header computed checksum",
           [](const F& f) { return Hex16{f.ip_computed}; });
    add_ip(t, "l4HdrChkSum", "Layer 4 header checksum",
           [](const F& f) { return Hex16{f.l4_stated}; });
    add_ip(t, "l4CalChkSum", "Layer 4 computed checksum",
           [](const F& f) { return Hex16{f.l4_computed}; });
    add_ip(
        t, "ipFlags", "IP flags", [](const F& f) { return Hex16{f.ip_flags}; }, ip_flag_bits());
    add_ip(t, "ip6HHOptLen", "IPv6 Hop-by-Hop options length",
           [](const F& f) { return size(f.hop_options); });
    add_bytes(t, "ip6HHOpts", "IPv6 Hop-by-Hop options", &F::hop_options);
    add_ip(t, "ip6DOptLen", "IPv6 Destination options length",
           [](const F& f) { return size(f.destination_options); });
    add_bytes(t, "ip6DOpts", "IPv6 Destination options", &F::destination_options);
    t.add("ipOptLen", "IPv4 options length", [](const State&, const Flow&, const Packet& p) {
      if (!p.is_ip()) return std::optional<std::int16_t>();
      return std::optional(
          static_cast<std::int16_t>(p.src_ip.is_v4() ? p.l3_header_length - 20 : 0));
    });
    add_bytes(t, "ipOpts", "IPv4 options", &F::ip_options);
  }

  /// Sequence and acknowledgement numbers as the settings want them.
  template <class Get>
  void add_number(Cols& t, const char* name, const char* doc, Get get) {
    if (config_.SPKTMD_SEQACKHEX) {
      add_tcp(t, name, doc, [get](const PacketFacts& f, const State& s, const Flow& w) {
        return Hex32{get(f, s, w)};
      });
    } else {
      add_tcp(t, name, doc, get);
    }
  }
  std::uint32_t seq_base(const State& s) const {
    return config_.SPKTMD_SEQACKREL ? s.first_seq : 0;
  }
  std::uint32_t ack_base(const State& s, const Flow& f) const {
    if (!config_.SPKTMD_SEQACKREL) return 0;
    return f.opposite != nullptr ? opposite_state(s, f)->first_seq : s.first_ack;
  }

  void packet_sequence_columns(Cols& t) {
    using F = PacketFacts;
    add_number(t, "seq", "TCP sequence number",
               [this](const F& f, const State& s, const Flow&) { return f.seq - seq_base(s); });
    add_number(
        t, "ack", "TCP acknowledgement number",
        [this](const F& f, const State& s, const Flow& w) { return f.ack - ack_base(s, w); });
    add_number(t, "seqMax", "TCP maximum sequence number",
               [this](const F& f, const State& s, const Flow&) { return f.seq_max - seq_base(s); });
    add_tcp(t, "seqDiff", "TCP sequence number difference",
            [](const F& f, const State&, const Flow&) { return f.seq_diff; });
    add_tcp(t, "ackDiff", "TCP acknowledgement number difference",
            [](const F& f, const State&, const Flow&) { return f.ack_diff; });
    add_tcp(t, "seqLen", "TCP sequence length",
            [](const F& f, const State&, const Flow&) { return f.seq_length; });
    add_tcp(t, "ackLen", "TCP acknowledgement length",
            [](const F& f, const State&, const Flow&) { return f.ack_length; });
    const auto running = [this, &t](const char* name, const char* doc, std::uint64_t State::*sum) {
      add_tcp(t, name, doc, [sum](const F&, const State& s, const Flow&) {
        return static_cast<std::int64_t>(s.*sum);
      });
    };
    running("seqFlowLen", "TCP sequence flow length", &State::seq_bytes);
    running("ackFlowLen", "TCP acknowledgement flow length", &State::ack_bytes);
    running("tcpMLen", "TCP aggregated valid bytes transmitted so far", &State::payload_bytes);
    add_tcp(t, "tcpBFlgt", "TCP bytes in flight",
            [](const F&, const State& s, const Flow&) { return s.in_flight; });
  }

  void packet_tcp_columns(Cols& t) {
    using F = PacketFacts;
    const auto flow_value = [](auto State::*member) {
      return [member](const F&, const State& s, const Flow&) { return s.*member; };
    };
    add_ip(
        t, "tcpFStat", "tcpFlags status", [](const F& f) { return Hex16{f.stat}; }, stat_bits());
    add_tcp(
        t, "tcpFlags", "TCP flags",
        [](const F& f, const State&, const Flow&) { return Hex16{f.tcp_flags}; },
        tcp_flag_bits(new_names()));
    add_tcp(
        t, "tcpAnomaly", "TCP header anomaly flags",
        [](const F& f, const State&, const Flow&) { return Hex16{f.anomaly}; }, anomaly_bits());
    add_tcp(t, "tcpWin", "TCP effective window size",
            [](const F& f, const State&, const Flow&) { return f.window; });
    add_tcp(t, "tcpWS", "TCP window scale factor",
            [](const F& f, const State&, const Flow&) { return f.factor; });
    add_tcp(t, "tcpMSS", "TCP maximum segment size", flow_value(&State::mss));
    if (config_.NAT_BT_EST) {
      add_tcp(t, "tcpTmS", "TCP timestamp value", flow_value(&State::ts_value));
      add_tcp(t, "tcpTmER", "TCP timestamp echo reply", flow_value(&State::ts_echo));
    }
    if (config_.MPTCP) {
      add_tcp(t, "tcpMPTyp", "TCP MPTCP subtype",
              [](const F& f, const State&, const Flow&) { return f.mp_subtype; });
      add_tcp(
          t, "tcpMPF", "TCP MPTCP flags",
          [](const F& f, const State&, const Flow&) { return Hex8{f.mp_flags}; }, mp_flag_bits());
      add_tcp(t, "tcpMPAID", "TCP MPTCP address ID",
              [](const F& f, const State&, const Flow&) { return f.mp_address; });
      add_tcp(
          t, "tcpMPDSSF", "TCP MPTCP DSS flags",
          [](const F& f, const State&, const Flow&) { return Hex8{f.mp_dss}; }, mp_dss_bits());
    }
    add_ip(t, "tcpOptLen", "TCP options length", [](const F& f) { return f.tcp_options_length; });
    add_bytes(t, "tcpOpts", "TCP options", &F::tcp_options);
  }

  Config config_;
  PacketOptions options_;
};

class Features final : public ShardPart<TcpFlags, State> {
 public:
  void on_packet(Flow& flow, State& me, const Packet& p) override {
    if (p.is_ip()) look_at_packet(work_, flow, me, opposite_state(me, flow), p);
  }

  void on_flow_end(Flow& flow, State& me) override {
    if (me.ended) return;
    State* other = opposite_state(me, flow);
    if (plugin().config().SCAN_DETECTOR) detect_scans(flow, me, other);
    count_direction(flow, me);
    if (other != nullptr) count_direction(*flow.opposite, *other);
  }

  void report(Report& r) const override {
    r.aggregate("ipFlags", work_.counts.ip_flags, 4);
    r.aggregate("tcpFStat", work_.counts.stat, 4);
    r.aggregate("tcpFlags", work_.counts.tcp_flags, 4);
    r.aggregate("tcpAnomaly", work_.counts.anomaly, 4);
    r.aggregate("ipToS", work_.counts.tos, 2);
    const Counts& c = work_.counts;
    if (c.scans > 0 || c.successful_scans > 0) {
      r.line(fmt::format("Number of TCP scans attempted, successful: {}, {}{}",
                         with_suffix(c.scans), with_suffix(c.successful_scans),
                         c.scans > 0 ? percent(c.successful_scans, c.scans) : ""));
    }
    if (c.syn_retries > 0 || c.seq_retries > 0) {
      r.line(fmt::format("Number of TCP SYN retries, seq retries: {}, {}",
                         with_suffix(c.syn_retries), with_suffix(c.seq_retries)));
    }
    r.count(fmt::format("Number WinSz below {}", work_.options.window_min), c.small_windows,
            c.tcp_packets);
    if (c.mptcp_options == 0 || !plugin().config().MPTCP) return;
    r.line(fmt::format("Aggregated MPTCP subtypes: tcpMPTBF=0x{:04x}", c.mp_subtypes));
    r.line(fmt::format("Aggregated MPTCP flags: tcpMPF=0x{:02x}", c.mp_flags));
    r.count("Number of MPTCP packets", c.mptcp_options, r.totals().packets);
  }

  void monitor(Monitor& m) const override {
    m.bits("ipFlags", work_.counts.ip_flags);
    m.bits("tcpFStat", work_.counts.stat);
    m.bits("tcpFlags", work_.counts.tcp_flags);
    m.bits("tcpAnomaly", work_.counts.anomaly);
    m.value("tcpScan", work_.counts.scans);
    m.value("tcpSuccScan", work_.counts.successful_scans);
    m.value("tcpSynRetries", work_.counts.syn_retries);
    m.value("tcpSeqRetries", work_.counts.seq_retries);
  }

  Result<void> begin() override {
    work_.options = plugin().options();
    return {};
  }
  void merge(const Features& other) { work_.counts.merge(other.work_.counts); }
  const PacketFacts& facts() const { return work_.facts; }

 private:
  /// Spec tcpFlags 9, and what it does not ask: whether the pair looks like a scan.
  void detect_scans(const Flow& flow, State& me, State* other) {
    const bool any = plugin().config().SCAN_REFRULE;
    if (!any && (payload_delivered(me, other) || (other && payload_delivered(*other, &me)))) {
      withdraw_scan(me);
      if (other != nullptr) withdraw_scan(*other);
      return;
    }
    const bool probe = any || looks_like_probe(flow, me, other);
    detect_scan(me, other, probe);
    if (other != nullptr) detect_scan(*other, &me, probe);
  }

  void detect_scan(State& me, State* other, bool probe) {
    constexpr std::uint16_t kSuspicious = kSyn | kFin | 0xf800;
    constexpr std::uint32_t kFew = 4;
    if ((me.anomaly & kSynRetry) != 0 || (me.tcp_flags & kSuspicious) == 0) return;
    const bool few = me.tcp_packets < kFew;
    if (few && probe && (me.anomaly & (kScan | kScanSuccess)) == 0) {
      me.anomaly |= kScan;
      ++work_.counts.scans;
    }
    if (other == nullptr) return;
    const auto open = [](const State& s) { return (s.anomaly & (kScan | kScanSuccess)) == kScan; };
    if (open(me) || (open(*other) && few && other->tcp_packets < kFew)) {
      me.anomaly |= kScanSuccess;
      other->anomaly |= kScanSuccess;
      ++work_.counts.successful_scans;
    }
  }

  void count_direction(const Flow& flow, State& s) {
    s.ended = true;
    if (flow.is_l2()) return;
    if (plugin().config().FRAG_ANALYZE && flow.has(flow_stat::kFragmentError))
      s.ip_flags |= kFragmentSequence;
    work_.counts.ip_flags |= s.ip_flags;
    work_.counts.stat |= s.stat;
    work_.counts.tcp_flags |= s.tcp_flags;
    work_.counts.anomaly |= s.anomaly;
    work_.counts.tos |= s.tos;
    work_.counts.mp_subtypes |= rare_of(s).mp_subtypes;
    work_.counts.mp_flags |= rare_of(s).mp_flags;
    work_.counts.scans += rare_of(s).scan_packets;
  }

  Work work_;
};

const PacketFacts& facts_of(const ShardPartBase& part) {
  return static_cast<const Features&>(part).facts();
}

}  // namespace
}  // namespace t2::tcp_flags

T2_PLUGIN(t2::tcp_flags::TcpFlags, t2::tcp_flags::Features)
