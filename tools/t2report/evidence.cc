// SPDX-License-Identifier: Apache-2.0
#include "evidence.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "kinds.h"
#include "line_reader.h"
#include "members.h"
#include "sessions.h"
#include "t2/file.h"

namespace t2::report {
namespace {

/// Of archives and documents: most have their names there.
constexpr std::size_t kContainerHead = 600 << 10, kContainerTail = 64 << 10;
constexpr std::size_t kLongestRecord = std::size_t{1} << 20;
constexpr std::size_t kMostFiles = 5'000, kMostSessions = 2'000;
constexpr std::size_t kAllPictures = std::size_t{2} << 20, kAllPreviews = std::size_t{1} << 20;
constexpr std::size_t kPreview = 1200, kHexBytes = 64;

std::string short_text(const Json& j, const char* key) {
  return text_of(j, key).substr(0, 4096);
}

/// How deep arrays and objects nest. Nothing that t2 writes comes near the limit, and code that
/// walks a document may trust it.
bool nests_too_deep(std::string_view line) {
  constexpr int kDeepest = 16;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '{' || c == '['))
      ++depth;
    else if (!quoted && (c == '}' || c == ']'))
      --depth;
    if (depth > kDeepest) return true;
  }
  return false;
}

void drop_passwords(Json& j) {
  if (j.is_object()) {
    for (const char* key : {"password", "password_hex"}) j.erase(key);
  }
  if (!j.is_structured()) return;
  for (auto& child : j) drop_passwords(child);
}

/// A path that stays in the folder; empty otherwise.
std::string inside(const std::string& folder, const std::string& file) {
  if (file.empty() || file.front() == '/' || file.find('\0') != std::string::npos) return "";
  const std::string framed = "/" + file + "/";
  if (framed.find("/../") != std::string::npos) return "";
  return folder + "/" + file;
}

/// At most `most` bytes from the start; empty if there is no such regular file.
/// With `tail`: also so many bytes from the end of what is longer.
std::string head_of(const std::string& path, std::size_t most, std::size_t tail = 0) {
  if (path.empty()) return "";
  const auto fd = open_to_read(path, true);
  if (!fd) return "";
  std::string out(most + tail, '\0');
  std::size_t have = 0;
  const auto fill = [&](std::size_t end) {
    for (ssize_t n = 1; n > 0 && have<end; have += n> 0 ? static_cast<std::size_t>(n) : 0)
      n = ::read(*fd, out.data() + have, end - have);
  };
  fill(most);
  const off_t from = tail == 0 ? -1 : ::lseek(*fd, 0, SEEK_END) - static_cast<off_t>(tail);
  if (from >= static_cast<off_t>(most) && ::lseek(*fd, from, SEEK_SET) == from) fill(most + tail);
  ::close(*fd);
  out.resize(have);
  return out;
}

/// A declared picture that is something else, or a program declared as text.
bool unlike_type(std::string_view declared, const Kind& kind) {
  const bool program = kind.danger == Danger::kProgram && kind.name != "script";
  if (declared.starts_with("text/")) return program;
  if (!declared.starts_with("image/") || declared.starts_with("image/svg")) return false;
  return program || kind.text || std::string_view(kind.family) == "zip";
}

class Reader {
 public:
  Reader(const EvidenceOptions& o, Evidence& e) : o_(o), e_(e) {}

  void line(std::string_view text) {
    Json j = nests_too_deep(text) ? Json() : Json::parse(text, nullptr, false);
    if (!j.is_object()) {
      ++e_.lines_damaged;
      return;
    }
    const std::string record = short_text(j, "record");
    if (record == "control") control(j);
    if (!o_.passwords) drop_passwords(j);
    if (record == "run")
      e_.run = std::move(j);
    else if (record == "end")
      e_.end = std::move(j);
    else if (record == "content")
      content(std::move(j));
  }

 private:
  void content(Json j) {
    const std::string kind = short_text(j, "kind");
    ++e_.contents;
    if (truth_of(j, "complete")) ++e_.complete;
    e_.bytes += count_of(j, "size");
    e_.conflicts += count_of(j, "conflicts");
    if (e_.files.size() >= kMostFiles) {
      ++e_.not_listed;
      return;
    }
    CapturedFile f;
    for (const char* key : {"name", "uri", "argument", "file"}) {
      f.name = short_text(j, key);
      if (!f.name.empty()) break;
    }
    look_inside(f, j);
    f.record = std::move(j);
    e_.files.push_back(std::move(f));
  }

  void look_inside(CapturedFile& f, const Json& j) {
    const std::string path = inside(e_.folder, short_text(j, "file"));
    std::string bytes = head_of(path, kHead);
    // A file whose beginning is missing is zeros there.
    Kind kind = kind_of(bytes);
    // What such a file holds stands anywhere in it, and at its end.
    const std::string_view family = kind.family;
    if (family == "zip" || family == "ole")
      kind = kind_of(head_of(path, kContainerHead, kContainerTail));
    f.is = path.empty() ? "not kept" : kind.name;
    f.program = kind.danger == Danger::kProgram;
    f.macros = kind.danger == Danger::kMacros;
    const bool listing = short_text(j, "kind") == "listing";
    f.unlike_name = !bytes.empty() && !listing && !name_fits(f.name, kind);
    const std::string declared = short_text(j, "media_type");
    f.unlike_type = !bytes.empty() && unlike_type(declared, kind);
    if (kind.text)
      preview(f, bytes);
    else if (!bytes.empty())
      hex(f, bytes);
    if (*kind.media != '\0') picture(f, j, path, kind);
  }

  void preview(CapturedFile& f, std::string_view bytes) {
    if (previews_ >= kAllPreviews) return;
    f.preview = bytes.substr(0, kPreview);
    previews_ += f.preview.size();
  }
  static void hex(CapturedFile& f, std::string_view bytes) {
    for (const char c : bytes.substr(0, kHexBytes))
      f.hex += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
  }

  void picture(CapturedFile& f, const Json& j, const std::string& path, const Kind& kind) {
    if (o_.pictures == EvidenceOptions::Pictures::kNone) return;
    const std::uint64_t size = count_of(j, "size");
    if (!truth_of(j, "complete"))
      f.no_picture = "not whole";
    else if (size > kLargestPicture)
      f.no_picture = "larger than 512 kB";
    else if (pictures_ + size > kAllPictures)
      f.no_picture = "no room left in this page";
    if (!f.no_picture.empty()) return;
    std::string bytes = head_of(path, kLargestPicture + 1);
    const auto dimensions = picture_size(bytes);
    if (bytes.size() != size)
      f.no_picture = "changed since the run";
    else if (!dimensions)
      f.no_picture = "damaged header";
    else if (std::uint64_t{dimensions->width} * dimensions->height > kMostPixels)
      f.no_picture = fmt::format("{} x {} pixels", dimensions->width, dimensions->height);
    if (!f.no_picture.empty()) return;
    f.picture = kind.media;
    f.width = dimensions->width;
    f.height = dimensions->height;
    pictures_ += bytes.size();
    f.bytes = std::move(bytes);
  }

  void control(const Json& j) {
    const std::uint64_t flow = count_of(j, "control_flow");
    const Json &client = object_of(j, "client"), &server = object_of(j, "server");
    const Json& sender = object_of(j, "sender");
    const bool from_client = sender == client;
    logins(j, flow, short_text(client, "ip"), short_text(server, "ip"));
    auto found = places_.find(flow);
    if (found == places_.end()) {
      if (e_.sessions.size() >= kMostSessions) return;
      found = places_.emplace(flow, e_.sessions.size()).first;
      e_.sessions.emplace_back();
    }
    Session& s = e_.sessions[found->second];
    s.flow = flow;
    s.protocol = short_text(j, "protocol");
    s.client = short_text(client, "ip");
    s.server = short_text(server, "ip");
    s.server_port = count_of(server, "port");
    if (s.user.empty()) s.user = short_text(j, "user");
    s.complete = (s.client_file.empty() && s.server_file.empty() ? true : s.complete) &&
                 truth_of(j, "complete");
    const Nanoseconds first = time_of(short_text(object_of(j, "first"), "time"));
    if (s.first == 0 || (first != 0 && first < s.first)) s.first = first;
    const std::string file = inside(e_.folder, short_text(j, "file"));
    const std::string index = inside(e_.folder, short_text(j, "lines"));
    (from_client ? s.client_file : s.server_file) = file;
    (from_client ? s.client_index : s.server_index) = index;
    bounces(j, s);
  }

  static void bounces(const Json& j, Session& s) {
    constexpr std::size_t kMost = 20;
    for (const Json& b : array_of(j, "bounces")) {
      if (!b.is_object() || s.bounces.size() >= kMost) continue;
      s.bounces.push_back(fmt::format("{} port {}", short_text(b, "ip"), count_of(b, "port")));
    }
  }

  void logins(const Json& j, std::uint64_t flow, const std::string& client,
              const std::string& server) {
    for (const Json& l : array_of(j, "logins")) {
      if (!l.is_object() || e_.logins.size() >= kMostLogins) continue;
      Login login;
      login.flow = flow;
      login.protocol = short_text(j, "protocol");
      login.client = client;
      login.server = server;
      login.user = short_text(l, "user");
      if (o_.passwords) login.password = short_text(l, "password");
      if (const auto ok = l.find("ok"); ok != l.end() && ok->is_boolean())
        login.ok = ok->get<bool>();
      const auto reply = l.find("reply");
      if (reply != l.end() && reply->is_number_unsigned())
        login.reply = fmt::format("{}", reply->get<std::uint64_t>());
      else if (reply != l.end() && reply->is_string())
        login.reply = short_text(l, "reply");
      login.at = time_of(short_text(object_of(l, "at"), "time"));
      e_.logins.push_back(std::move(login));
    }
  }

  const EvidenceOptions& o_;
  Evidence& e_;
  std::map<std::uint64_t, std::size_t> places_;
  std::size_t pictures_ = 0, previews_ = 0;
};

}  // namespace

void add_logins(Evidence& e, const std::vector<Login>& logins, const EvidenceOptions& options) {
  for (const Login& l : logins) {
    e.logins.push_back(l);
    if (!options.passwords) e.logins.back().password.clear();
  }
}

std::string manifest_in(const std::string& folder) {
  std::string path = folder + "/manifest.jsonl";
  return is_absent(path) ? folder + "/.manifest.jsonl" : path;
}

Result<Evidence> read_evidence(const std::string& folder, const EvidenceOptions& options) {
  Evidence e;
  e.folder = folder;
  const std::string path = manifest_in(folder);
  if (folder.empty() || is_absent(path)) return e;
  auto fd = open_to_read(path, true);
  if (!fd) return fd.error();
  LineReader lines(*fd, path, kLongestRecord);
  Reader reader(options, e);
  bool first = true;
  while (const auto line = lines.next()) {
    // Files may have any name: only what begins with a run record is a manifest.
    if (first && line->find("\"record\":\"run\"") == std::string_view::npos) return e;
    first = false;
    reader.line(*line);
  }
  if (!lines.error().empty()) return Error{lines.error()};
  e.has_manifest = !first;
  e.lines_damaged += lines.passed_over();
  // A login alone (HTTP) is no dialogue.
  std::erase_if(e.sessions, [](const Session& s) {
    return s.client_file.empty() && s.server_file.empty() && s.bounces.empty();
  });
  std::ranges::sort(e.sessions, {}, [](const Session& s) { return std::pair(s.first, s.flow); });
  read_transcripts(e.sessions, options.passwords);
  return e;
}

void add_digests(Evidence& e, const CaptureDigests& digests) {
  if (!e.end.is_object() && !e.has_manifest && !digests.empty()) {
    e.end = Json::object();
    for (const auto& [file, d] : digests)
      e.end["captures"].push_back({{"file", file}, {"bytes", d.bytes}, {"sha256", d.sha256}});
    return;
  }
  const auto captures = e.end.is_object() ? e.end.find("captures") : e.end.end();
  if (!e.end.is_object() || captures == e.end.end() || !captures->is_array()) return;
  for (Json& c : *captures) {
    const auto found = c.is_object() ? digests.find(short_text(c, "file")) : digests.end();
    if (found == digests.end() || !c.contains("sha256") || !c["sha256"].is_null()) continue;
    const std::uint64_t bytes = found->second.bytes;
    if (bytes != 0 && count_of(c, "bytes") != bytes) continue;
    c["sha256"] = found->second.sha256;
  }
}

}  // namespace t2::report
