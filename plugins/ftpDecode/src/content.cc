// SPDX-License-Identifier: Apache-2.0
#include "content.h"

#include <fmt/format.h>

#include <algorithm>

#include "linker.h"
#include "saver.h"
#include "t2/plugin.h"

namespace t2::ftp {
namespace {

constexpr std::size_t kMostMissing = 4096;  // ranges kept per file

}  // namespace

std::string transfer_name(const Transfer& t, const Config& config) {
  if (!t.argument.empty()) return t.argument;
  // What the server said counts for STOU, and if only the command was lost. Without any of the
  // client's direction the tutorial wants FTP_NONAME; the manifest has the reply's name.
  const bool from_reply = t.verb == Verb::kStou || (t.verb == Verb::kNone && t.client_seen);
  if (!from_reply || t.reply_name.empty()) return config.FTP_NONAME;
  return t.reply_name;
}

Moment moment_of(const Host& host, const Flow& f, const Chunk& c) {
  if (c.kind == Chunk::Kind::kEnd) {
    const StreamStats stats = host.core().stream_stats(f);
    return {stats.end_time, stats.end_packet};
  }
  return c.packet != nullptr ? Moment{c.packet->time, c.packet->number} : Moment{};
}

void FileRecord::add_missing(std::uint64_t from, std::uint64_t length) {
  if (!missing.empty() && missing.back().second == from) {
    missing.back().second += length;
  } else if (missing.size() < kMostMissing) {
    missing.emplace_back(from, from + length);
  } else {
    missing_cut = true;
  }
}

bool FileRecord::wrong_way() const {
  if (transfer == nullptr || transfer->verb == Verb::kNone || client.ip == server.ip) return false;
  return (is_upload(transfer->verb) ? sender : receiver).ip == server.ip;
}

bool FileRecord::complete() const {
  if (file == nullptr || has_gap() || truncated || wrong_way()) return false;
  if (transfer == nullptr) return fin && started_at_syn;
  if (transfer->failed()) return false;
  // A lone 226 after ABOR may be its own, and the FIN its effect.
  const bool ended = started_at_syn && !transfer->aborted && !cut_off &&
                     (fin || end_marker || transfer->succeeded());
  if (!transfer->declared) return ended;
  const std::uint64_t rest = transfer->rest.value_or(0);
  const std::uint64_t declared = *transfer->declared;
  const bool reached = size >= declared || (rest <= declared && size >= declared - rest);
  // In type A the server names the size of its own file; more bytes may be sent.
  return transfer->type == 'A' ? reached && ended : reached;
}

void Content::on_chunk(Flow& f, Direction& d, const Chunk& c) {
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
    cut_off_ = c.packet == nullptr && !c.fin && !host_.core().stream_stats(f).reset;
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
  drop_held();
  decoder_.reset();
  files_ = 0;
  first_ = {};
  ended_ = fin_ = cut_off_ = ignore_ = encrypted_ = false;
  over_ = connection_;
}

/// Keeps the bytes until their transfer is known. False if there are too many to wait for.
bool Content::hold(const Chunk& c) {
  const bool announced = direction_->data != nullptr;
  const std::uint64_t most = announced ? kMostHeld : kMostHeldCandidate;
  const std::uint64_t cost = c.data.size() + sizeof(Held);
  if (held_bytes_ + cost <= most && host_.saver()->may_hold(cost)) {
    held_.push_back({{c.data.begin(), c.data.end()}, c.length});
    held_bytes_ += cost;
    host_.saver()->add_held(cost);
    return true;
  }
  if (announced) return false;  // it is saved without a name
  ignore_ = true;
  drop_held();
  return true;
}

std::vector<Content::Held> Content::drop_held() {
  if (held_bytes_ > 0) host_.saver()->remove_held(held_bytes_);
  held_bytes_ = 0;
  return std::exchange(held_, {});
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
  if (held_.empty()) return;
  for (const Held& h : drop_held()) pass_on(h.data, h.length);
}

void Content::settle(Flow& f, Direction& d) {
  flow_ = &f;
  direction_ = &d;
  const Link* link = d.data->main_link();
  if (file_ != nullptr && record_.transfer == nullptr && link != nullptr) {
    record_.transfer = link->transfer;
  }
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
  return link->control->was_encrypted && data.size() > 2 && TlsSkipper::is_handshake(data[0]) &&
         data[1] == 3;
}

void Content::new_record() {
  record_ = {};
  record_open_ = true;
  record_.flow_index = flow_->index;
  record_.direction = flow_->inverted() ? 'B' : 'A';
  record_.sender = {flow_->src_ip(), flow_->key.src_port};
  record_.receiver = {flow_->dst_ip(), flow_->key.dst_port};
  record_.first = files_ == 0 ? first_ : last_;
  record_.encrypted = encrypted_;
  const Link* link = direction_->data->main_link();
  if (link == nullptr) return;
  const Control& c = *link->control;
  record_.transfer = link->transfer;
  record_.control_index = c.index;
  record_.client = {c.client_ip, c.client_port};
  record_.server = {c.server_ip, c.server_port};
}

bool Content::open_file() {
  if (file_ != nullptr) return true;
  conclude(*direction_);  // the file before it
  new_record();
  ++files_;
  std::string suffix = fmt::format("_{}_{}", flow_->index, record_.direction);
  const std::uint32_t k = direction_->data->number + files_ - 1;
  if (k > 1) suffix += fmt::format("_{}", k);
  const std::string name = record_.transfer != nullptr
                               ? transfer_name(*record_.transfer, host_.config())
                               : host_.config().FTP_NONAME.value();
  file_ = host_.saver()->create_content(safe_file_name(name, suffix));
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
  record_.last = last_;
  record_.fin = fin_;
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
  record_.cut_off = open && cut_off_;
  if (open) {
    direction_->data->waiting.push_back(record_);
  } else {
    host_.saver()->write_record(record_);
  }
}

void Content::evaluate(Direction& d) {
  if (decoder_ != nullptr && decoder_->lost() && !ignore_) d.stat.set(kFileErrorBit);
  if (record_.file == nullptr) return;
  if (file_ != nullptr) {
    record_.size = file_->size();
    record_.truncated = file_->truncated();
    record_.framing_lost = decoder_->lost();
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
void Content::conclude(Direction& d) {
  if (record_.file == nullptr || file_ != nullptr) return;
  host_.saver()->await(record_);
  if (!record_.file->failed) return;
  d.stat.set(kFileErrorBit);
  d.stat.clear(kCompleteBit);
}

}  // namespace t2::ftp
