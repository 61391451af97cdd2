// SPDX-License-Identifier: Apache-2.0
#include "saver.h"

#include <fmt/format.h>

#include <algorithm>

namespace t2::ftp {
namespace {

constexpr const char* kMarker = ".t2_ftpDecode";
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30, kMiB = std::uint64_t{1} << 20;

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
  o.limits.hashed_gap_bytes = static_cast<std::uint64_t>(config_.FTP_MAXZEROS) * kMiB;
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
  const std::string& wanted = config_.FTP_MANIFEST;
  if (!wanted.empty() && !manifest_.begin()) {
    error_ = fmt::format("the manifest '{}' cannot be made", wanted);
  }
}

/// Reads the captures a second time, beside the run; only when something is carved from them.
void Saver::hash_captures() {
  if (capture_digests_.valid() || !manifest_.is_open() || !config_.FTP_CAPTURE_DIGEST) return;
  capture_digests_ = std::async(std::launch::async, [this, paths = services_.run_info().captures] {
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
  if (!manifest_.is_open()) return;
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
    const bool ready =
        (r.file == nullptr || r.file->ready()) && (r.lines == nullptr || r.lines->ready());
    if (!ready && unwritten_.size() <= most_left) return;
    await(r);
    if (r.lines != nullptr) folder_.await(*r.lines);
    if (r.file != nullptr && r.file->name.empty()) without_file(r);
    manifest_.write(r);
    unwritten_.pop_front();
  }
}

/// It could not be made.
void Saver::without_file(FileRecord& r) {
  r.file = nullptr;
  r.truncated = r.missing_cut = false;
  r.missing.clear();
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

/// Of all captures that were read, in order: -D finds some while the run goes on.
std::vector<std::optional<Sha256>> Saver::all_digests() {
  std::vector<std::optional<Sha256>> digests;
  if (!capture_digests_.valid()) return digests;
  wait_for_digests();
  digests = capture_digests_.get();
  const std::vector<std::string>& known = services_.run_info().captures;
  const Captures& captures = services_.captures();
  for (std::size_t i = 0; i < captures.size(); ++i) {
    if (i < known.size() && i < digests.size() && known[i] == captures[i].file) continue;
    digests.resize(i);
    digests.push_back(hash_file(captures[i].file, &give_up_));
  }
  return digests;
}

void Saver::finish_manifest() {
  if (!manifest_.is_open()) return;
  write_records(0);
  manifest_.finish({all_digests(), not_kept_});
}

}  // namespace t2::ftp
