// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <future>

#include "carve/folder.h"
#include "carve/manifest.h"
#include "t2/content.h"
#include "t2/plugin.h"

namespace t2 {

/// The folder, and the records that wait until their file is written.
class Contents::Impl {
 public:
  explicit Impl(Services& services) : services_(services) {}
  ~Impl() { give_up_.store(true, std::memory_order_relaxed); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start(ContentOptions options);
  void prepare();
  std::unique_ptr<CarveFile> create(const std::string& name);
  void write(ContentRecord r);
  void await(ContentRecord& r);
  void finish();
  const std::string& error() const { return error_.empty() ? folder_.error() : error_; }
  bool broken() const { return !error_.empty() || folder_.broken(); }

  std::uint64_t contents = 0;
  std::uint64_t held = 0, noted = 0, not_kept = 0;

 private:
  static constexpr std::size_t kMostUnwritten = 4096;  // records that wait for their file

  void announce() const;
  void write_records(std::size_t most_left);
  void hash_captures();
  void wait_for_digests();
  std::vector<std::optional<Sha256>> all_digests();
  static void without_file(ContentRecord& r);

  Services& services_;
  ContentOptions options_;
  CarveFolder folder_;
  Manifest manifest_{services_, folder_};
  std::deque<ContentRecord> unwritten_;
  std::atomic<bool> give_up_ = false;  // no digest is worth waiting for any more
  std::future<std::vector<std::optional<Sha256>>> capture_digests_;
  std::string error_;
};

Result<void> Contents::Impl::start(ContentOptions options) {
  options_ = std::move(options);
  if (auto r = folder_.reserve(options_.folder); !r) return r;
  announce();
  return {};
}

void Contents::Impl::announce() const {
  if (const auto n = folder_.others(); n > 0) {
    services_.log(
        fmt::format("[WRN] {}: folder '{}' holds {} file(s) that are not as a manifest lists "
                    "them; they stay",
                    options_.plugin, options_.folder.path, n));
  }
}

void Contents::Impl::prepare() {
  if (auto r = folder_.open(); !r) {
    error_ = r.error().message;
    return;
  }
  const std::string& wanted = options_.manifest;
  if (!wanted.empty() && !manifest_.begin(wanted, options_.plugin)) {
    error_ = fmt::format("the manifest '{}' cannot be made", wanted);
  } else if (!wanted.empty()) {
    const std::string& folder = options_.folder.path;
    services_.note_manifest(folder + (folder.ends_with('/') ? "" : "/") + wanted);
  }
}

/// Reads the captures a second time, beside the run; only when something is carved from them.
void Contents::Impl::hash_captures() {
  if (capture_digests_.valid() || !manifest_.is_open() || !options_.capture_digests) return;
  capture_digests_ = std::async(std::launch::async, [this, paths = services_.run_info().captures] {
    std::vector<std::optional<Sha256>> digests;
    for (const std::string& path : paths) digests.push_back(hash_file(path, &give_up_));
    return digests;
  });
}

std::unique_ptr<CarveFile> Contents::Impl::create(const std::string& name) {
  hash_captures();
  return folder_.create(name);
}

void Contents::Impl::write(ContentRecord r) {
  if (!manifest_.is_open()) return;
  // What the line says must not depend on when the file is written.
  if (auto facts = r.facts != nullptr ? r.facts->frozen() : nullptr) r.facts = std::move(facts);
  unwritten_.push_back(std::move(r));
  write_records(kMostUnwritten);
}

void Contents::Impl::await(ContentRecord& r) {
  if (r.file == nullptr) return;
  folder_.await(*r.file);
  r.size = r.file->size;
  r.truncated = r.truncated || r.file->failed;
}

/// Writes the records whose files are written, in order, and waits until at most so many are left.
void Contents::Impl::write_records(std::size_t most_left) {
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
void Contents::Impl::without_file(ContentRecord& r) {
  r.file = nullptr;
  r.truncated = r.missing_cut = false;
  r.missing.clear();
}

/// Ctrl-C does not wait long for the digest of a large capture.
void Contents::Impl::wait_for_digests() {
  constexpr std::chrono::milliseconds kLook{100};
  constexpr int kPatience = 20;  // looks
  for (int looks = 0; capture_digests_.wait_for(kLook) != std::future_status::ready;) {
    looks += services_.interrupted() ? 1 : 0;
    if (looks >= kPatience) give_up_.store(true, std::memory_order_relaxed);
  }
}

/// Of all captures that were read, in order: -D finds some while the run goes on.
std::vector<std::optional<Sha256>> Contents::Impl::all_digests() {
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

void Contents::Impl::finish() {
  if (manifest_.is_open()) {
    write_records(0);
    manifest_.finish({all_digests(), not_kept});
  }
  folder_.drain();
}

Contents::Contents(Services& services) : impl_(std::make_unique<Impl>(services)) {}
Contents::~Contents() = default;

Result<void> Contents::start(ContentOptions options) {
  return impl_->start(std::move(options));
}

void Contents::prepare() {
  impl_->prepare();
}

std::unique_ptr<CarveFile> Contents::create(const std::string& name) {
  auto f = impl_->create(name);
  impl_->contents += f != nullptr ? 1 : 0;
  return f;
}

std::unique_ptr<CarveFile> Contents::create_beside(const std::string& name) {
  return impl_->create(name);
}

void Contents::write(ContentRecord r) {
  impl_->write(std::move(r));
}

void Contents::await(ContentRecord& r) {
  impl_->await(r);
}

void Contents::finish() {
  impl_->finish();
}

bool Contents::hold(std::uint64_t bytes) {
  constexpr std::uint64_t kMost = 64u << 20;
  if (impl_->held + bytes > kMost) return false;
  impl_->held += bytes;
  return true;
}

void Contents::release(std::uint64_t bytes) {
  impl_->held -= bytes;
}

void Contents::add_not_kept(std::uint64_t bytes) {
  impl_->not_kept += bytes;
}

bool Contents::note(std::uint64_t bytes) {
  constexpr std::uint64_t kMost = 64u << 20;
  if (impl_->noted + bytes > kMost) return false;
  impl_->noted += bytes;
  return true;
}

void Contents::forget_notes(std::uint64_t bytes) {
  impl_->noted -= bytes;
}

std::uint64_t Contents::files() const {
  return impl_->contents;
}

const std::string& Contents::error() const {
  return impl_->error();
}

bool Contents::broken() const {
  return impl_->broken();
}

}  // namespace t2
