// SPDX-License-Identifier: Apache-2.0
#include "control.h"

#include <algorithm>
#include <utility>

#include "facts.h"
#include "linker.h"
#include "paths.h"
#include "t2/plugin.h"
#include "t2/tls.h"
#include "t2/unicode.h"

namespace t2::ftp {
namespace {

constexpr std::string_view kHidden = "***";

}  // namespace

Control::Control(Host& host, OrderedFlow& f, bool client)
    : flow(ref(f)),
      began(host.now()),
      index(f.index),
      vlan_id(f.key.vlan_id),
      client_ip(client ? f.src_ip() : f.dst_ip()),
      server_ip(client ? f.dst_ip() : f.src_ip()),
      client_port(client ? f.key.src_port : f.key.dst_port),
      server_port(client ? f.key.dst_port : f.key.src_port),
      host_(host),
      session_(*this, host.contents() != nullptr) {
  session_.set_hosts(client_ip, server_ip);
}

Side* Control::find(bool client) const {
  OrderedFlow* f = host_.find(flow);
  if (f == nullptr) return nullptr;
  for (OrderedFlow* side : {f, f->opposite}) {
    if (side == nullptr) continue;
    Side* d = host_.direction(*side);
    if (d != nullptr && d->client == client) return d;
  }
  return nullptr;
}

Side* Control::server() const {
  return find(false);
}
Side* Control::client() const {
  return find(true);
}

TransferPtr Control::transfer(std::uint64_t endpoint) const {
  const std::size_t n = transfers_.size();
  for (std::size_t back = 1; back <= n; ++back) {
    const TransferPtr& t = transfers_[(next_transfer_ + n - back) % n];
    if (t->endpoint == endpoint) return t;
  }
  return nullptr;
}

TransferPtr Control::newest_transfer() const {
  const std::size_t n = transfers_.size();
  return n > 0 ? transfers_[(next_transfer_ + n - 1) % n] : nullptr;
}

void Control::on_chunk(Side& d, const Chunk& c) {
  Input& in = d.client ? client_input_ : server_input_;
  switch (c.kind) {
    case Chunk::Kind::kData:
      on_bytes(d, in, c.data);
      return;
    case Chunk::Kind::kGap:
      if (in.encrypted) return in.tls.gap(c.length);
      in.lines.gap();
      if (!d.client) replies_.gap();
      return;
    case Chunk::Kind::kRestart:
      in = {};
      if (d.client) {
        session_.reset();
        client_input_ = server_input_ = {};
        replies_ = {};
      }
      return;
    case Chunk::Kind::kEnd:
      return;
  }
}

void Control::look_for_tls(const Side& d, const Chunk& c) {
  Input& in = d.client ? client_input_ : server_input_;
  if (c.kind != Chunk::Kind::kData || in.encrypted || c.data.empty()) return;
  const bool first = !std::exchange(in.seen, true);
  if (c.data[0] != kTlsHandshake || !in.lines.at_line_start()) return;
  const bool implicit = first && begins_tls(c.data);
  if (implicit || (d.client && session_.auth_pending())) on_tls();
}

/// True if clear text is left.
bool Control::skip_encrypted(Input& in, Bytes& data) {
  if (!in.tls.skip(data)) return false;
  in.encrypted = false;
  in.tls = {};
  return true;
}

void Control::on_bytes(Side& d, Input& in, Bytes data) {
  if (in.encrypted && !skip_encrypted(in, data)) return;
  in.lines.feed(data);
  LineSplitter::Line line;
  while (!rejected && in.lines.next(line)) {
    if (d.client) {
      client_line(d, line);
    } else {
      server_line(d, line);
    }
    if (!in.encrypted) continue;
    // AUTH TLS was accepted in this very line: the rest of the bytes is encrypted already.
    Bytes rest = in.lines.rest();
    in.lines = {};
    if (!skip_encrypted(in, rest)) return;
    in.lines.feed(rest);
  }
}

std::string Control::limited(Side& d, std::string_view text, std::int64_t limit) const {
  return cell_text(text, static_cast<std::size_t>(limit), [&d] { d.stat.set(kOverflowBit); });
}

void Control::add_parameter(Side& d, std::string_view parameter) const {
  if (parameter.empty()) return;
  const std::int64_t most = host_.config().FTP_MAXCNM;
  // The list is full and that is shown: whatever comes changes nothing.
  if (is_full(d.parameters, most) && d.stat.has(kOverflowBit)) return;
  std::string p = limited(d, parameter, host_.config().FTP_MXNMLN);
  if (std::find(d.parameters.begin(), d.parameters.end(), p) != d.parameters.end()) return;
  add_to(d, d.parameters, std::move(p), most);
}

void Control::record_command(Side& d, const Command& c) {
  const Config& config = host_.config();
  const auto bit = static_cast<unsigned>(c.verb);
  if (bit < kVerbsWithBit) d.verb_bits.set(bit);
  const bool listed = std::find(d.verbs.begin(), d.verbs.end(), c.verb) != d.verbs.end();
  if (!listed || !config.FTP_CMD_AGGR) add_to(d, d.verbs, c.verb, config.FTP_MAXCNM);
  if (c.argument.empty()) return;
  if (c.verb == Verb::kUser) {
    const std::string_view user = config.FTP_REDACT >= 2 ? kHidden : c.argument;
    add_to(d, d.users, limited(d, user, config.FTP_UXNMLN), config.FTP_MAXUNM);
  } else if (c.verb == Verb::kPass) {
    const std::string_view password = config.FTP_REDACT >= 1 ? kHidden : c.argument;
    add_to(d, d.passwords, limited(d, password, config.FTP_PXNMLN), config.FTP_MAXPNM);
  } else if (lists_parameter(c.verb)) {
    add_parameter(d, c.argument);
  }
}

void Control::client_line(Side& d, const LineSplitter::Line& line) {
  if (line.cut && confirmed) d.stat.set(kOverflowBit);
  if (line.text.empty()) return;
  if (const auto reply = replies_.on_client()) on_reply(server(), *reply);
  const auto c = parse_command(line.text);
  if (!confirmed) {
    // Mail servers greet alike; their clients go on with EHLO.
    rejected = !c;
    confirmed = c && c->verb != Verb::kQuit && c->verb != Verb::kNoop && c->verb != Verb::kHelp;
  }
  if (c) {
    record_command(d, *c);
    session_.on_command(*c, host_.now());
  } else if (!line.after_gap && line.text.find_first_not_of(" \t") != line.text.npos) {
    session_.on_command({Verb::kUnknown, {}});  // the server will answer it, too
  }
}

void Control::server_line(Side& d, const LineSplitter::Line& line) {
  if (line.cut && confirmed) d.stat.set(kOverflowBit);
  if (const auto r = replies_.on_line(line.text)) on_reply(&d, *r);
}

void Control::on_reply(Side* d, const Reply& r) {
  opened_ = nullptr;
  session_.on_reply(r);
  if (d != nullptr) record_reply(*d, r);
}

void Control::record_reply(Side& d, const Reply& r) {
  const Config& config = host_.config();
  if (r.listed) {
    const bool there = std::find(d.codes.begin(), d.codes.end(), r.code) != d.codes.end();
    if (!there || !config.FTP_CMD_AGGR) add_to(d, d.codes, r.code, config.FTP_MAXCNM);
  }
  if (!r.complete) return;
  if (const auto length = session_.take_declared()) d.length = *length;
  if (r.code == 215) {
    add_parameter(d, r.line);
  } else if (opened_ != nullptr) {
    const std::string& name = opened_->reply_name;
    add_parameter(d, name.empty() ? opened_->argument : name);
  }
}

void Control::on_endpoint(const Endpoint& e) {
  if (e.verb != Verb::kNone && !negotiated) {
    negotiated = true;
    for (Side* d : {client(), server()}) {
      if (d != nullptr) d->stat.set(kNegotiatedBit);
    }
  }
  host_.linker().announce(*this, e);
}

void Control::on_endpoint_void(std::uint64_t id) {
  host_.linker().withdraw(*this, id);
}

void Control::on_transfer(const TransferPtr& t) {
  if (transfers_.size() < kMaxTransfers) {
    transfers_.push_back(t);
  } else {
    transfers_[next_transfer_] = t;
  }
  next_transfer_ = (next_transfer_ + 1) % kMaxTransfers;
  host_.linker().on_transfer(*this, t);
}

void Control::on_opened(const TransferPtr& t) {
  opened_ = t;
  host_.linker().on_opened(*this, t);
}

void Control::on_finished(const TransferPtr& t) {
  host_.linker().on_finished(*this, t);
}

void Control::on_tls() {
  client_input_.encrypted = server_input_.encrypted = true;
  was_encrypted = true;
}

bool Control::may_note(std::uint64_t bytes) {
  if (host_.contents() == nullptr || !host_.contents()->note(bytes)) return false;
  noted_ += bytes;
  return true;
}

/// What the connection was about besides transfers; once.
void Control::move_notes_to(ControlFacts& facts) {
  facts.logins = session_.take_logins();
  facts.bounces = session_.take_bounces();
  facts.not_kept = session_.not_noted();
}

void Control::end() {
  if (ended) return;
  ended = true;
  if (noted_ > 0) host_.contents()->forget_notes(std::exchange(noted_, 0));
  host_.linker().on_control_end(*this);
  connections.clear();
}

}  // namespace t2::ftp
