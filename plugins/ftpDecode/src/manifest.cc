// SPDX-License-Identifier: Apache-2.0
#include "manifest.h"

#include "t2/json.h"
#include "t2/text.h"

namespace t2::ftp {
namespace {

constexpr int kMostManifests = 10'000;  // kept from earlier runs
constexpr std::string_view kHidden = "***";

void put_time(JsonWriter& j, Nanoseconds t) {
  char time[24];
  j.text({time, t2::put_time(time, t)});
}

void put_end(JsonWriter& j, std::string_view key, const End& e) {
  j.key(key).begin_object();
  j.key("ip").text(to_text(e.ip)).key("port").number(e.port);
  j.end_object();
}

void put_digest(JsonWriter& j, const std::optional<Sha256>& digest) {
  j.key("sha256");
  digest ? j.text(to_hex(*digest)) : j.null();
}

std::string_view ended_by(RunEnd e) {
  if (e == RunEnd::kError) return "error";
  return e == RunEnd::kSignal ? "signal" : "input";
}

}  // namespace

void put_moment(JsonWriter& j, const Moment& m, const Services& services) {
  j.key("packet").number(m.packet);
  put_time(j.key("time"), m.time);
  if (const auto at = services.capture_position(m.packet)) {
    j.bytes("capture", services.captures()[at->capture].file);
    j.key("in_capture").number(at->packet);
  }
}

bool Manifest::begin() {
  const std::string& wanted = config_.FTP_MANIFEST;
  for (int k = 1; file_ == nullptr && k <= kMostManifests; ++k) {
    file_ = folder_.create(manifest_name(wanted, k), CarveFolder::Naming::kExact);
  }
  if (file_ == nullptr) return false;
  file_->forgo_digest();
  run_record();
  return true;
}

void Manifest::append(JsonWriter& j) {
  file_->append(as_bytes(j.take_line()));
}

void Manifest::run_record() {
  const RunInfo& run = services_.run_info();
  JsonWriter j;
  j.begin_object();
  j.key("record").text("run").key("format").number(2);
  j.key("program").text("T2++").key("version").text(T2_VERSION).key("plugin").text("ftpDecode");
  j.bytes("command_line", run.command_line);
  if (!run.interface.empty()) j.bytes("interface", run.interface);
  if (!run.filter.empty()) j.bytes("filter", run.filter);
  j.key("sensor_id").number(run.sensor_id);
  j.key("settings").begin_object();
  for (const auto& [group, list] : run.settings) {
    j.key(group).begin_object();
    for (const Setting* s : list->all()) j.key(s->name()).text(s->text());
    j.end_object();
  }
  j.end_object();
  j.key("captures").begin_array();
  for (const std::string& file : run.captures) j.begin_object().bytes("file", file).end_object();
  j.end_array().end_object();
  append(j);
}

void Manifest::write(const FileRecord& r) {
  if (r.transcript) return control_record(r);
  content_record(r);
}

void Manifest::content_record(const FileRecord& r) {
  JsonWriter j;
  j.begin_object();
  j.key("record").text("content").key("id").number(++contents_);
  complete_ += r.complete() ? 1 : 0;
  add_file(j, r);
  j.key("protocol").text("ftp");
  add_verdict(j, r);
  if (r.transfer != nullptr) add_transfer(j, r);
  add_place(j, r);
  j.end_object();
  append(j);
}

void Manifest::control_record(const FileRecord& r) {
  JsonWriter j;
  j.begin_object();
  j.key("record").text("control");
  add_file(j, r);
  if (r.lines != nullptr && !r.lines->name.empty()) {
    j.key("lines").text(r.lines->name).key("lines_size").number(r.lines->size);
  }
  j.key("protocol").text("ftp");
  add_verdict(j, r);
  add_user(j, r.user);
  add_logins(j, r);
  add_place(j, r);
  j.end_object();
  append(j);
}

/// Name and size come first: whoever looks for what a run made reads no more of the record.
void Manifest::add_file(JsonWriter& j, const FileRecord& r) const {
  j.key("file");
  r.file == nullptr ? j.null() : j.text(r.file->name);
  j.key("size").number(r.size);
  const bool hashed = r.file != nullptr && !r.file->failed;
  put_digest(j, hashed ? r.file->digest : std::nullopt);
  if (!hashed || r.file->digest || r.file->ranges.empty()) return;
  j.key("ranges").begin_array();
  for (const DigestRange& range : r.file->ranges) {
    j.begin_object().key("from").number(range.from).key("to").number(range.to);
    put_digest(j, range.digest);
    j.end_object();
  }
  j.end_array();
}

void Manifest::add_missing(JsonWriter& j, const FileRecord& r) const {
  j.key("missing").begin_array();
  for (const auto& [from, to] : r.missing) j.begin_array().number(from).number(to).end_array();
  if (const auto tail = r.missing_tail()) {
    j.begin_array().number(tail->from).optional(tail->to).end_array();
  }
  j.end_array();
  if (r.missing_cut) j.key("missing_cut").flag(true);
}

void Manifest::add_verdict(JsonWriter& j, const FileRecord& r) const {
  if (r.transfer != nullptr) {
    j.key("declared").optional(r.transfer->declared);
    const auto smallest = r.declared_smallest();
    if (smallest != r.transfer->declared) j.key("declared_smallest").optional(smallest);
  }
  const Lack lack = r.lack();
  j.key("complete").flag(lack == Lack::kNothing);
  if (lack != Lack::kNothing) j.key("incomplete").text(text(lack));
  j.key("start");
  r.started_at_syn ? j.text("syn") : j.null();
  j.key("end");
  r.end_proof() == EndProof::kNone ? j.null() : j.text(name(r.end_proof()));
  add_missing(j, r);
  if (const std::string why = r.aborted(); !why.empty()) j.key("aborted").text(why);
  if (r.framing_lost) j.key("framing_lost").flag(true);
  if (r.truncated) j.key("truncated").flag(true);
  j.key("conflicts").number(r.conflicts);
  j.key("started_at_syn").flag(r.started_at_syn);
  j.key("fin").flag(r.fin);
  if (r.encrypted) j.key("encrypted").flag(true);
}

void Manifest::add_user(JsonWriter& j, std::string_view user) const {
  j.bytes("user", config_.FTP_REDACT >= 2 && !user.empty() ? kHidden : user);
}

void Manifest::add_transfer(JsonWriter& j, const FileRecord& r) const {
  const Transfer& t = *r.transfer;
  j.key("kind").text(is_listing(t.verb) ? "listing" : "file");
  const bool known_side = t.verb != Verb::kNone || r.client.ip != r.server.ip;
  const bool up = t.verb != Verb::kNone ? is_upload(t.verb) : r.sender.ip == r.client.ip;
  if (known_side) j.key("way").text(up ? "upload" : "download");
  j.bytes("name", t.argument.empty() ? t.reply_name : t.argument);
  j.key("command").text(ftp::name(t.verb));
  j.bytes("argument", t.argument);
  j.bytes("path", t.path);
  if (!t.reply_name.empty()) j.bytes("name_in_reply", t.reply_name);
  add_user(j, t.user);
  for (const auto& [key, letter] :
       {std::pair{"type", t.type}, {"mode", t.mode}, {"structure", t.structure}}) {
    j.bytes(key, {&letter, 1});
  }
  if (t.rest) j.key("rest").number(*t.rest);
  j.key("reply");
  t.result != 0 ? j.number(t.result) : j.null();
}

void Manifest::add_logins(JsonWriter& j, const FileRecord& r) const {
  if (!r.logins.empty()) {
    j.key("logins").begin_array();
    for (const Login& l : r.logins) {
      j.begin_object();
      add_user(j, l.user);
      if (l.password) j.bytes("password", config_.FTP_REDACT >= 1 ? kHidden : *l.password);
      if (l.ok) j.key("ok").flag(*l.ok);
      if (l.reply != 0) j.key("reply").number(l.reply);
      j.key("at").begin_object();
      put_moment(j, l.at, services_);
      j.end_object().end_object();
    }
    j.end_array();
  }
  if (!r.bounces.empty()) {
    j.key("bounces").begin_array();
    for (const Bounce& b : r.bounces) {
      j.begin_object();
      j.key("ip").text(to_text(b.where.address)).key("port").number(b.where.port);
      j.key("command").text(ftp::name(b.verb));
      j.key("at").begin_object();
      put_moment(j, b.at, services_);
      j.end_object().end_object();
    }
    j.end_array();
  }
  if (r.not_kept > 0) j.key("not_kept").number(r.not_kept);
}

void Manifest::add_place(JsonWriter& j, const FileRecord& r) const {
  put_end(j, "client", r.client);
  put_end(j, "server", r.server);
  put_end(j, "sender", r.sender);
  put_end(j, "receiver", r.receiver);
  j.key("control_flow").number(r.control_index);
  if (!r.transcript) j.key("data_flow").number(r.flow_index);
  j.key("direction").text({&r.direction, 1});
  add_moment(j, "first", r.first);
  add_moment(j, "last", r.last);
}

void Manifest::add_moment(JsonWriter& j, std::string_view key, const Moment& m) const {
  if (m.packet == 0) return;
  j.key(key).begin_object();
  put_moment(j, m, services_);
  j.end_object();
}

void Manifest::add_captures(JsonWriter& j, const RunEnding& ending) const {
  j.key("captures").begin_array();
  const Captures& captures = services_.captures();
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const Capture& c = captures[i];
    j.begin_object().bytes("file", c.file).key("bytes").number(c.bytes);
    put_digest(j, i < ending.digests.size() ? ending.digests[i] : std::nullopt);
    j.key("packets").number(c.packets);
    if (c.packets > 0) {
      put_time(j.key("first"), c.first);
      put_time(j.key("last"), c.last);
    }
    j.key("link_types").begin_array();
    for (const std::uint16_t type : c.link_types) j.number(type);
    j.end_array().end_object();
  }
  j.end_array();
}

void Manifest::finish(const RunEnding& ending) {
  const CarveCosts& costs = folder_.costs();
  JsonWriter j;
  j.begin_object().key("record").text("end");
  add_captures(j, ending);
  j.key("contents").number(contents_).key("complete").number(complete_);
  j.key("limits").begin_object();
  j.key("files_not_made").number(costs.files).key("bytes_not_written").number(costs.bytes);
  j.key("files_without_digest").number(costs.undigested_files);
  j.key("bytes_not_kept").number(ending.not_kept);
  j.end_object();
  j.key("ended").text(ended_by(services_.run_end()));
  j.end_object();
  append(j);
  file_->close();
}

}  // namespace t2::ftp
