// SPDX-License-Identifier: Apache-2.0
#include "saver.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "t2/text.h"

namespace t2::ftp {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMarker = ".t2_ftpDecode";
constexpr int kMostManifests = 10'000;  // kept from earlier runs
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

std::string dump(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string seconds(Nanoseconds t) {
  char text[32];
  return {text, put_time(text, t)};
}

Json end_json(const End& e) {
  return {{"ip", to_text(e.ip)}, {"port", e.port}};
}

Json moment_json(const Moment& m) {
  return {{"packet", m.packet}, {"time", seconds(m.time)}};
}

template <class T>
Json optional_json(const std::optional<T>& v) {
  return v ? Json(*v) : Json(nullptr);
}

Json transfer_json(const Transfer& t) {
  Json j;
  j["command"] = std::string(name(t.verb));
  j["argument"] = t.argument;
  j["path"] = t.path;
  if (!t.reply_name.empty()) j["name_in_reply"] = t.reply_name;
  j["user"] = t.user;
  j["type"] = std::string(1, t.type);
  j["mode"] = std::string(1, t.mode);
  j["structure"] = std::string(1, t.structure);
  if (t.rest) j["rest"] = *t.rest;
  j["reply"] = t.result != 0 ? Json(t.result) : Json(nullptr);
  return j;
}

}  // namespace

Saver::~Saver() = default;

CarveOptions Saver::options() const {
  CarveOptions o;
  o.path = config_.FTP_F_PATH;
  if (!o.path.ends_with('/')) o.path += '/';
  o.marker = kMarker;
  o.empty_it = config_.FTP_RMDIR;
  o.limits.file_bytes = static_cast<std::uint64_t>(config_.FTP_MAXFILE) * kGiB;
  o.limits.run_bytes = static_cast<std::uint64_t>(config_.FTP_MAXRUN) * kGiB;
  o.limits.files = static_cast<std::uint64_t>(config_.FTP_MAXFILES);
  o.limits.open_files = static_cast<std::uint32_t>(config_.FTP_MAXOPEN);
  return o;
}

Result<void> Saver::check() const {
  const std::string& manifest = config_.FTP_MANIFEST;
  if (manifest.find('/') != manifest.npos || manifest == "." || manifest == ".." ||
      manifest == kMarker || manifest.size() > 200) {
    return Error{fmt::format("FTP_MANIFEST '{}' is not a plain file name", manifest)};
  }
  if (config_.FTP_F_PATH.value().empty()) return Error{"FTP_F_PATH is empty: name a folder"};
  if (auto r = CarveFolder::check(options()); !r) return Error{"FTP_F_PATH: " + r.error().message};
  return {};
}

void Saver::prepare() {
  if (auto r = folder_.open(options()); !r) {
    error_ = r.error().message;
    return;
  }
  if (!config_.FTP_MANIFEST.value().empty()) begin_manifest();
}

/// The digests of the captures are filled in at the end, over the blanks kept for them.
void Saver::begin_manifest() {
  const std::string& wanted = config_.FTP_MANIFEST;
  const std::size_t extension = std::min(wanted.find('.', 1), wanted.size());
  for (int k = 1; manifest_ == nullptr && k <= kMostManifests; ++k) {
    std::string free_name = wanted;
    if (k > 1) free_name.insert(extension, fmt::format("_{}", k));
    manifest_ = folder_.create(free_name, CarveFolder::Naming::kExact);
  }
  if (manifest_ == nullptr) {
    error_ = fmt::format("the manifest '{}' cannot be made", wanted);
    return;
  }
  static const std::string kPlace = "null" + std::string(2 * sizeof(Sha256) + 2 - 4, ' ');
  const RunInfo& run = services_.run_info();
  Json head;
  head["record"] = "run";
  head["program"] = "T2++";
  head["version"] = T2_VERSION;
  head["plugin"] = "ftpDecode";
  head["command_line"] = run.command_line;
  if (!run.interface.empty()) head["interface"] = run.interface;
  if (!run.filter.empty()) head["filter"] = run.filter;
  head["sensor_id"] = run.sensor_id;
  Json settings;
  for (const auto& [group, list] : run.settings) {
    for (const Setting* s : list->all()) settings[group][s->name()] = s->text();
  }
  head["settings"] = settings;
  std::string line = dump(head);
  line.pop_back();
  line += ",\"captures\":[";
  for (const std::string& path : run.captures) {
    if (!captures_.empty()) line += ',';
    line += "{\"file\":" + dump(path) + ",\"sha256\":";
    captures_.push_back({path, line.size()});
    line += kPlace + "}";
  }
  append_line(line + "]}");
}

void Saver::append_line(const std::string& line) {
  if (manifest_ == nullptr) return;
  manifest_->append(as_bytes(line));
  manifest_->append(as_bytes("\n"));
}

/// Reads the captures a second time, beside the run; only when something is carved from them.
void Saver::hash_captures() {
  if (capture_digests_.valid() || captures_.empty()) return;
  std::vector<std::string> paths;
  for (const Capture& c : captures_) paths.push_back(c.path);
  capture_digests_ = std::async(std::launch::async, [paths = std::move(paths)] {
    std::vector<std::optional<Sha256>> digests;
    for (const std::string& path : paths) digests.push_back(hash_file(path));
    return digests;
  });
}

std::unique_ptr<CarveFile> Saver::create_content(const std::string& name) {
  auto f = folder_.create(name);
  if (f == nullptr) return f;
  hash_captures();
  ++content_files_;
  return f;
}

std::unique_ptr<CarveFile> Saver::create_transcript(const std::string& name) {
  hash_captures();
  return folder_.create(name);
}

void Saver::write_record(const FileRecord& r) {
  if (manifest_ == nullptr) return;
  unwritten_.push_back(r);
  // What the line says must not depend on when the digest is there.
  if (r.transfer != nullptr) unwritten_.back().transfer = std::make_shared<Transfer>(*r.transfer);
  write_records(kMostUnwritten);
}

/// Writes the records whose digest is there, in order, and waits until at most so many are left.
void Saver::write_records(std::size_t most_left) {
  while (!unwritten_.empty()) {
    const Digest& d = unwritten_.front().digest;
    const bool ready =
        !d.valid() || d.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    if (!ready && unwritten_.size() <= most_left) return;
    write_line(unwritten_.front());
    unwritten_.pop_front();
  }
}

void Saver::write_line(const FileRecord& r) {
  const std::optional<Sha256> digest = r.digest.valid() ? r.digest.get() : std::nullopt;
  Json j;
  j["record"] = r.kind;
  j["file"] = r.file.empty() ? Json(nullptr) : Json(r.file);
  j["sha256"] = digest ? Json(to_hex(*digest)) : Json(nullptr);
  j["size"] = r.size;
  if (r.transfer != nullptr) j["declared"] = optional_json(r.transfer->declared);
  j["complete"] = r.complete();
  j["missing"] = r.missing;
  if (r.missing_cut) j["missing_cut"] = true;
  if (r.framing_lost) j["framing_lost"] = true;
  if (r.truncated) j["truncated"] = true;
  j["conflicts"] = r.conflicts;
  j["started_at_syn"] = r.started_at_syn;
  j["fin"] = r.fin;
  if (r.encrypted) j["encrypted"] = true;
  if (r.transfer != nullptr) {
    Transfer t = *r.transfer;
    if (config_.FTP_REDACT >= 2) t.user = t.user.empty() ? "" : "***";
    j.update(transfer_json(t));
  } else if (r.kind == "control") {
    j["user"] = config_.FTP_REDACT >= 2 && !r.user.empty() ? "***" : r.user;
  }
  j["client"] = end_json(r.client);
  j["server"] = end_json(r.server);
  j["sender"] = end_json(r.sender);
  j["receiver"] = end_json(r.receiver);
  j["control_flow"] = r.control_index;
  if (r.kind == "content") j["data_flow"] = r.flow_index;
  j["direction"] = std::string(1, r.direction);
  j["first"] = moment_json(r.first);
  j["last"] = moment_json(r.last);
  append_line(dump(j));
}

/// With -D the files are known only when they have been read.
void Saver::add_later_captures() {
  const std::vector<std::string>& all = services_.run_info().captures;
  if (all.size() <= captures_.size() || folder_.files() <= 1) return;
  Json list = Json::array();
  for (std::size_t i = captures_.size(); i < all.size(); ++i) {
    const auto digest = hash_file(all[i]);
    list.push_back({{"file", all[i]}, {"sha256", digest ? Json(to_hex(*digest)) : Json(nullptr)}});
  }
  append_line(dump({{"record", "captures"}, {"captures", list}}));
}

void Saver::finish() {
  if (manifest_ == nullptr) return;
  write_records(0);
  if (capture_digests_.valid()) {
    const auto digests = capture_digests_.get();
    for (std::size_t i = 0; i < digests.size(); ++i) {
      if (digests[i]) manifest_->patch(captures_[i].place, '"' + to_hex(*digests[i]) + '"');
    }
  }
  add_later_captures();
  manifest_->close();
}

}  // namespace t2::ftp
