// SPDX-License-Identifier: Apache-2.0
#include "saver.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
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

/// One line of the manifest, written without building a document: there may be millions.
class JsonLine {
 public:
  JsonLine() { line_.reserve(kUsual); }

  JsonLine& key(std::string_view name) {
    if (line_.size() > 1) raw(",");
    quoted(name);
    raw(":");
    return *this;
  }
  void raw(std::string_view value) { line_.append(value); }
  void number(std::uint64_t n) {
    char digits[20];
    line_.append(digits, std::to_chars(std::begin(digits), std::end(digits), n).ptr);
  }
  void optional(const std::optional<std::uint64_t>& n) { n ? number(*n) : raw("null"); }
  void flag(bool b) { raw(b ? "true" : "false"); }
  void text(std::string_view s) {
    const bool plain = std::all_of(
        s.begin(), s.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
    plain ? quoted(s) : raw(dump(Json(s)));
  }
  void letter(char c) { text(std::string_view(&c, 1)); }
  void end(const End& e) {
    raw("{\"ip\":");
    quoted(to_text(e.ip));
    raw(",\"port\":");
    number(e.port);
    raw("}");
  }
  void moment(const Moment& m) {
    char time[24];
    raw("{\"packet\":");
    number(m.packet);
    raw(",\"time\":");
    quoted({time, put_time(time, m.time)});
    raw("}");
  }
  std::string finish() && {
    raw("}\n");
    return std::move(line_);
  }

 private:
  static constexpr std::size_t kUsual = 1024;

  void quoted(std::string_view plain) {
    raw("\"");
    raw(plain);
    raw("\"");
  }
  std::string line_ = "{";
};

void add_transfer(JsonLine& j, const Transfer& t, bool hide_user) {
  j.key("command").text(name(t.verb));
  j.key("argument").text(t.argument);
  j.key("path").text(t.path);
  if (!t.reply_name.empty()) j.key("name_in_reply").text(t.reply_name);
  j.key("user").text(hide_user && !t.user.empty() ? "***" : t.user);
  j.key("type").letter(t.type);
  j.key("mode").letter(t.mode);
  j.key("structure").letter(t.structure);
  if (t.rest) j.key("rest").number(*t.rest);
  j.key("reply").optional(t.result != 0 ? std::optional<std::uint64_t>(t.result) : std::nullopt);
}

}  // namespace

Saver::~Saver() {
  give_up_.store(true, std::memory_order_relaxed);
}

CarveOptions Saver::options() const {
  CarveOptions o;
  o.path = config_.FTP_F_PATH;
  if (!o.path.ends_with('/')) o.path += '/';
  o.marker = kMarker;
  o.manifest = config_.FTP_MANIFEST;
  if (o.manifest.empty()) o.manifest = Config().FTP_MANIFEST.value();  // of runs that had one
  o.empty_it = config_.FTP_RMDIR;
  o.limits.file_bytes = static_cast<std::uint64_t>(config_.FTP_MAXFILE) * kGiB;
  o.limits.run_bytes = static_cast<std::uint64_t>(config_.FTP_MAXRUN) * kGiB;
  o.limits.files = static_cast<std::uint64_t>(config_.FTP_MAXFILES);
  o.limits.open_files = static_cast<std::uint32_t>(config_.FTP_MAXOPEN);
  return o;
}

Result<void> Saver::start() {
  const std::string& manifest = config_.FTP_MANIFEST;
  if (manifest.find('/') != manifest.npos || manifest == "." || manifest == ".." ||
      manifest == kMarker || manifest.size() > 200) {
    return Error{fmt::format("FTP_MANIFEST '{}' is not a plain file name", manifest)};
  }
  if (config_.FTP_F_PATH.value().empty()) return Error{"FTP_F_PATH is empty: name a folder"};
  const CarveOptions o = options();
  if (auto r = folder_.reserve(o); !r) return Error{"FTP_F_PATH: " + r.error().message};
  announce(o.path);
  return {};
}

void Saver::announce(const std::string& path) const {
  if (const auto n = folder_.others(); n > 0) {
    services_.log(
        fmt::format("[WRN] ftpDecode: folder '{}' holds {} file(s) that are not as a manifest "
                    "lists them; they stay",
                    path, n));
  }
}

void Saver::prepare() {
  if (auto r = folder_.open(); !r) {
    error_ = r.error().message;
    return;
  }
  if (!config_.FTP_MANIFEST.value().empty()) begin_manifest();
}

/// The digests of the captures are filled in at the end, over the blanks kept for them.
void Saver::begin_manifest() {
  const std::string& wanted = config_.FTP_MANIFEST;
  for (int k = 1; manifest_ == nullptr && k <= kMostManifests; ++k) {
    manifest_ = folder_.create(manifest_name(wanted, k), CarveFolder::Naming::kExact);
  }
  if (manifest_ == nullptr) {
    error_ = fmt::format("the manifest '{}' cannot be made", wanted);
    return;
  }
  manifest_->forgo_digest();
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
  append_line(line + "]}\n");
}

void Saver::append_line(const std::string& line) {
  if (manifest_ != nullptr) manifest_->append(as_bytes(line));
}

/// Reads the captures a second time, beside the run; only when something is carved from them.
void Saver::hash_captures() {
  if (capture_digests_.valid() || captures_.empty()) return;
  std::vector<std::string> paths;
  for (const Capture& c : captures_) paths.push_back(c.path);
  capture_digests_ = std::async(std::launch::async, [this, paths = std::move(paths)] {
    std::vector<std::optional<Sha256>> digests;
    for (const std::string& path : paths) digests.push_back(hash_file(path, &give_up_));
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
  // What the line says must not depend on when the file is written.
  if (r.transfer != nullptr) unwritten_.back().transfer = std::make_shared<Transfer>(*r.transfer);
  write_records(kMostUnwritten);
}

void Saver::await(FileRecord& r) {
  if (r.file == nullptr) return;
  folder_.await(*r.file);
  r.size = r.file->size;
  r.truncated = r.truncated || r.file->failed;
}

/// Writes the records whose files are written, in order, and waits until at most so many are left.
void Saver::write_records(std::size_t most_left) {
  while (!unwritten_.empty()) {
    FileRecord& r = unwritten_.front();
    const bool ready = r.file == nullptr || r.file->ready();
    if (!ready && unwritten_.size() <= most_left) return;
    await(r);
    write_line(r);
    unwritten_.pop_front();
  }
}

void Saver::write_line(FileRecord& r) {
  if (r.file != nullptr && r.file->name.empty()) {  // it could not be made
    if (r.kind == "control") return;
    r.file = nullptr;
    r.truncated = r.missing_cut = false;
    r.missing.clear();
  }
  const std::optional<Sha256> digest = r.file != nullptr ? r.file->digest : std::nullopt;
  const bool hide_user = config_.FTP_REDACT >= 2;
  JsonLine j;
  j.key("record").text(r.kind);
  r.file == nullptr ? j.key("file").raw("null") : j.key("file").text(r.file->name);
  digest ? j.key("sha256").text(to_hex(*digest)) : j.key("sha256").raw("null");
  j.key("size").number(r.size);
  if (r.transfer != nullptr) j.key("declared").optional(r.transfer->declared);
  j.key("complete").flag(r.complete());
  j.key("missing").raw(r.missing.empty() ? "[]" : dump(Json(r.missing)));
  if (r.missing_cut) j.key("missing_cut").flag(true);
  if (r.framing_lost) j.key("framing_lost").flag(true);
  if (r.truncated) j.key("truncated").flag(true);
  j.key("conflicts").number(r.conflicts);
  j.key("started_at_syn").flag(r.started_at_syn);
  j.key("fin").flag(r.fin);
  if (r.encrypted) j.key("encrypted").flag(true);
  if (r.transfer != nullptr) {
    add_transfer(j, *r.transfer, hide_user);
  } else if (r.kind == "control") {
    j.key("user").text(hide_user && !r.user.empty() ? "***" : r.user);
  }
  j.key("client").end(r.client);
  j.key("server").end(r.server);
  j.key("sender").end(r.sender);
  j.key("receiver").end(r.receiver);
  j.key("control_flow").number(r.control_index);
  if (r.kind == "content") j.key("data_flow").number(r.flow_index);
  j.key("direction").letter(r.direction);
  j.key("first").moment(r.first);
  j.key("last").moment(r.last);
  append_line(std::move(j).finish());
}

/// With -D the files are known only when they have been read.
void Saver::add_later_captures() {
  const std::vector<std::string>& all = services_.run_info().captures;
  if (all.size() <= captures_.size() || folder_.files() <= 1) return;
  Json list = Json::array();
  for (std::size_t i = captures_.size(); i < all.size(); ++i) {
    const auto digest = hash_file(all[i], &give_up_);
    list.push_back({{"file", all[i]}, {"sha256", digest ? Json(to_hex(*digest)) : Json(nullptr)}});
  }
  append_line(dump({{"record", "captures"}, {"captures", list}}) + "\n");
}

void Saver::finish() {
  finish_manifest();
  folder_.drain();
}

/// Ctrl-C does not wait long for the digest of a large capture.
void Saver::wait_for_digests() {
  constexpr std::chrono::milliseconds kLook{100};
  constexpr int kPatience = 20;  // looks
  for (int looks = 0; capture_digests_.wait_for(kLook) != std::future_status::ready;) {
    looks += services_.interrupted() ? 1 : 0;
    if (looks >= kPatience) give_up_.store(true, std::memory_order_relaxed);
  }
}

void Saver::finish_manifest() {
  if (manifest_ == nullptr) return;
  write_records(0);
  if (capture_digests_.valid()) {
    wait_for_digests();
    const auto digests = capture_digests_.get();
    for (std::size_t i = 0; i < digests.size(); ++i) {
      if (digests[i]) manifest_->patch(captures_[i].place, '"' + to_hex(*digests[i]) + '"');
    }
  }
  add_later_captures();
  manifest_->close();
}

}  // namespace t2::ftp
