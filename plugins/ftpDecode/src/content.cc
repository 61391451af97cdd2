// SPDX-License-Identifier: Apache-2.0
#include "content.h"

#include <fmt/format.h>

#include <algorithm>

#include "facts.h"
#include "linker.h"
#include "t2/plugin.h"
#include "t2/tls.h"

namespace t2::ftp {
std::string transfer_name(const Transfer& t, const Config& config) {
  if (!t.argument.empty()) return t.argument;
  // What the server said counts for STOU, and if only the command was lost. Without any of the
  // client's direction the tutorial wants FTP_NONAME; the manifest has the reply's name.
  const bool from_reply = t.verb == Verb::kStou || (t.verb == Verb::kNone && t.client_seen);
  if (!from_reply || t.reply_name.empty()) return config.FTP_NONAME;
  return t.reply_name;
}

Moment moment_of(const Host& host, const OrderedFlow& f, const Chunk& c) {
  if (c.kind == Chunk::Kind::kEnd) {
    const StreamStats stats = host.core().stream_stats(f);
    return {stats.end_time, stats.end_packet};
  }
  return c.packet != nullptr ? Moment{c.packet->time, c.packet->number} : Moment{};
}

void Content::on_chunk(OrderedFlow& f, Side& d, const Chunk& c) {
  flow_ = &f;
  direction_ = &d;
  last_ = std::max(last_, moment_of(host_, f, c));
  if (c.kind == Chunk::Kind::kRestart) return restart();
  const std::uint32_t number = d.data != nullptr ? d.data->number : 0;
  if (number != 0 && number == over_) return;  // a later connection that nobody announced
  // The end of a connection may come when the next one was announced already.
  if (c.kind != Chunk::Kind::kEnd || connection_ == 0) connection_ = number;
  const bool known = d.data != nullptr && d.data->main_link() != nullptr;
  if (c.kind == Chunk::Kind::kEnd) {
    fin_ = c.fin;
    reset_ = !c.fin && host_.core().stream_stats(f).reset;
    ended_ = true;
    if (d.data != nullptr && number == connection_) d.data->ended = true;
    if (known) release();
    if (decoder_ != nullptr) close_file();
    return evaluate(d);
  }
  if (first_.packet == 0) first_ = last_;
  if (ignore_ || (!known && decoder_ == nullptr && hold(c))) return;
  release();
  pass_on(c.data, c.length);
  evaluate(d);
}

/// A new connection on the same 5-tuple.
void Content::restart() {
  close_file();
  held_.take();
  decoder_.reset();
  files_ = 0;
  first_ = first_payload_ = {};
  ended_ = fin_ = reset_ = ignore_ = encrypted_ = false;
  over_ = connection_;
}

/// Keeps the bytes until their transfer is known. False if there are too many to wait for.
bool Content::hold(const Chunk& c) {
  const bool announced = direction_->data != nullptr;
  if (held_.add(c, announced ? kMostHeld : kMostHeldCandidate)) return true;
  if (announced) return false;  // it is saved without a name
  ignore_ = true;
  host_.contents()->add_not_kept(held_.bytes() + c.data.size());
  held_.take();
  return true;
}

void Content::begin() {
  if (decoder_ != nullptr) return;
  const Link* link = direction_->data->main_link();
  const Transfer* t = link != nullptr ? link->transfer.get() : nullptr;
  decoder_ =
      std::make_unique<ModeDecoder>(t != nullptr ? t->mode : 'S', t != nullptr ? t->type : 'I');
}

void Content::release() {
  begin();
  for (const HeldBytes::Piece& p : held_.take()) pass_on(p.data, p.length);
}

void Content::settle(OrderedFlow& f, Side& d) {
  flow_ = &f;
  direction_ = &d;
  const Link* link = d.data->main_link();
  if (file_ != nullptr && record_.facts == nullptr && link != nullptr) set_transfer(link->transfer);
  if (held_.empty()) return;
  release();
  if (ended_) close_file();
  evaluate(d);
}

void Content::pass_on(Bytes data, std::uint64_t length) {
  if (ignore_) return;
  if (files_ == 0 && file_ == nullptr) {
    encrypted_ = looks_encrypted(data);
    if (encrypted_ && !host_.config().FTP_SAVE_TLS) {
      new_record();
      ignore_ = true;
      return;
    }
  }
  if (data.empty()) {
    decoder_->gap(length, *this);
  } else {
    decoder_->feed(data, *this);
  }
  if (decoder_->lost() && files_ == 0 && !record_open_) new_record();  // nothing could be saved
}

/// PROT P was agreed on, or the control connection was encrypted and a TLS handshake begins here.
bool Content::looks_encrypted(Bytes data) const {
  const Link* link = direction_->data->main_link();
  if (link == nullptr) return false;
  if (link->transfer->is_protected) return true;
  return link->control->was_encrypted && begins_tls(data);
}

void Content::new_record() {
  record_ = {};
  record_.protocol = "ftp";
  record_open_ = true;
  record_.flow_index = flow_->index;
  record_.direction = flow_->inverted() ? 'B' : 'A';
  record_.sender = {flow_->src_ip(), flow_->key.src_port};
  record_.receiver = {flow_->dst_ip(), flow_->key.dst_port};
  record_.first = files_ == 0 ? first_ : last_;
  if (record_.first.packet == 0) record_.first = first_payload_;
  record_.encrypted = encrypted_;
  const Link* link = direction_->data->main_link();
  if (link == nullptr) return;
  const Control& c = *link->control;
  record_.control_index = c.index;
  record_.client = {c.client_ip, c.client_port};
  record_.server = {c.server_ip, c.server_port};
  set_transfer(link->transfer);
}

void Content::set_transfer(const TransferPtr& t) {
  record_.facts = std::make_shared<TransferFacts>(host_.config(), t, record_);
}

bool Content::open_file() {
  if (file_ != nullptr) return true;
  conclude(*direction_);  // the file before it
  new_record();
  ++files_;
  std::string suffix = fmt::format("_{}_{}", flow_->index, record_.direction);
  const std::uint32_t k = direction_->data->number + files_ - 1;
  if (k > 1) suffix += fmt::format("_{}", k);
  const Link* link = direction_->data->main_link();
  const std::string name = link != nullptr ? transfer_name(*link->transfer, host_.config())
                                           : host_.config().FTP_NONAME.value();
  file_ = host_.contents()->create(safe_file_name(name, suffix));
  if (file_ == nullptr) {
    ignore_ = true;
    direction_->stat.set(kFileErrorBit);
    return false;
  }
  record_.file = file_->outcome();
  return true;
}

void Content::on_data(Bytes data) {
  if (!data.empty() && !ignore_ && open_file()) file_->append(data);
}

void Content::on_hole(std::uint64_t length) {
  if (ignore_ || !open_file()) return;
  record_.add_missing(file_->size(), length);
  file_->gap(length);
}

void Content::on_file_end() {
  record_.end_marker = true;
  close_file();
}

/// Ends the file at hand and hands its record on: to the manifest, or, while the transfer has no
/// result, to the connection.
void Content::close_file() {
  if (!record_open_) return;
  record_open_ = false;
  const StreamStats stats = host_.core().stream_stats(*flow_);
  record_.last = last_.packet < last_payload_.packet ? last_payload_ : last_;
  record_.fin = fin_;
  record_.reset = reset_;
  record_.closing_ends = decoder_ == nullptr || decoder_->closing_ends();
  record_.conflicts = stats.conflicts;
  record_.started_at_syn = stats.started_at_syn;
  record_.framing_lost = decoder_ != nullptr && decoder_->lost();
  if (file_ != nullptr) {
    file_->close();
    record_.size = file_->size();
    record_.truncated = file_->truncated();
    file_.reset();
  }
  const Link* link = direction_->data->main_link();
  const bool open = link != nullptr && !link->control->ended && link->transfer->result == 0;
  if (open) {
    direction_->data->waiting.push_back(record_);
  } else {
    host_.contents()->write(record_);
  }
}

void Content::evaluate(Side& d) {
  if (decoder_ != nullptr && decoder_->lost() && !ignore_) d.stat.set(kFileErrorBit);
  if (record_.file == nullptr) return;
  if (file_ != nullptr) {
    record_.size = file_->size();
    record_.truncated = file_->truncated();
    record_.framing_lost = decoder_->lost();
    record_.started_at_syn = host_.core().stream_stats(*flow_).started_at_syn;
  }
  if (record_.has_gap() || record_.truncated) d.stat.set(kFileErrorBit);
  if (record_.complete()) {
    d.stat.set(kCompleteBit);
  } else {
    d.stat.clear(kCompleteBit);
  }
}

/// Files are written by another thread, and no row may call one complete that was not written: so
/// the last word waits for it. Flows end seconds after their data, so that hardly ever takes time.
/// Rows of packets (-s) show what is known when they are made.
void Content::conclude(Side& d) {
  if (record_.file == nullptr || file_ != nullptr) return;
  host_.contents()->await(record_);
  if (!record_.file->failed) return;
  d.stat.set(kFileErrorBit);
  d.stat.clear(kCompleteBit);
}

}  // namespace t2::ftp
