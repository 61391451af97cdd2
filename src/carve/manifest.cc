// SPDX-License-Identifier: Apache-2.0
#include "carve/manifest.h"

#include "t2/text.h"

namespace t2 {
namespace {

constexpr int kMostManifests = 10'000;  // kept from earlier runs

void put_instant(JsonWriter& j, Nanoseconds t) {
  char time[24];
  j.text({time, put_time(time, t)});
}

void put_end(JsonWriter& j, std::string_view key, const HostEnd& e) {
  j.key(key).begin_object();
  j.key("ip").text(to_text(e.ip)).key("port").number(e.port);
  j.end_object();
}

void put_digest(JsonWriter& j, const std::optional<Sha256>& digest) {
  j.key("sha256");
  digest ? j.text(to_hex(*digest)) : j.null();
}

}  // namespace

std::string_view ended_by(RunEnd e) {
  if (e == RunEnd::kError) return "error";
  return e == RunEnd::kSignal ? "signal" : "input";
}

void put_moment(JsonWriter& j, const Moment& m, const RunFacts& run) {
  j.key("packet").number(m.packet);
  put_instant(j.key("time"), m.time);
  if (const auto at = run.capture_position(m.packet)) {
    j.bytes("capture", run.captures()[at->capture].file);
    j.key("in_capture").number(at->packet);
  }
}

bool Manifest::begin(const std::string& wanted, std::string_view plugin) {
  for (int k = 1; file_ == nullptr && k <= kMostManifests; ++k) {
    file_ = folder_.create(manifest_name(wanted, k), CarveFolder::Naming::kExact);
  }
  if (file_ == nullptr) return false;
  file_->forgo_digest();
  run_record(plugin);
  return true;
}

void Manifest::append(JsonWriter& j) {
  file_->append(as_bytes(j.take_line()));
}

void Manifest::run_record(std::string_view plugin) {
  const RunInfo& run = run_.run_info();
  JsonWriter j;
  j.begin_object();
  j.key("record").text("run").key("format").number(2);
  j.key("program").text("T2++").key("version").text(T2_VERSION).key("plugin").text(plugin);
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

void Manifest::write(const ContentRecord& r) {
  const Claims c = r.claims();
  JsonWriter j;
  j.begin_object();
  if (r.control) {
    j.key("record").text("control");
  } else {
    ++contents_;
    bytes_ += r.file != nullptr ? r.file->written : 0;
    j.key("record").text("content").key("id").number(r.id);
    if (r.of != 0) j.key("of").number(r.of);
    complete_ += r.lack(c) == Lack::kNothing ? 1 : 0;
  }
  add_file(j, r);
  add_lines(j, r);
  j.key("protocol").text(r.protocol);
  add_verdict(j, r, c);
  if (r.facts != nullptr) r.facts->write(j);
  add_place(j, r);
  j.end_object();
  append(j);
}

/// Name and size come first: whoever looks for what a run made reads no more of the record.
void Manifest::add_file(JsonWriter& j, const ContentRecord& r) {
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

void Manifest::add_lines(JsonWriter& j, const ContentRecord& r) {
  if (r.lines == nullptr || r.lines->name.empty()) return;
  j.key("lines").text(r.lines->name).key("lines_size").number(r.lines->size);
}

void Manifest::add_missing(JsonWriter& j, const ContentRecord& r, const Claims& c) {
  j.key("missing").begin_array();
  for (const auto& [from, to] : r.missing) j.begin_array().number(from).number(to).end_array();
  if (const auto tail = r.missing_tail(c)) {
    j.begin_array().number(tail->from).optional(tail->to).end_array();
  }
  j.end_array();
  if (r.missing_cut) j.key("missing_cut").flag(true);
}

void Manifest::add_verdict(JsonWriter& j, const ContentRecord& r, const Claims& c) {
  if (!r.control) {
    j.key("declared").optional(c.declared);
    if (c.declared_smallest && c.declared_smallest != c.declared) {
      j.key("declared_smallest").optional(c.declared_smallest);
    }
  }
  const Lack lack = r.lack(c);
  j.key("complete").flag(lack == Lack::kNothing);
  if (lack != Lack::kNothing) j.key("incomplete").text(text(lack));
  j.key("start");
  r.announced_start ? j.text("request") : r.started_at_syn ? j.text("syn") : j.null();
  j.key("end");
  const EndProof end = r.end_proof(c);
  end == EndProof::kNone ? j.null() : j.text(name(end));
  add_missing(j, r, c);
  if (const std::string why = r.aborted(c); !why.empty()) j.key("aborted").text(why);
  if (r.framing_lost) j.key("framing_lost").flag(true);
  if (r.truncated) j.key("truncated").flag(true);
  j.key("conflicts").number(r.conflicts);
  j.key("started_at_syn").flag(r.started_at_syn);
  j.key("fin").flag(r.fin);
  if (r.encrypted) j.key("encrypted").flag(true);
}

void Manifest::add_place(JsonWriter& j, const ContentRecord& r) const {
  put_end(j, "client", r.client);
  put_end(j, "server", r.server);
  put_end(j, "sender", r.sender);
  put_end(j, "receiver", r.receiver);
  j.key("control_flow").number(r.control_index);
  if (!r.control) j.key("data_flow").number(r.flow_index);
  j.key("direction").text({&r.direction, 1});
  add_moment(j, "first", r.first);
  add_moment(j, "last", r.last);
}

void Manifest::add_moment(JsonWriter& j, std::string_view key, const Moment& m) const {
  if (m.packet == 0) return;
  j.key(key).begin_object();
  put_moment(j, m, run_);
  j.end_object();
}

void Manifest::add_captures(JsonWriter& j, const RunEnding& ending) const {
  j.key("captures").begin_array();
  const Captures& captures = run_.captures();
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const Capture& c = captures[i];
    j.begin_object().bytes("file", c.file).key("bytes").number(c.bytes);
    put_digest(j, i < ending.digests.size() ? ending.digests[i] : std::nullopt);
    j.key("packets").number(c.packets);
    if (c.packets > 0) {
      put_instant(j.key("first"), c.first);
      put_instant(j.key("last"), c.last);
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
  if (costs.small_files > 0) j.key("files_too_small").number(costs.small_files);
  j.key("bytes_not_kept").number(ending.not_kept);
  j.end_object();
  j.key("ended").text(ended_by(run_.run_end()));
  j.end_object();
  append(j);
  file_->close();
}

}  // namespace t2
