// SPDX-License-Identifier: Apache-2.0
#include "t2/content.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carve/store.h"

namespace t2 {

Result<void> use_own_folder(String& folder, StartUp& core, std::string_view plugin) {
  struct stat s {};
  const std::string common = folder.value();
  const std::string path = common.substr(0, common.find_last_not_of('/') + 1);
  if (folder.origin() != "default" || lstat(path.c_str(), &s) != 0) return {};
  if (s.st_uid == geteuid()) return {};
  const passwd* user = getpwuid(geteuid());
  const std::string name = user != nullptr ? user->pw_name : fmt::format("{}", geteuid());
  const std::string own = fmt::format("{}-{}/", path, name);
  core.info(fmt::format("{}: '{}' belongs to another user: files go to '{}'", plugin, common, own));
  return folder.assign(own, "default of this user");
}

Result<void> check_manifest_name(std::string_view setting, const std::string& name,
                                 std::string_view marker) {
  const bool plain = name.find('/') == name.npos && name != "." && name != ".." && name != marker &&
                     name.size() <= 200;
  if (plain) return {};
  return Error{fmt::format("{} '{}' is not a plain file name", setting, name)};
}

Contents::Contents(RunCore& core) : own_(std::make_unique<ContentStore>(core)), store_(*own_) {}

Contents::Contents(ContentStore& store, std::string subfolder)
    : store_(store), prefix_(std::move(subfolder) + '/') {}

Contents::~Contents() = default;

Result<void> Contents::start(ContentOptions options) {
  if (own_ == nullptr) return {};
  return own_->start(std::move(options));
}

void Contents::prepare() {
  if (own_ != nullptr) own_->prepare();
}

std::unique_ptr<CarveFile> Contents::create(const std::string& name) {
  auto f = create_beside(name);
  if (f == nullptr) return f;
  ++files_;
  f->drop_if_small(true);
  return f;
}

std::unique_ptr<CarveFile> Contents::create_beside(const std::string& name) {
  return store_.create(prefix_ + name);
}

std::uint64_t Contents::number() {
  return store_.number();
}

bool Contents::copy(const CarveOutcome& from, std::uint64_t offset, std::uint64_t length,
                    CarveFile& to) {
  return store_.copy(from, offset, length, to);
}

void Contents::write(ContentRecord r) {
  if (r.file != nullptr && r.file->dropped) {
    --files_;
    return;
  }
  store_.write(std::move(r));
}

void Contents::await(ContentRecord& r) {
  store_.await(r);
}

void Contents::finish() {
  if (own_ != nullptr) own_->finish();
}

bool Contents::wants(std::string_view media_type) const {
  return store_.wants(media_type);
}

bool Contents::hold(std::uint64_t bytes) {
  return store_.hold(bytes);
}

void Contents::release(std::uint64_t bytes) {
  store_.release(bytes);
}

void Contents::add_not_kept(std::uint64_t bytes) {
  store_.add_not_kept(bytes);
}

bool Contents::note(std::uint64_t bytes) {
  return store_.note(bytes);
}

void Contents::forget_notes(std::uint64_t bytes) {
  store_.forget_notes(bytes);
}

const std::string& Contents::error() const {
  static const std::string kTold;
  return own_ != nullptr ? own_->error() : kTold;
}

bool Contents::broken() const {
  return own_ != nullptr && own_->broken();
}

}  // namespace t2
