// SPDX-License-Identifier: Apache-2.0
#include "ftpDecode.h"

#include <fmt/format.h>

#include <algorithm>

#include "options.h"
#include "patience.h"
#include "plugin.h"
#include "t2/protocols.h"
#include "t2/words.h"
#include "transcript.h"

namespace t2::ftp {
namespace {

using namespace tcp_flag;

const std::vector<BitText> kStatBits = {
    {kControlBit, "FTP control port found", Severity::kInfo},
    {kDataBit, "FTP passive parent flow", Severity::kInfo},
    {kCompleteBit, "FTP passive parent flow write finished", Severity::kInfo},
    {kNegotiatedBit, "FTP active parent flow", Severity::kInfo},
    {kTableFullBit, "FTP hash map full", Severity::kWarning},
    {kFileErrorBit, "File error (FTP_SAVE=1)", Severity::kError},
    {kNoDataFlowBit, "Data flow not detected", Severity::kWarning},
    {kOverflowBit, "Array, string or filename overflow", Severity::kWarning},
};

Hex8 stat_of(const State& s) {
  const Side* d = s.get();
  return d != nullptr ? d->stat : Hex8{};
}

/// A list of a direction; empty if the flow is not FTP.
template <class T>
auto list_of(std::vector<T> Side::*list) {
  return [list](const State& s) -> const std::vector<T>& {
    static const std::vector<T> kEmpty;
    const Side* d = s.get();
    return d != nullptr ? d->*list : kEmpty;
  };
}
template <class T>
auto size_of(std::vector<T> Side::*list) {
  return [list](const State& s) {
    const Side* d = s.get();
    return static_cast<std::uint8_t>(d != nullptr ? (d->*list).size() : 0);
  };
}

}  // namespace

bool is_greeting(std::string_view text) {
  for (const std::string_view ready : {"220", "120"}) {
    if (text.size() <= ready.size() && ready.starts_with(text)) return true;
    if (text.size() <= ready.size() || !text.starts_with(ready)) continue;
    return (text[3] == ' ' || text[3] == '-') && text.find("SMTP") == text.npos;
  }
  return false;
}

Side::Side(Role r) : role(r) {}
Side::~Side() = default;

void Side::stand_alone() {
  if (control != nullptr) {
    linked = control->data_indices;
  } else if (data != nullptr) {
    linked = data->control_indices;
  }
  control.reset();
  data.reset();
  content.reset();
  transcript.reset();
}

OrderedFlow* Host::find(OrderedRef r) const {
  return core().find(r);
}

Sessions::Sessions() = default;
Sessions::~Sessions() = default;

PluginInfo FtpDecode::info() const {
  return {"ftpDecode", "0.9.1", "FTP control connections, transfers and carved files", {}};
}

Result<void> FtpDecode::parse_ports() {
  std::string_view rest = config_.FTP_PORTS.value();
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    std::uint16_t port = 0;
    if (!parse_whole(item, port) || port == 0) {
      return Error{
          fmt::format("FTP_PORTS: '{}' is no port: give numbers separated by commas", item)};
    }
    ports_.push_back(port);
  }
  return {};
}

Result<void> FtpDecode::start(StartUp& core) {
  if (auto r = parse_ports(); !r) return r;
  core.register_timeout(kTransferTimeout);
  if (run().carving() || !config_.FTP_SAVE) return {};
  return use_own_folder(config_.FTP_F_PATH, core, "ftpDecode");
}

bool FtpDecode::wants_flow(const FlowKey& key) const {
  return key.is_tcp() || key.l4_proto == ip_protocol::kSctp;
}

Result<void> Sessions::start(StartUp& start_up) {
  if (plugin().run().carving()) {
    contents_ = start_up.run_contents("ftp");
    return {};
  }
  if (!config().FTP_SAVE) return {};
  auto options = content_options(config());
  if (!options) return options.error();
  contents_ = std::make_unique<Contents>(core());
  if (auto r = contents_->start(std::move(*options)); !r) {
    return Error{"FTP_F_PATH: " + r.error().message};
  }
  return {};
}

std::vector<std::string> FtpDecode::output_folders() const {
  if (!config_.FTP_SAVE || run().carving()) return {};
  return {config_.FTP_F_PATH};
}

/// Whether an FTP server listens at the flow's destination, or at its source.
inline bool Sessions::is_listener(const OrderedFlow& f, bool destination) const {
  const std::uint16_t port = destination ? f.key.dst_port : f.key.src_port;
  if (plugin().is_control_port(port)) return true;
  if (listeners_.empty()) return false;
  return listeners_.contains({destination ? f.dst_ip() : f.src_ip(), port, f.key.vlan_id});
}

void Sessions::remember_listener(const Control& c) {
  if (listeners_.size() < kMaxListeners) listeners_.insert({c.server_ip, c.server_port, c.vlan_id});
}

void FtpDecode::columns(ColumnSet& flows, ColumnSet& packets) {
  auto flow = flows.of<State>();
  auto packet = packets.of<State>();
  flow.add("ftpStat", "FTP status", stat_of, kStatBits);
  flow.add("ftpCDFindex", "FTP command/data findex link", list_of(&Side::linked));
  if (config_.FTP_BTFLD) {
    std::vector<BitText> bits;
    for (unsigned i = 0; i < kVerbsWithBit; ++i) {
      bits.push_back({i, name(static_cast<Verb>(i)).data(), Severity::kNone});
    }
    flow.add(
        "ftpCBF", "FTP command bitfield",
        [](const State& s) { return s.get() != nullptr ? s.get()->verb_bits : Hex64{}; }, bits);
  }
  flow.add("ftpCC", "FTP command codes", [](const State& s) {
    const Side* d = s.get();
    return generate<Text>(d != nullptr ? d->verbs.size() : 0,
                          [d](std::size_t i) { return Text{name(d->verbs[i])}; });
  });
  flow.add("ftpRC", "FTP response codes", list_of(&Side::codes));
  flow.add("ftpNumUser", "FTP number of users", size_of(&Side::users));
  flow.add("ftpUser", "FTP users", list_of(&Side::users));
  flow.add("ftpNumPass", "FTP number of passwords", size_of(&Side::passwords));
  flow.add("ftpPass", "FTP passwords", list_of(&Side::passwords));
  flow.add("ftpNumCP", "FTP number of command parameters", size_of(&Side::parameters));
  flow.add("ftpCP", "FTP command parameters", list_of(&Side::parameters));
  flow.add("ftpPLen", "FTP passive file length",
           [](const State& s) { return s.get() != nullptr ? s.get()->length : std::uint64_t{0}; });
  packet.add("ftpStat", "FTP status", stat_of, kStatBits);
}

// ---- flows

void Sessions::prepare() {
  prepared_ = true;
  if (contents_ != nullptr) contents_->prepare();
  stop_if_broken();
}

/// A file that cannot be written: the run ends with an error (docs/design.md 8).
inline void Sessions::stop_if_broken() {
  if (contents_ != nullptr && contents_->broken()) fail_run();
}

void Sessions::fail_run() {
  core().fail("ftpDecode: " + contents_->error());
}

void Sessions::on_flow_start(OrderedFlow& f, State& s, const Packet& p) {
  if (!prepared_) prepare();
  now_ = {p.time, p.number};
  begin_flow(f, s, p);
  if (s.is_null()) core().rest(f, *this);
}

void Sessions::begin_flow(OrderedFlow& f, State& s, const Packet& p) {
  if (f.opposite != nullptr) return start_second(f, s);
  const bool to = is_listener(f, true);
  const bool from = is_listener(f, false);
  if (to || from) return start_control(f, to && from ? !f.inverted() : to);
  if (!f.is_tcp()) return;
  linker_.on_new_flow(f, p);
  if (s.is_null() && config().FTP_DETECT) s.set_undecided();
}

void Sessions::on_packet(OrderedFlow& f, State& s, const Packet& p) {
  if (!s.is_null()) on_ftp_packet(f, s, p);
}

void Sessions::start_control(OrderedFlow& f, bool client) {
  const auto c = std::make_shared<Control>(*this, f, client);
  linker_.add_hosts(*c);
  add_control_direction(f, c, client);
}

void Sessions::add_control_direction(OrderedFlow& f, const std::shared_ptr<Control>& c,
                                     bool client) {
  Side& d = state_of(f).make(c->confirmed ? Role::kControl : Role::kProbe);
  d.client = client;
  d.control = c;
  if (c->confirmed) d.stat.set(kControlBit);
  if (c->negotiated) d.stat.set(kNegotiatedBit);
  if (contents_ != nullptr) d.transcript = std::make_unique<Transcript>(*this, client);
  open_stream(f, StreamUse::kInteractive);
}

void Sessions::start_second(OrderedFlow& f, State& s) {
  State& other = state_of(*f.opposite);
  if (other.undecided()) return s.set_undecided();
  Side* first = other.get();
  if (first == nullptr) return;
  if (first->control != nullptr) {
    add_control_direction(f, first->control, !first->client);
  } else {
    linker_.on_second_direction(f, *first);
  }
}

void Sessions::forget(OrderedFlow& f) {
  core().close_stream(f, *this);
  state_of(f).reset();
  core().rest(f, *this);
}

// ---- control connections on other ports

void Sessions::decide(OrderedFlow& f, const Packet& p) {
  if (p.l7.empty()) return;
  if (is_greeting(p.text())) return probe(f);
  for (OrderedFlow* side : {&f, f.opposite}) {
    if (side == nullptr || !state_of(*side).undecided()) continue;
    state_of(*side).reset();
    core().rest(*side, *this);
  }
}

void Sessions::probe(OrderedFlow& server) {
  const auto c = std::make_shared<Control>(*this, server, false);
  c->confirmed = false;
  add_control_direction(server, c, false);
  if (server.opposite != nullptr) add_control_direction(*server.opposite, c, true);
}

/// The client spoke: it is FTP, or it is not, or one cannot tell yet.
void Sessions::after_probe(OrderedFlow& f, const std::shared_ptr<Control>& c) {
  if (c->rejected) {
    if (f.opposite != nullptr) forget(*f.opposite);
    return forget(f);
  }
  if (!c->confirmed) return;
  linker_.add_hosts(*c);
  remember_listener(*c);
  control_packets_ += c->probed_packets;
  for (OrderedFlow* side : {&f, f.opposite}) {
    Side* d = side != nullptr ? direction(*side) : nullptr;
    if (d == nullptr || d->control != c) continue;
    d->role = Role::kControl;
    d->stat.set(kControlBit);
  }
}

// ---- packets and bytes

void Sessions::on_ftp_packet(OrderedFlow& f, State& s, const Packet& p) {
  now_ = {p.time, p.number};
  if (s.undecided()) return decide(f, p);
  Side& d = *s.get();
  switch (d.role) {
    case Role::kControl:
      ++control_packets_;
      break;
    case Role::kProbe:
      ++d.control->probed_packets;
      break;
    case Role::kData:
      on_data_packet(f, d, p);
      break;
    case Role::kCandidate:
      if (p.l7_length > 0 && d.content != nullptr) d.content->on_payload(p);
      break;
  }
}

void Sessions::on_data_packet(OrderedFlow& f, Side& d, const Packet& p) {
  const Bytes tcp = p.tcp_header();
  if (!tcp.empty() && (tcp[kByte] & (kSyn | kAck)) == kSyn) linker_.on_syn(f, d, p);
  if (p.l7_length > 0) {
    if (d.content != nullptr) d.content->on_payload(p);
    linker_.on_payload(*d.data);
  }
  if (!tcp.empty() && (tcp[kByte] & kRst) != 0) linker_.on_reset(*d.data);
  if (d.data->linked) ++data_packets_;
}

void Sessions::on_stream(OrderedFlow& f, State& s, const Chunk& c) {
  if (c.packet != nullptr) now_ = {c.packet->time, c.packet->number};
  if (Side* d = s.get()) deliver(f, *d, c);
  stop_if_broken();
}

void Sessions::deliver(OrderedFlow& f, Side& d, const Chunk& c) {
  if (d.content != nullptr) return d.content->on_chunk(f, d, c);
  if (d.control == nullptr) return;
  Control& control = *d.control;
  control.look_for_tls(d, c);
  const bool clear = !control.encrypted(d.client);
  control.on_chunk(d, c);
  if (d.role == Role::kProbe) {
    const std::shared_ptr<Control> probed = d.control;  // this may forget the direction
    after_probe(f, probed);
    if (probed->rejected) return;
  }
  if (d.transcript != nullptr) d.transcript->on_chunk(f, c, clear, control.confirmed);
}

void Sessions::on_flow_end(OrderedFlow& f, State& s) {
  Side* d = s.get();
  if (d == nullptr) return;
  end_direction(f, *d);
  d->ended = true;
  Side* const other = f.opposite != nullptr ? direction(*f.opposite) : nullptr;
  if (other != nullptr && !other->ended) return;
  d->stand_alone();
  if (other != nullptr) other->stand_alone();
}

void Sessions::end_direction(OrderedFlow& f, Side& d) {
  if (d.role == Role::kCandidate) return linker_.on_candidate_end(f);
  if (d.role == Role::kData) linker_.on_data_end(f, d);
  if (d.control != nullptr) {
    if (d.transcript != nullptr) d.transcript->end(f, *d.control);
    const int directions = f.opposite != nullptr ? 2 : 1;
    if (++d.control->ended_directions == directions) d.control->end();
  }
  if (d.role != Role::kProbe) aggregate_ |= d.stat;
}

void Sessions::finish() {
  if (!prepared_) prepare();
  if (contents_ != nullptr) contents_->finish();
  stop_if_broken();
}

// ---- reports

void Sessions::report(Report& r) const {
  r.aggregate("ftpStat", aggregate_.value, 2);
  r.count("Number of FTP control packets", control_packets_, r.totals().packets);
  r.count("Number of FTP-DATA packets", data_packets_, r.totals().packets);
  if (contents_ != nullptr) r.count("Number of files extracted", contents_->files());
  r.count("Number of FTP bounce requests", linker_.bounces());
  if (contents_ != nullptr && !contents_->error().empty()) {
    r.line("Carving is incomplete: " + contents_->error());
  }
}

void Sessions::monitor(Monitor& m) const {
  m.value("ftpPkts", control_packets_);
  m.value("ftpDataPkts", data_packets_);
}

}  // namespace t2::ftp

T2_PLUGIN(t2::ftp::FtpDecode, t2::ftp::Patience, t2::ftp::Sessions)
