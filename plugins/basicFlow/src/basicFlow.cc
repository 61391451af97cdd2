// SPDX-License-Identifier: Apache-2.0
#include "basicFlow.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "state.h"
#include "t2/core_settings.h"
#include "t2/plugin.h"
#include "t2/protocols.h"

namespace t2::basic_flow {
namespace {

using VlanCompound = std::tuple<Hex16, std::uint8_t, std::uint8_t, std::uint16_t>;
using MplsCompound = std::tuple<std::uint32_t, std::uint8_t, std::uint8_t, std::uint8_t>;

std::uint16_t vlan_id(const VlanTag& t) {
  return t.tci & 0x0fff;
}
Hex32 vlan_header(const VlanTag& t) {
  return {std::uint32_t{t.tci} << 16 | t.ether_type};
}
VlanCompound vlan_parts(const VlanTag& t) {
  return {Hex16{t.tpid}, static_cast<std::uint8_t>(t.tci >> 13),
          static_cast<std::uint8_t>(t.tci >> 12 & 1), vlan_id(t)};
}
std::uint32_t mpls_label(std::uint32_t h) {
  return h >> 12;
}
Hex32 mpls_label_hex(std::uint32_t h) {
  return {h >> 12};
}
Hex32 mpls_header(std::uint32_t h) {
  return {h};
}
MplsCompound mpls_parts(std::uint32_t h) {
  return {h >> 12, static_cast<std::uint8_t>(h >> 9 & 7), static_cast<std::uint8_t>(h >> 8 & 1),
          static_cast<std::uint8_t>(h & 0xff)};
}

/// The reference's trip time: it turns both nanosecond fields into 32-bit floats before it
/// subtracts (spec basicFlow B.2).
Nanoseconds float32_difference(Nanoseconds later, Nanoseconds earlier) {
  const auto fraction = [](Nanoseconds t) { return static_cast<float>(t % kSecond); };
  return (later / kSecond - earlier / kSecond) * kSecond +
         static_cast<Nanoseconds>(fraction(later) - fraction(earlier));
}

std::vector<BitText> flow_stat_bits() {
  std::vector<BitText> bits;
  for (unsigned i = 0; i < 64; ++i) bits.push_back({i, "-"});  // those that mean nothing stay so
  for (const flow_stat::BitInfo& b : flow_stat::kBits) bits[b.bit] = {b.bit, b.text, b.severity};
  return bits;
}

class BasicFlow final : public Plugin {
 public:
  using Cols = Columns<State>;

  PluginInfo info() const override {
    return {"basicFlow", "0.9.1", "Flow identity, times, headers, addresses and labels", {}};
  }
  Settings* settings() override { return &config_; }
  const Config& config() const { return config_; }

  Result<void> start(StartUp&) override {
    if (config_.BFO_SUBNET_FILE.value().empty()) return {};
    return run().labels().load_list(config_.BFO_SUBNET_FILE);
  }

  void columns(ColumnSet& flow, ColumnSet& packet) override {
    float32_ = core_settings().FLOAT32_TIMES;
    relative_ = core_settings().RELTIME;
    auto flows = flow.of<State>();
    auto packets = packet.of<State>();
    flow_columns(flows);
    packet_columns(packets);
  }

  bool tunnel_columns() const {
    return config_.BFO_MPLS != 0 || config_.BFO_PPP || config_.BFO_LAPD || config_.BFO_L2TP ||
           config_.BFO_GRE || config_.BFO_TEREDO;
  }

 private:
  enum class End : bool { kSrc, kDst };

  const Label& label(std::uint32_t id) const { return run().labels().get(id); }

  /// The label columns behind an address; `id` gives the label's id.
  template <class Id>
  void label_columns(Cols& t, const std::string& prefix, const std::string& what, Id id) {
    const auto get = [this, id](const State& s, const Flow& f) -> const Label& {
      return label(id(s, f));
    };
    if (config_.BFO_SUBNET_ASN) {
      t.add(prefix + "ASN", what + " autonomous system number",
            [get](const State& s, const Flow& f) { return get(s, f).asn; });
    }
    if (config_.BFO_SUBNET_HEX) {
      t.add(prefix + "COC", what + " country and organisation code",
            [get](const State& s, const Flow& f) { return Hex32{get(s, f).code}; });
    }
    t.add(prefix + "CC", what + " country code",
          [get](const State& s, const Flow& f) { return Text{get(s, f).country}; });
    if (config_.CNTYCTY) {
      t.add(prefix + "Cnty", what + " county",
            [get](const State& s, const Flow& f) { return get(s, f).county; });
      t.add(prefix + "City", what + " city",
            [get](const State& s, const Flow& f) { return get(s, f).city; });
    }
    if (config_.BFO_SUBNET_ORG) {
      t.add(prefix + "Org", what + " organisation",
            [get](const State& s, const Flow& f) { return get(s, f).organisation; });
    }
    if (config_.BFO_SUBNET_LL) {
      t.add(prefix + "Lat_Lng_relP", what + " latitude, longitude and reliability",
            [get](const State& s, const Flow& f) {
              const Label& l = get(s, f);
              return std::tuple{l.latitude, l.longitude, l.radius};
            });
    }
  }

  void flow_columns(Cols& t) {
    if (config_.BFO_SENSORID) {
      t.add("sensorID", "Sensor ID",
            [this](const State&) { return std::uint32_t{run().run_info().sensor_id}; });
    }
    if (config_.BFO_CAPTURE) {
      t.add("captureFirst", "Capture file of first packet", [](const State& s) {
        const Capture* const capture = extra_of(s).capture;
        return capture == nullptr ? std::string_view() : std::string_view(capture->file);
      });
    }
    t.add(
        "flowStat", "Flow status and warnings",
        [](const State&, const Flow& f) { return Hex64{f.status}; }, flow_stat_bits());
    t.add("timeFirst", "Date time of first packet",
          [](const State&, const Flow& f) { return Timestamp{f.first_seen}; });
    t.add("timeLast", "Date time of last packet",
          [](const State&, const Flow& f) { return Timestamp{f.last_seen}; });
    t.add("duration", "Flow duration",
          [](const State&, const Flow& f) { return Duration{f.duration()}; });
    if (config_.BFO_MAX_HDRDESC > 0) header_columns(t);
    if (config_.BFO_MAC && config_.BFO_MAX_MAC > 0) mac_columns(t);
    if (config_.BFO_ETHERTYPE) {
      t.add("ethType", "Ethernet type",
            [](const State&, const Flow& f) { return Hex16{f.key.ether_type}; });
    }
    vlan_column(t, false);
    mpls_column(t, false);
    tunnel_columns(t);
    endpoint_columns(t, End::kSrc);
    endpoint_columns(t, End::kDst);
    t.add("l4Proto", "Layer 4 protocol",
          [](const State&, const Flow& f) { return f.key.l4_proto; });
  }

  void header_columns(Cols& t) {
    t.add("numHdrDesc", "Number of different headers descriptions",
          [](const State& s) { return static_cast<std::uint8_t>(s.stack_count()); });
    t.add("numHdrs", "Number of headers (depth) in hdrDesc", [](const State& s) {
      return generate<std::uint16_t>(s.stack_count(),
                                     [&s](std::size_t i) { return s.stack(i).stack->depth; });
    });
    if (config_.BFO_HDRDESC_PKTCNT) {
      t.add("hdrDesc_pktCnt", "Headers description and packet count", [](const State& s) {
        return generate<std::tuple<Text, std::uint64_t>>(s.stack_count(), [&s](std::size_t i) {
          return std::tuple{Text{s.stack(i).stack->text}, s.stack(i).packets};
        });
      });
      return;
    }
    t.add("hdrDesc", "Headers description", [](const State& s) {
      return generate<Text>(s.stack_count(),
                            [&s](std::size_t i) { return Text{s.stack(i).stack->text}; });
    });
  }

  void mac_columns(Cols& t) {
    const auto column = [&t](const char* name, const char* doc, Mac State::*first,
                             std::vector<Mac> Extra::*more) {
      t.add(name, doc, [first, more](const State& s) {
        const std::vector<Mac>& others = extra_of(s).*more;
        return generate<Mac>(
            s.has_mac ? 1 + others.size() : 0,
            [&s, &others, first](std::size_t i) { return i == 0 ? s.*first : others[i - 1]; });
      });
    };
    column("srcMac", "Source MAC address", &State::src_mac, &Extra::src_macs);
    column("dstMac", "Destination MAC address", &State::dst_mac, &Extra::dst_macs);
  }

  /// Adds the VLAN column in the form of BFO_VLAN, for the flow's first packet or for each packet.
  void vlan_column(Cols& t, bool per_packet) {
    switch (config_.BFO_VLAN) {
      case 1:
        return add_tags(t, "vlanID", "VLAN IDs", vlan_id, per_packet);
      case 2:
        return add_tags(t, "vlanHdr", "VLAN headers (hex)", vlan_header, per_packet);
      case 3:
        return add_tags(t, "vlanTPID_PCP_DEI_VID", "VLAN TPID, PCP, DEI and VID", vlan_parts,
                        per_packet);
      default:
        return;
    }
  }

  template <class Value>
  void add_tags(Cols& t, const char* name, const char* doc, Value (*value)(const VlanTag&),
                bool per_packet) {
    const auto each = [value](std::span<const VlanTag> tags) {
      return generate<Value>(tags.size(), [tags, value](std::size_t i) { return value(tags[i]); });
    };
    if (!per_packet) {
      t.add(name, doc, [each](const State& s) { return each(extra_of(s).vlans); });
      return;
    }
    const auto most = static_cast<std::size_t>(config_.BFO_MAX_VLAN);
    t.add(name, doc, [each, most](const State&, const Flow&, const Packet& p) {
      return each({p.vlans, std::min<std::size_t>(p.vlan_count, most)});
    });
  }

  /// Adds the MPLS column in the form of BFO_MPLS.
  void mpls_column(Cols& t, bool per_packet) {
    switch (config_.BFO_MPLS) {
      case 1:
        return add_labels(t, "mplsLabels", "MPLS labels", mpls_label, per_packet);
      case 2:
        return add_labels(t, "mplsLabelsHex", "MPLS labels (hex)", mpls_label_hex, per_packet);
      case 3:
        return add_labels(t, "mplsHdrsHex", "MPLS headers (hex)", mpls_header, per_packet);
      case 4:
        return add_labels(t, "mplsLabel_ToS_S_TTL", "MPLS label, ToS, S, TTL", mpls_parts,
                          per_packet);
      default:
        return;
    }
  }

  template <class Value>
  void add_labels(Cols& t, const char* name, const char* doc, Value (*value)(std::uint32_t),
                  bool per_packet) {
    const auto most = static_cast<std::size_t>(config_.BFO_MAX_MPLS);
    if (!per_packet) {
      t.add(name, doc, [value, most](const State& s) {
        const std::vector<std::uint32_t>& stack = extra_of(s).mpls;
        return generate<Value>(std::min(stack.size(), most),
                               [&stack, value](std::size_t i) { return value(stack[i]); });
      });
      return;
    }
    t.add(name, doc, [value, most](const State&, const Flow&, const Packet& p) {
      const Bytes stack = p.tunnel ? p.tunnel->mpls : Bytes{};
      return generate<Value>(std::min(stack.size() / 4, most), [stack, value](std::size_t i) {
        return value(load_be32(&stack[4 * i]));
      });
    });
  }

  void tunnel_columns(Cols& t) {
    if (config_.BFO_PPP) {
      t.add("pppHdr", "PPP header", [](const State& s) { return extra_of(s).ppp; });
    }
    if (config_.BFO_LAPD) {
      t.add("lapdSAPI", "LAPD SAPI", [](const State& s) { return extra_of(s).sapi; });
      t.add("lapdTEI", "LAPD TEI", [](const State& s) { return extra_of(s).tei; });
    }
    if (config_.BFO_L2TP) l2tp_columns(t);
    if (config_.BFO_GRE) gre_columns(t);
    if (config_.BFO_TEREDO) teredo_columns(t);
  }

  /// An address of a tunnel header and, if wanted, its labels.
  template <class Address, class Id>
  void address_columns(Cols& t, const char* name, const char* doc, bool labels, Address address,
                       Id id) {
    t.add(name, doc, [address](const State& s) {
      const IpAddress a = address(extra_of(s));
      static constexpr std::uint8_t kZero[4] = {};
      return a.family == Family::kNone ? IpAddress::v4(kZero) : a;
    });
    if (labels) {
      label_columns(t, name, doc, [id](const State& s, const Flow&) { return id(extra_of(s)); });
    }
  }

  void l2tp_columns(Cols& t) {
    const bool labels = config_.BFO_SUBNET_TEST_L2TP;
    t.add("l2tpHdr", "L2TP header", [](const State& s) { return extra_of(s).l2tp.flags; });
    t.add("l2tpTID", "L2TP tunnel ID", [](const State& s) { return extra_of(s).l2tp.tunnel; });
    t.add("l2tpSID", "L2TP session ID", [](const State& s) { return extra_of(s).l2tp.session; });
    t.add("l2tpCCSID", "L2TP control connection/session ID",
          [](const State& s) { return extra_of(s).l2tp.connection; });
    address_columns(
        t, "l2tpSrcIP", "L2TP source IP", labels, [](const Extra& e) { return e.l2tp.src; },
        [](const Extra& e) { return e.l2tp.src_label; });
    address_columns(
        t, "l2tpDstIP", "L2TP destination IP", labels, [](const Extra& e) { return e.l2tp.dst; },
        [](const Extra& e) { return e.l2tp.dst_label; });
  }

  void gre_columns(Cols& t) {
    const bool labels = config_.BFO_SUBNET_TEST_GRE;
    t.add("greHdr", "GRE header", [](const State& s) { return extra_of(s).gre.header; });
    address_columns(
        t, "greSrcIP", "GRE source IP", labels, [](const Extra& e) { return e.gre.src; },
        [](const Extra& e) { return e.gre.src_label; });
    address_columns(
        t, "greDstIP", "GRE destination IP", labels, [](const Extra& e) { return e.gre.dst; },
        [](const Extra& e) { return e.gre.dst_label; });
  }

  void teredo_columns(Cols& t) {
    const bool labels = config_.BFO_SUBNET_TEST_TEREDO;
    address_columns(
        t, "trdoDstIP", "Teredo origin IP", labels, [](const Extra& e) { return e.teredo.origin; },
        [](const Extra& e) { return e.teredo.origin_label; });
    t.add("trdoDstPort", "Teredo origin port",
          [](const State& s) { return extra_of(s).teredo.origin_port; });
    for (const bool source : {true, false}) {
      const std::string prefix = source ? "trdo6Src" : "trdo6Dst";
      const auto end = [source](const Extra& e) -> const TeredoEnd& {
        return source ? e.teredo.src : e.teredo.dst;
      };
      t.add(prefix + "Flgs", "Teredo IPv6 address: flags",
            [end](const State& s) { return end(extra_of(s)).flags; });
      address_columns(
          t, (prefix + "SrvIP4").c_str(), "Teredo IPv6 address: server", labels,
          [end](const Extra& e) { return end(e).server; },
          [end](const Extra& e) { return end(e).server_label; });
      address_columns(
          t, (prefix + "CPIP4").c_str(), "Teredo IPv6 address: client public IP", labels,
          [end](const Extra& e) { return end(e).client; },
          [end](const Extra& e) { return end(e).client_label; });
      t.add(prefix + "CPPort", "Teredo IPv6 address: client public port",
            [end](const State& s) { return end(extra_of(s)).client_port; });
    }
  }

  void endpoint_columns(Cols& t, End end) {
    const bool src = end == End::kSrc;
    const std::string prefix = src ? "src" : "dst";
    const std::string what = src ? "Source" : "Destination";
    if (!config_.ANONYM_IP) {
      t.add(prefix + "IP", what + " IP address",
            [src](const State&, const Flow& f) { return src ? f.src_ip() : f.dst_ip(); });
      if (config_.BFO_SUBNET_TEST) {
        label_columns(t, prefix + "IP", what + " IP", [src](const State&, const Flow& f) {
          return src ? f.src_label : f.dst_label;
        });
      }
    }
    t.add(prefix + "Port", what + " port",
          [src](const State&, const Flow& f) { return src ? f.key.src_port : f.key.dst_port; });
  }

  void packet_columns(Cols& t) {
    t.add(
        "flowStat", "Flow status and warnings",
        [](const State&, const Flow& f) { return Hex64{f.status}; }, flow_stat_bits());
    packet_time_columns(t);
    t.add("numHdrs", "Number of headers (depth) in hdrDesc",
          [](const State&, const Flow&, const Packet& p) { return p.headers->depth; });
    t.add("hdrDesc", "Headers description",
          [](const State&, const Flow&, const Packet& p) { return Text{p.headers->text}; });
    vlan_column(t, true);
    mpls_column(t, true);
    const auto mac = [&t](const char* name, const char* doc, Mac Packet::*address) {
      t.add(name, doc, [address](const State&, const Flow&, const Packet& p) {
        return p.has_mac ? std::optional<Mac>(p.*address) : std::nullopt;
      });
    };
    mac("srcMac", "Source MAC address", &Packet::src_mac);
    mac("dstMac", "Destination MAC address", &Packet::dst_mac);
    t.add("ethType", "Ethernet type",
          [](const State&, const Flow&, const Packet& p) { return Hex16{p.ether_type}; });
    packet_endpoint_columns(t, End::kSrc);
    packet_endpoint_columns(t, End::kDst);
    t.add("l4Proto", "Layer 4 protocol", [](const State&, const Flow&, const Packet& p) {
      return p.is_ip() ? std::optional<std::uint8_t>(p.l4_proto) : std::nullopt;
    });
  }

  void packet_time_columns(Cols& t) {
    t.add(relative_ ? "relTime" : "time", "Date time of the packet",
          [this](const State&, const Flow&, const Packet& p) {
            return Timestamp{relative_ ? p.time - run().run_start() : p.time};
          });
    t.add("pktIAT", "Packet inter-arrival time", [](const State&, const Flow& f, const Packet&) {
      return Duration{f.last_seen - f.previous_seen};
    });
    t.add("pktTrip", "Time since the last packet of the opposite direction",
          [this](const State&, const Flow& f, const Packet& p) {
            if (f.opposite == nullptr) return Duration{};
            const Nanoseconds last = f.opposite->last_seen;
            return Duration{float32_ ? float32_difference(p.time, last) : p.time - last};
          });
    t.add("flowDuration", "Flow duration up to this packet",
          [](const State&, const Flow& f, const Packet& p) {
            return Duration{p.time - f.first_seen};
          });
  }

  void packet_endpoint_columns(Cols& t, End end) {
    const bool src = end == End::kSrc;
    const std::string prefix = src ? "src" : "dst";
    const std::string what = src ? "Source" : "Destination";
    if (!config_.ANONYM_IP) {
      t.add(prefix + "IP", what + " IP address", [src](const State&, const Flow&, const Packet& p) {
        const IpAddress& a = src ? p.src_ip : p.dst_ip;
        return p.is_ip() ? std::optional<IpAddress>(a) : std::nullopt;
      });
      if (config_.BFO_SUBNET_TEST) {
        const auto id = [src](const Flow& f) { return src ? f.src_label : f.dst_label; };
        t.add(prefix + "IPCC", what + " IP country code",
              [this, id](const State&, const Flow& f) { return Text{label(id(f)).country}; });
        if (config_.BFO_SUBNET_ORG) {
          t.add(
              prefix + "IPOrg", what + " IP organisation",
              [this, id](const State&, const Flow& f) { return Text{label(id(f)).organisation}; });
        }
      }
    }
    t.add(prefix + "Port", what + " port", [src](const State&, const Flow&, const Packet& p) {
      if (!p.is_ip() || !ip_protocol::has_ports(p.l4_proto)) return std::optional<std::uint16_t>();
      return std::optional<std::uint16_t>(src ? p.src_port : p.dst_port);
    });
  }

  Config config_;
  bool float32_ = false;
  bool relative_ = false;
};

class Identity final : public ShardPart<BasicFlow, State> {
 public:
  void on_flow_start(Flow&, State& s, const Packet& p) override {
    s.first.stack = p.headers;
    s.has_mac = p.has_mac;
    s.src_mac = p.src_mac;
    s.dst_mac = p.dst_mac;
    if (p.vlan_count > 0) {
      const auto n =
          std::min<std::size_t>(p.vlan_count, static_cast<std::size_t>(config().BFO_MAX_VLAN));
      s.more().vlans.assign(p.vlans, p.vlans + n);
    }
    if (config().BFO_CAPTURE) s.more().capture = capture_of(p);
    if (p.tunnel == nullptr || !plugin().tunnel_columns()) return;
    note_tunnels(s.more(), *p.tunnel, p);
    label_tunnels(*s.extra);
  }

  void on_packet(Flow& flow, State& s, const Packet& p) override {
    const bool usual = p.headers == s.first.stack && p.has_mac && s.has_mac &&
                       p.src_mac == s.src_mac && p.dst_mac == s.dst_mac;
    if (!usual) [[unlikely]]
      return other_headers(flow, s, p);
    ++s.first.packets;
  }

 private:
  const Capture* capture_of(const Packet& p) const {
    const auto at = plugin().run().capture_position(p.number);
    return at ? &plugin().run().captures()[at->capture] : nullptr;
  }

  /// A packet whose headers or MAC addresses may differ from those of the first one.
  [[gnu::noinline]] void other_headers(Flow& flow, State& s, const Packet& p) {
    if (p.headers == s.first.stack) {
      ++s.first.packets;
    } else {
      count_stack(flow, s, p.headers);
    }
    if (!p.has_mac) return;
    if (!s.has_mac) {
      s.has_mac = true;
      s.src_mac = p.src_mac;
      s.dst_mac = p.dst_mac;
    }
    if (p.src_mac != s.src_mac) add_mac(s.more().src_macs, p.src_mac);
    if (p.dst_mac != s.dst_mac) add_mac(s.more().dst_macs, p.dst_mac);
  }

  void count_stack(Flow& flow, State& s, const HeaderStack* stack) {
    if (s.extra) {
      for (StackCount& c : s.extra->stacks) {
        if (c.stack != stack) continue;
        ++c.packets;
        return;
      }
    }
    if (s.stack_count() >= static_cast<std::size_t>(config().BFO_MAX_HDRDESC)) {
      return flow.set(flow_stat::kHeaderOverrun);
    }
    s.more().stacks.push_back({stack, 1});
  }

  void add_mac(std::vector<Mac>& macs, const Mac& m) {
    const auto limit =
        static_cast<std::size_t>(std::max<std::int64_t>(config().BFO_MAX_MAC, 1)) - 1;
    if (macs.size() < limit && std::find(macs.begin(), macs.end(), m) == macs.end()) {
      macs.push_back(m);
    }
  }

  void label_tunnels(Extra& e) {
    Labels& l = plugin().run().labels();
    if (config().BFO_SUBNET_TEST_L2TP) {
      e.l2tp.src_label = l.find(e.l2tp.src);
      e.l2tp.dst_label = l.find(e.l2tp.dst);
    }
    if (config().BFO_SUBNET_TEST_GRE) {
      e.gre.src_label = l.find(e.gre.src);
      e.gre.dst_label = l.find(e.gre.dst);
    }
    if (!config().BFO_SUBNET_TEST_TEREDO) return;
    e.teredo.origin_label = l.find(e.teredo.origin);
    for (TeredoEnd* end : {&e.teredo.src, &e.teredo.dst}) {
      end->server_label = l.find(end->server);
      end->client_label = l.find(end->client);
    }
  }

  const Config& config() const { return plugin().config(); }
};

}  // namespace
}  // namespace t2::basic_flow

T2_PLUGIN(t2::basic_flow::BasicFlow, t2::basic_flow::Identity)
