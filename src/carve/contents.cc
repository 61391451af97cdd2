// SPDX-License-Identifier: Apache-2.0
#include "t2/content.h"

#include "carve/store.h"

namespace t2 {

Contents::Contents(Services& services)
    : own_(std::make_unique<ContentStore>(services)), store_(*own_) {}

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
  files_ += f != nullptr ? 1 : 0;
  return f;
}

std::unique_ptr<CarveFile> Contents::create_beside(const std::string& name) {
  return store_.create(prefix_ + name);
}

void Contents::write(ContentRecord r) {
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
