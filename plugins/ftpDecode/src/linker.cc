// SPDX-License-Identifier: Apache-2.0
#include "linker.h"

#include <algorithm>

#include "t2/plugin.h"

namespace t2::ftp {
namespace {

std::uint32_t tcp_sequence(const Packet& p) {
  const Bytes tcp = p.tcp_header();
  return tcp.empty() ? 0 : load_be32(&tcp[4]);
}

}  // namespace

const Link* DataConnection::main_link() const {
  const auto it =
      std::find_if(links.begin(), links.end(), [](const Link& l) { return l.transfer != nullptr; });
  return it != links.end() ? &*it : nullptr;
}

Linker::HostPair Linker::pair_of(const IpAddress& a, const IpAddress& b, std::uint16_t vlan_id) {
  return a < b ? HostPair{a, b, vlan_id} : HostPair{b, a, vlan_id};
}

void Linker::add_hosts(const Control& c) {
  ++hosts_[pair_of(c.client_ip, c.server_ip, c.vlan_id)].controls;
}

template <class Function>
void Linker::for_directions(const DataConnection& connection, Function function) const {
  OrderedFlow* f = host_.find(connection.flow);
  if (f == nullptr) return;
  for (OrderedFlow* side : {f, f->opposite}) {
    if (side == nullptr) continue;
    Side* d = host_.direction(*side);
    if (d != nullptr && d->data.get() == &connection) function(*side, *d);
  }
}

// ---- announcements

void Linker::announce(Control& c, const Endpoint& e) {
  Expectation x;
  x.port = e.where.port;
  x.vlan_id = c.vlan_id;
  x.control = c.flow;
  x.tag = e.id;
  // What the text names, and the control connection's own end: one of them may be behind a NAT.
  const IpAddress own = e.passive ? c.server_ip : c.client_ip;
  if (e.verb == Verb::kNone) x.port = c.client_port;  // RFC 959 3.2: the default data port
  const IpAddress named = e.where.address;
  const bool third_party = !is_unusable(named) && named != own;
  for (const bool use_named : {true, false}) {
    if (use_named && !third_party) continue;
    x.listener = use_named ? named : own;
    // When a server connects to another one (FXP), the other one's client announces it, too.
    x.peer = use_named && !e.passive ? c.server_ip : IpAddress{};
    host_.core().expectations().add(x, host_.now().time);
    look_back(c, x);
  }
}

void Linker::withdraw(Control& c, std::uint64_t endpoint) {
  host_.core().expectations().drop(c.flow, endpoint);
}

// ---- transfers

std::shared_ptr<DataConnection> Linker::connection_of(const Control& c,
                                                      std::uint64_t endpoint) const {
  for (auto it = c.connections.rbegin(); it != c.connections.rend(); ++it) {
    for (const Link& l : (*it)->links) {
      if (l.control.get() == &c && l.endpoint == endpoint) return *it;
    }
  }
  return nullptr;
}

void Linker::on_transfer(Control& c, const TransferPtr& t) {
  auto connection = connection_of(c, t->endpoint);
  if (connection == nullptr && t->mode != 'S' && !c.connections.empty() &&
      !c.connections.back()->ended) {
    connection = c.connections.back();  // RFC 959 3.4: block mode keeps the connection open
  }
  if (connection == nullptr) return find_unnamed(c, t);
  for (Link& l : connection->links) {
    if (l.control.get() != &c) continue;
    l.endpoint = t->endpoint;
    l.transfer = t;
    l.made = false;
  }
}

void Linker::on_opened(Control& c, const TransferPtr& t) {
  const auto connection = connection_of(c, t->endpoint);
  if (connection == nullptr) {
    if (Side* server = c.server()) server->stat.set(kNoDataFlowBit);
    return;
  }
  for (Link& l : connection->links) {
    if (l.transfer == t) make_link(*connection, l);
  }
}

void Linker::on_finished(Control& c, const TransferPtr& t) {
  const auto connection = connection_of(c, t->endpoint);
  if (connection == nullptr) return;
  host_.core().expectations().drop(c.flow, t->endpoint);  // of attempts that failed
  for_directions(*connection, [&](OrderedFlow&, Side& d) {
    if (d.content != nullptr) d.content->evaluate(d);
  });
  if (const Link* l = connection->main_link(); l != nullptr && l->transfer == t) flush(*connection);
}

void Linker::flush(DataConnection& connection) {
  if (host_.contents() == nullptr) return;
  for (ContentRecord& r : connection.waiting) host_.contents()->write(std::move(r));
  connection.waiting.clear();
}

void Linker::on_control_end(Control& c) {
  host_.core().expectations().drop(c.flow);
  bounces_ += c.session().bounces();
  const auto hosts = hosts_.find(pair_of(c.client_ip, c.server_ip, c.vlan_id));
  if (hosts != hosts_.end() && --hosts->second.controls == 0) hosts_.erase(hosts);
  for (const auto& connection : c.connections) flush(*connection);
}

/// Tells both sides of each other: spec ftpDecode 2 (ftpCDFindex) and 5 (data flow).
void Linker::make_link(DataConnection& connection, Link& link) {
  if (link.made) return;
  link.made = true;
  connection.linked = true;
  const auto most = static_cast<std::size_t>(static_cast<std::int64_t>(host_.config().FTP_MAXCPFI));
  const auto add = [most](std::vector<std::uint64_t>& list, std::uint64_t index) {
    const bool full = list.size() >= most;
    if (full && !list.empty()) list.pop_back();  // the last entry is the one that gives way
    if (most > 0) list.push_back(index);
    return !full;
  };
  Control& c = *link.control;
  if (!add(connection.control_indices, c.index)) connection.overflow = true;
  const bool listed = add(c.data_indices, connection.index);
  for (Side* d : {c.client(), c.server()}) {
    if (d != nullptr && !listed) d->stat.set(kOverflowBit);
  }
  if (Side* server = c.server()) server->stat.clear(kNoDataFlowBit);
  for_directions(connection, [&](OrderedFlow& f, Side& d) {
    mark(d, connection);
    if (d.content != nullptr) d.content->settle(f, d);
  });
}

/// What a direction of a linked data connection shows.
void Linker::mark(Side& d, const DataConnection& connection) const {
  d.stat.set(kDataBit);
  if (connection.overflow) d.stat.set(kOverflowBit);
  const Link* link = connection.main_link();
  const Control& c = link != nullptr ? *link->control : *connection.links.front().control;
  if (link == nullptr) return c.add_parameter(d, host_.config().FTP_NONAME.value());
  d.length = link->transfer->declared.value_or(0);
  c.add_parameter(d, transfer_name(*link->transfer, host_.config()));
}

// ---- connections

/// All that wait for this flow, newest first.
std::vector<Linker::Waiting> Linker::take_waiting(const OrderedFlow& f) {
  std::vector<Waiting> waiting;
  while (const auto e = host_.core().expectations().take(f, host_.now().time)) {
    OrderedFlow* control_flow = host_.find(e->control);
    const Side* d = control_flow != nullptr ? host_.direction(*control_flow) : nullptr;
    if (d == nullptr || d->control == nullptr) continue;
    const Control& c = *d->control;
    const bool own = (f.src_ip() == c.client_ip && f.dst_ip() == c.server_ip) ||
                     (f.src_ip() == c.server_ip && f.dst_ip() == c.client_ip);
    waiting.push_back({d->control, *e, own});
  }
  return waiting;
}

/// The data connection of the control connections that wait for this flow; null if none does. One
/// between the same two hosts has it alone: the others were announced the same port for another
/// client, or for the same one before or behind a NAT. Two servers that talk to each other have
/// two.
std::shared_ptr<DataConnection> Linker::take_expectations(OrderedFlow& f) {
  Expectations& expectations = host_.core().expectations();
  const std::vector<Waiting> waiting = take_waiting(f);
  if (waiting.empty()) return nullptr;
  const auto own =
      std::find_if(waiting.begin(), waiting.end(), [](const Waiting& w) { return w.own; });
  auto connection = std::make_shared<DataConnection>();
  for (const Waiting& w : waiting) {
    const Expectation& e = w.expected;
    if (own != waiting.end() && !w.own) {
      expectations.add(e, host_.now().time);
      continue;
    }
    const bool outdated = own != waiting.end()
                              ? &w != &*own
                              : std::any_of(waiting.data(), &w, [&](const Waiting& newer) {
                                  return newer.expected.peer == e.peer;
                                });
    if (outdated) continue;
    expectations.drop(e.control, e.tag);  // announced under two addresses
    connection->links.push_back({w.control, e.tag, w.control->transfer(e.tag), false, e});
    keep_for_peer(f, *w.control, e);
  }
  return connection;
}

/// A stranger came first, perhaps a port scanner: the right one may still come.
void Linker::keep_for_peer(const OrderedFlow& f, const Control& c, Expectation e) {
  if (e.peer.family != Family::kNone) return;
  const bool to = f.dst_ip() == e.listener && f.key.dst_port == e.port;
  const IpAddress other = to ? f.src_ip() : f.dst_ip();
  if (other == c.client_ip || other == c.server_ip) return;
  if (e.listener != c.client_ip && e.listener != c.server_ip) return;
  e.peer = e.listener == c.server_ip ? c.client_ip : c.server_ip;
  host_.core().expectations().add(e, host_.now().time);
}

void Linker::on_reset(const DataConnection& connection) {
  if (connection.payload) return;
  for (const Link& l : connection.links) {
    if (l.expected.port == 0 || l.control->ended ||
        (l.transfer != nullptr && l.transfer->result != 0))
      continue;
    host_.core().expectations().add(l.expected, host_.now().time);
  }
}

/// Makes the flow, and its other direction if it is there, a data connection.
void Linker::claim(OrderedFlow& f, const std::shared_ptr<DataConnection>& connection) {
  connection->flow = ref(f);
  connection->index = f.index;
  for (OrderedFlow* side : {&f, f.opposite}) {
    if (side == nullptr) continue;
    Side* d = host_.direction(*side);
    if (d == nullptr) {
      d = &host_.make_direction(*side, Role::kData);
      if (host_.contents() != nullptr) {
        d->content = std::make_unique<Content>(host_);
        host_.open_stream(*side, StreamUse::kBulk);
      }
    }
    d->role = Role::kData;
    d->data = connection;
  }
  for (Link& l : connection->links) {
    auto& list = l.control->connections;
    if (list.size() == kMaxConnections) {
      flush(*list.front());
      list.erase(list.begin());
    }
    list.push_back(connection);
    if (l.transfer != nullptr && l.transfer->opened != 0) make_link(*connection, l);
  }
}

void Linker::on_new_flow(OrderedFlow& f, const Packet& p) {
  remember(f);
  if (hosts_.empty() && host_.core().expectations().empty()) return;
  if (const auto connection = take_expectations(f)) {
    connection->first_seq = tcp_sequence(p);
    return claim(f, connection);
  }
  const auto hosts = hosts_.find(pair_of(f.src_ip(), f.dst_ip(), f.key.vlan_id));
  if (hosts == hosts_.end()) return;
  const auto control = hosts->second.one_sided.lock();
  if (control != nullptr && is_one_sided(f, *control)) return claim_unnamed(f, control);
  add_candidate(f);
}

Linker::Candidate Linker::candidate(OrderedFlow& f) const {
  return {ref(f), host_.now(), f.key.src_port, f.key.dst_port};
}

void Linker::remember(OrderedFlow& f) {
  const Candidate c = candidate(f);
  recent_ports_.add(c);
  if (recent_.size() < kMaxRecent) {
    recent_.push_back(c);
    return;
  }
  recent_ports_.remove(recent_[next_recent_]);
  recent_[next_recent_] = c;
  next_recent_ = (next_recent_ + 1) % kMaxRecent;
}

void Linker::on_second_direction(OrderedFlow& f, Side& first) {
  Side& d = host_.make_direction(f, first.role);
  d.data = first.data;
  if (host_.contents() != nullptr) {
    d.content = std::make_unique<Content>(host_);
    host_.open_stream(f, StreamUse::kBulk);
  }
  if (d.data != nullptr && d.data->linked) mark(d, *d.data);
}

void Linker::on_syn(OrderedFlow& f, Side& d, const Packet& p) {
  const std::uint32_t seq = tcp_sequence(p);
  if (d.data == nullptr || seq == d.data->first_seq) return;  // sent again
  const auto connection = take_expectations(f);
  if (connection == nullptr) return;
  connection->first_seq = seq;
  connection->number = d.data->number + 1;
  connection->control_indices = d.data->control_indices;
  d.data->ended = true;
  claim(f, connection);
}

void Linker::on_payload(DataConnection& connection) {
  connection.payload = true;
  if (connection.linked) return;
  for (Link& l : connection.links) {
    if (l.transfer != nullptr) make_link(connection, l);
  }
}

void Linker::on_data_end(OrderedFlow& f, Side& d) {
  DataConnection& connection = *d.data;
  if (connection.payload && !connection.linked) {
    for (Link& l : connection.links)
      make_link(connection, l);  // no command, no reply: still its data
  }
  if (d.content == nullptr) return;
  d.content->settle(f, d);
  d.content->conclude(d);
}

// ---- look-back

void Linker::add_candidate(OrderedFlow& f) {
  const Nanoseconds now = host_.now().time;
  while (!candidates_.empty() && (candidates_.size() >= kMaxCandidates ||
                                  now - candidates_.front().began.time > kCandidateAge)) {
    drop_candidate(candidates_.begin());
  }
  candidates_.push_back(candidate(f));
  candidate_ports_.add(candidates_.back());
  if (host_.contents() == nullptr) return;
  host_.make_direction(f, Role::kCandidate).content = std::make_unique<Content>(host_);
  host_.open_stream(f, StreamUse::kBulk);
}

void Linker::drop_candidate(std::list<Candidate>::iterator it) {
  if (OrderedFlow* f = host_.find(it->flow)) {
    for (OrderedFlow* side : {f, f->opposite}) {
      if (side == nullptr) continue;
      const Side* d = host_.direction(*side);
      if (d != nullptr && d->role == Role::kCandidate) host_.forget(*side);
    }
  }
  erase_candidate(it);
}

void Linker::erase_candidate(std::list<Candidate>::iterator it) {
  candidate_ports_.remove(*it);
  candidates_.erase(it);
}

void Linker::on_candidate_end(OrderedFlow& f) {
  const auto it = std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& c) {
    const OrderedFlow* candidate = host_.find(c.flow);
    return candidate == &f || (candidate != nullptr && candidate == f.opposite);
  });
  if (it != candidates_.end()) erase_candidate(it);
}

bool Linker::is_expected(const OrderedFlow& f, const Expectation& e) {
  if (f.key.vlan_id != e.vlan_id) return false;
  return (f.key.dst_port == e.port && f.dst_ip() == e.listener) ||
         (f.key.src_port == e.port && f.src_ip() == e.listener);
}

/// Was the announced connection there before its announcement? The newest one that fits is meant.
void Linker::look_back(const Control& c, const Expectation& e) {
  const auto newest = candidate_ports_.may_have(e.port) ? candidates_.rbegin() : candidates_.rend();
  for (auto it = newest; it != candidates_.rend(); ++it) {
    OrderedFlow* f = host_.find(it->flow);
    if (f == nullptr || !is_expected(*f, e)) continue;
    erase_candidate(std::next(it).base());
    if (const auto connection = take_expectations(*f)) claim(*f, connection);
    return;
  }
  // Or, where captures were put together, even before its control connection? Its time tells: a
  // port of an earlier session is not meant. What it carried is gone.
  if (!recent_ports_.may_have(e.port)) return;
  for (std::size_t back = 1; back <= recent_.size(); ++back) {
    const Candidate& r = recent_[(next_recent_ + recent_.size() - back) % recent_.size()];
    const bool fits = r.began.packet < c.began.packet && r.began.time >= c.began.time;
    OrderedFlow* f = fits ? host_.find(r.flow) : nullptr;
    if (f == nullptr || !is_expected(*f, e) || host_.direction(*f) != nullptr) continue;
    if (const auto connection = take_expectations(*f)) claim(*f, connection);
    return;
  }
}

// ---- sessions of which only the client's side was captured

bool Linker::is_one_sided(const OrderedFlow& f, const Control& c) {
  return f.opposite == nullptr && f.src_ip() == c.client_ip && f.dst_ip() == c.server_ip &&
         f.key.vlan_id == c.vlan_id && f.key.dst_port >= kFirstUnprivileged;
}

/// The reply that names the port is not in the capture. If the client opened one connection to the
/// server since it asked, that one is meant; if none, its next one; of several nobody can tell.
void Linker::find_unnamed(Control& c, const TransferPtr& t) {
  const auto hosts = hosts_.find(pair_of(c.client_ip, c.server_ip, c.vlan_id));
  if (hosts == hosts_.end()) return;
  hosts->second.one_sided.reset();
  if (t->asked.packet == 0 || c.server() != nullptr || c.client() == nullptr) return;
  OrderedFlow* found = nullptr;
  std::size_t fitting = 0;
  for (const Candidate& candidate : candidates_) {
    OrderedFlow* f =
        candidate.began.packet > t->asked.packet ? host_.find(candidate.flow) : nullptr;
    if (f == nullptr || !is_one_sided(*f, c)) continue;
    found = f;
    ++fitting;
  }
  const std::shared_ptr<Control> control = c.client()->control;
  if (fitting == 0) hosts->second.one_sided = control;
  if (fitting == 1) claim_unnamed(*found, control);
}

void Linker::claim_unnamed(OrderedFlow& f, const std::shared_ptr<Control>& c) {
  hosts_[pair_of(c->client_ip, c->server_ip, c->vlan_id)].one_sided.reset();
  on_candidate_end(f);
  const TransferPtr t = c->newest_transfer();
  if (t == nullptr) return;
  const auto connection = std::make_shared<DataConnection>();
  connection->links.push_back({c, t->endpoint, t, false, {}});
  claim(f, connection);
}

}  // namespace t2::ftp
