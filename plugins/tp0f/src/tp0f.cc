// SPDX-License-Identifier: Apache-2.0
#include "tp0f.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "database.h"
#include "memory.h"
#include "names.h"
#include "t2/plugin.h"
#include "t2/protocols.h"

namespace t2::tp0f {
namespace {

/// Bits of tp0fStat.
enum Status : std::uint8_t {
  kSynRule = 0x01,
  kSynAckRule = 0x02,
  kOddTtl = 0x10,
  kIpSeen = 0x40,
  kOptionsCorrupt = 0x80,
};

struct State {
  const Rule* rule = nullptr;
  Hex8 status;
  std::uint8_t distance = 0;
  System guess;
  bool started = false;  // its first packet was seen
};
static_assert(sizeof(State) <= 16);

class Tp0f final : public Plugin {
 public:
  using Cols = Columns<State>;

  PluginInfo info() const override {
    return {"tp0f", "0.9.1", "Operating systems, from TTL and SYN packets", {}};
  }
  Settings* settings() override { return &config_; }
  const Config& config() const { return config_; }
  const Database& rules() const { return rules_; }

  void columns(ColumnSet& flows, ColumnSet& packets) override {
    auto flow = flows.of<State>();
    auto packet = packets.of<State>();
    add_status(flow);
    if (config_.TP0FRC) {
      flow.add("tp0fRN", "tp0f rule number",
               [](const State& s) { return s.rule ? s.rule->number : std::uint16_t{0}; });
      flow.add("tp0fClass", "tp0f class", [this](const State& s) { return system(s).os_class; });
      flow.add("tp0fProg", "tp0f program", [this](const State& s) { return system(s).program; });
      flow.add("tp0fVer", "tp0f version", [this](const State& s) { return system(s).version; });
    }
    flow.add("tp0fClName", "tp0f OS class name", [this](const State& s) {
      return Text{s.rule ? std::string_view(rules_.label(*s.rule).os_class)
                         : class_name(s.guess.os_class)};
    });
    flow.add("tp0fPrName", "tp0f OS/program name", [this](const State& s) { return program(s); });
    flow.add("tp0fVerName", "tp0f OS/program version name",
             [this](const State& s) { return version(s); });

    packet.add("tp0fStat", "tp0f status", &State::status, status_bits());
    const auto ip_only = [](auto get) {
      return [get](const State& s, const OrderedFlow& f) {
        return f.is_l2() ? std::nullopt : std::optional(get(s));
      };
    };
    packet.add("tp0fDis", "tp0f TTL distance", ip_only([](const State& s) { return s.distance; }));
    packet.add("tp0fPrName", "tp0f OS/program name",
               ip_only([this](const State& s) { return program(s); }));
    packet.add("tp0fVerName", "tp0f OS/program version name",
               ip_only([this](const State& s) { return version(s); }));
  }

  Result<void> start(StartUp& core) override {
    if (config_.TP0FRULES) load_rules(core);
    return {};
  }

 private:
  static std::vector<BitText> status_bits() {
    return {{0, "SYN tp0f rule fired"},
            {1, "SYN-ACK tp0f rule fired"},
            {4, "Initial TTL maybe non standard 2^n (distance > 38)"},
            {6, "IP already seen by tp0f"},
            {7, "TCP option length or content corrupt"}};
  }

  void add_status(Cols& t) {
    t.add("tp0fStat", "tp0f status", &State::status, status_bits());
    t.add("tp0fDis", "tp0f TTL distance", &State::distance);
  }

  System system(const State& s) const { return s.rule ? rules_.label(*s.rule).numbers : s.guess; }
  Text program(const State& s) const {
    return {s.rule ? std::string_view(rules_.label(*s.rule).program)
                   : program_name(s.guess.program)};
  }
  Text version(const State& s) const {
    return {s.rule ? std::string_view(rules_.label(*s.rule).version)
                   : version_name(s.guess.version)};
  }

  static bool readable(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

  /// The user's file, in the plugin folder or as given; then p0f's own.
  std::optional<std::string> rule_file() const {
    static constexpr const char* kP0f = "/etc/p0f/p0f.fp";
    const std::string& name = config_.TP0F_L34FILE.value();
    if (!name.empty()) {
      const std::string inside = run().run_info().plugin_folder + name;
      if (name[0] != '/' && readable(inside)) return inside;
      if (readable(name)) return name;
    }
    return readable(kP0f) ? std::optional<std::string>(kP0f) : std::nullopt;
  }

  void load_rules(StartUp& core) {
    const auto path = rule_file();
    if (!path) {
      return core.warn(
          "tp0f: no rules found, systems are guessed from the TTL: install the package p0f");
    }
    auto loaded = Database::load(*path);
    if (!loaded) return core.warn("tp0f: " + loaded.error().message);
    rules_ = std::move(*loaded);
    if (rules_.skipped() > 0) {
      core.warn(fmt::format("tp0f: {} line(s) of '{}' break the grammar and were skipped",
                            rules_.skipped(), *path));
    }
    core.info(fmt::format("tp0f: {} rules loaded", rules_.size()));
  }

  Config config_;
  Database rules_;
};

/// Remembers systems by address, so it looks across flows.
class Systems final : public OrderedPart<Tp0f, State> {
 public:
  Result<void> start(StartUp&) override {
    most_options_ = static_cast<std::size_t>(plugin().config().TCPOPTMAX);
    memory_.set_age(plugin().config().TP0F_IPAGE * kSecond);
    return {};
  }

  PacketUse packet_use() const override { return PacketUse::kSyn; }

  void on_packet(OrderedFlow& flow, State& s, const Packet& p) override {
    if (look(flow, s, p)) core().rest(flow, *this);
  }

  void on_flow_end(OrderedFlow&, State& s) override {
    statuses_ |= s.status;
    if (s.rule != nullptr) ++matches_;
  }

  void report(Report& r) const override {
    r.aggregate("tp0fStat", statuses_.value, 2);
    r.count("Number of p0f rule matches", matches_, r.totals().flows);
  }

 private:
  /// A packet of a direction that waits for its first SYN. True when no more need come.
  bool look(const OrderedFlow& flow, State& s, const Packet& p) {
    if (!p.is_ip()) return true;
    if (!s.started) guess(s, p);
    if (!p.is_tcp()) return true;
    using namespace tcp_flag;
    const Bytes tcp = p.tcp_header();
    if (tcp.empty() || (tcp[kByte] & kSynFinRst) != kSyn) return false;
    judge(flow, s, p, tcp);
    return true;
  }

  static void guess(State& s, const Packet& p) {
    constexpr std::uint8_t kFarAway = 38;
    s.started = true;
    const TtlGuess g = guess_from_ttl(p.ttl, p.l4_proto);
    s.distance = g.distance;
    s.guess = g.system;
    if (g.distance > kFarAway) s.status |= Hex8{kOddTtl};
  }

  /// The first SYN of the direction.
  void judge(const OrderedFlow& flow, State& s, const Packet& p, Bytes tcp) {
    const Config& config = plugin().config();
    const Database& rules = plugin().rules();
    const Observation o = observe(p, tcp, most_options_);
    TtlGuess g = guess_from_ttl(p.ttl, p.l4_proto);
    refine_by_window(g, o.window);
    s.guess = g.system;
    if (o.corrupt) s.status |= Hex8{kOptionsCorrupt};
    if (rules.size() == 0) return;
    std::uint8_t fired = o.syn_ack ? kSynAckRule : kSynRule;
    const IpAddress ip = flow.src_ip();
    const IpMemory::Entry* known = config.TP0FHSH ? memory_.find(ip, p.time) : nullptr;
    const Rule* const match = o.corrupt ? nullptr : rules.find(o, config.TP0F_FUZZY);
    s.rule = match;
    if (match == nullptr && known != nullptr) {
      s.rule = known->rule;
      fired = known->status;
    }
    if (s.rule == nullptr) return;
    s.status |= Hex8{fired};
    if (known != nullptr) s.status |= Hex8{kIpSeen};
    if (match != nullptr && config.TP0FHSH) memory_.store({ip, fired, match, p.time});
  }

  std::size_t most_options_ = 0;
  IpMemory memory_;
  Hex8 statuses_;
  std::uint64_t matches_ = 0;
};

}  // namespace
}  // namespace t2::tp0f

T2_PLUGIN(t2::tp0f::Tp0f, t2::tp0f::Systems)
