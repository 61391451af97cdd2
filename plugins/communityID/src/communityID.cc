// SPDX-License-Identifier: Apache-2.0
#include "communityID.h"

#include <optional>

#include "community_id.h"
#include "t2/plugin.h"
#include "t2/protocols.h"

namespace t2::community_id {
namespace {

using namespace ip_protocol;

/// Of ICMP, which has no ports: what the first packet of the direction says.
struct State {
  std::uint8_t type = 0, code = 0;
};

bool is_icmp(const Flow& f) {
  return f.key.l4_proto == kIcmp || f.key.l4_proto == kIcmpv6;
}

State message_of(const Packet& p) {
  if (p.later_fragment || p.l4.size() < 2) return {};
  return {p.l4[0], p.l4[1]};
}

class CommunityId final : public Plugin {
 public:
  PluginInfo info() const override {
    return {"communityID", "0.1.0", "Community ID, to join with other tools' records", {}};
  }
  Settings* settings() override { return &config_; }

  void columns(ColumnSet& flows, ColumnSet& packets) override {
    auto flow = flows.of<State>();
    auto packet = packets.of<State>();
    flow.add("communityID", "Community ID",
             [this](const State& s, const Flow& f) { return id_of(s, f); });
    packet.add("communityID", "Community ID",
               [this](const State& s, const Flow& f, const Packet& p) {
                 return id_of(is_icmp(f) ? message_of(p) : s, f);
               });
  }

 private:
  /// Nothing for a flow without IP.
  std::optional<OwnedText> id_of(const State& s, const Flow& f) const {
    if (f.src_ip().family == Family::kNone) return {};
    Endpoint source{f.src_ip(), f.key.src_port}, destination{f.dst_ip(), f.key.dst_port};
    if (is_icmp(f)) {
      source.port = s.type;
      destination.port = s.code;
    }
    const auto seed = static_cast<std::uint16_t>(config_.COMMUNITYID_SEED);
    return OwnedText{community_id(seed, f.key.l4_proto, source, destination)};
  }

  Config config_;
};

class Messages final : public ShardPart<CommunityId, State> {
 public:
  void on_flow_start(Flow& f, State& s, const Packet& p) override {
    if (is_icmp(f)) s = message_of(p);
  }
};

}  // namespace
}  // namespace t2::community_id

T2_PLUGIN(t2::community_id::CommunityId, t2::community_id::Messages)
