// SPDX-License-Identifier: Apache-2.0
#include "carve/store.h"

#include <fmt/format.h>

#include <algorithm>

namespace t2 {

ContentStore::ContentStore(RunCore& core) : core_(core) {}

ContentStore::~ContentStore() {
  give_up_.store(true, std::memory_order_relaxed);
}

Result<void> ContentStore::start(ContentOptions options) {
  options_ = std::move(options);
  if (auto r = folder_.reserve(options_.folder); !r) return r;
  announce();
  return {};
}

std::unique_ptr<Contents> ContentStore::share(std::string subfolder) {
  if (std::find(subfolders_.begin(), subfolders_.end(), subfolder) == subfolders_.end()) {
    subfolders_.push_back(subfolder);
  }
  return std::make_unique<Contents>(*this, std::move(subfolder));
}

Result<void> ContentStore::make_subfolders() {
  return folder_.add_subfolders(subfolders_);
}

void ContentStore::announce() const {
  if (const auto n = folder_.others(); n > 0) {
    core_.warn(
        fmt::format("{}: folder '{}' holds {} file(s) that are not as a manifest lists "
                    "them; they stay",
                    options_.plugin, options_.folder.path, n));
  }
}

void ContentStore::prepare() {
  if (auto r = folder_.open(); !r) {
    error_ = r.error().message;
    return;
  }
  const std::string& wanted = options_.manifest;
  if (!wanted.empty() && !manifest_.begin(wanted, options_.plugin)) {
    error_ = fmt::format("the manifest '{}' cannot be made", wanted);
  } else if (!wanted.empty()) {
    const std::string& folder = options_.folder.path;
    core_.note_manifest(folder + (folder.ends_with('/') ? "" : "/") + wanted);
  }
}

/// Reads the captures a second time, beside the run; only when something is carved from them.
void ContentStore::hash_captures() {
  if (capture_digests_.valid() || !manifest_.is_open() || !options_.capture_digests) return;
  capture_digests_ =
      std::async(std::launch::async, [this, paths = core_.run().run_info().captures] {
        std::vector<std::optional<Sha256>> digests;
        digests.reserve(paths.size());
        for (const std::string& path : paths) digests.push_back(hash_file(path, &give_up_));
        return digests;
      });
}

std::unique_ptr<CarveFile> ContentStore::create(const std::string& name) {
  hash_captures();
  return folder_.create(name);
}

void ContentStore::write(ContentRecord r) {
  if (!manifest_.is_open()) return;
  if (!r.control && r.id == 0) r.id = number();
  // What the line says must not depend on when the file is written.
  if (auto facts = r.facts != nullptr ? r.facts->frozen() : nullptr) r.facts = std::move(facts);
  unwritten_.push_back(std::move(r));
  write_records(kMostUnwritten);
}

bool ContentStore::copy(const CarveOutcome& from, std::uint64_t offset, std::uint64_t length,
                        CarveFile& to) {
  folder_.await(from);
  return !from.failed && folder_.read(from, offset, length, to);
}

void ContentStore::await(ContentRecord& r) {
  if (r.file == nullptr) return;
  folder_.await(*r.file);
  r.size = r.file->size;
  r.truncated = r.truncated || r.file->failed;
}

/// Writes the records whose files are written, in order, and waits until at most so many are left.
void ContentStore::write_records(std::size_t most_left) {
  while (!unwritten_.empty()) {
    ContentRecord& r = unwritten_.front();
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
void ContentStore::without_file(ContentRecord& r) {
  r.file = nullptr;
  r.truncated = r.missing_cut = false;
  r.missing.clear();
}

/// Ctrl-C does not wait long for the digest of a large capture.
void ContentStore::wait_for_digests() {
  constexpr std::chrono::milliseconds kLook{100};
  constexpr int kPatience = 20;  // looks
  for (int looks = 0; capture_digests_.wait_for(kLook) != std::future_status::ready;) {
    looks += core_.run().interrupted() ? 1 : 0;
    if (looks >= kPatience) give_up_.store(true, std::memory_order_relaxed);
  }
}

/// Of all captures that were read, in order: -D finds some while the run goes on.
std::vector<std::optional<Sha256>> ContentStore::all_digests() {
  std::vector<std::optional<Sha256>> digests;
  if (!capture_digests_.valid()) return digests;
  wait_for_digests();
  digests = capture_digests_.get();
  const std::vector<std::string>& known = core_.run().run_info().captures;
  const Captures& captures = core_.run().captures();
  for (std::size_t i = 0; i < captures.size(); ++i) {
    if (i < known.size() && i < digests.size() && known[i] == captures[i].file) continue;
    digests.resize(i);
    digests.push_back(hash_file(captures[i].file, &give_up_));
  }
  return digests;
}

void ContentStore::finish() {
  if (manifest_.is_open()) {
    write_records(0);
    manifest_.finish({all_digests(), not_kept_});
  }
  folder_.drain();
}

bool ContentStore::hold(std::uint64_t bytes) {
  if (held_ + bytes > options_.most_held) return false;
  held_ += bytes;
  return true;
}

bool ContentStore::note(std::uint64_t bytes) {
  constexpr std::uint64_t kMost = 64u << 20;
  if (noted_ + bytes > kMost) return false;
  noted_ += bytes;
  return true;
}

/// `type`: in lower case, without parameters.
bool ContentStore::wants(std::string_view type) const {
  if (options_.media_types.empty()) return true;
  const auto fits = [type](std::string_view wanted) {
    if (!wanted.ends_with("/*")) return wanted == type;
    wanted.remove_suffix(1);
    return type.starts_with(wanted);
  };
  return std::any_of(options_.media_types.begin(), options_.media_types.end(), fits);
}

}  // namespace t2
