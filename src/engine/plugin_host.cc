// SPDX-License-Identifier: Apache-2.0
#include "engine/plugin_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/options.h"
#include "process/signals.h"

namespace t2 {

PluginHost::PluginHost(const HostParts& parts)
    : parts_(parts), expectations_(expectation_options()) {
  for (LoadedPlugin& p : parts_.plugins.plugins()) attach(p);
}

void PluginHost::attach(LoadedPlugin& p) {
  p.plugin->attach(*this, {p.type.shard.state.id, p.shard_offset},
                   {p.type.ordered.state.id, p.ordered_offset});
  if (p.shard != nullptr) {
    p.shard->attach(*p.plugin, *this);
    shard_.add(p.type.shard, *p.shard, p.shard_offset, 0);
  }
  if (p.ordered == nullptr) return;
  const std::size_t offset = p.ordered_offset - detail::kOrderedOffset;
  p.ordered->attach(*p.plugin, *this, offset);
  ordered_.add(p.type.ordered, *p.ordered, offset, static_cast<unsigned>(members_.size()));
  members_.push_back({p.plugin.get(), p.ordered.get()});
  if (p.type.deliver != nullptr) {
    posting_.push_back({p.shard.get(), p.ordered.get(), &p.type, offset});
  }
}

Result<void> PluginHost::start() {
  if (members_.size() > kMostOrderedParts) {
    return Error{
        fmt::format("{} plugins with ordered parts are active, {} at most: deactivate some",
                    members_.size(), kMostOrderedParts)};
  }
  for (LoadedPlugin& p : parts_.plugins.plugins()) {
    const auto failed = [&](const Error& e) { return Error{p.info.name + ": " + e.message}; };
    if (auto r = p.plugin->start(*this); !r) return failed(r.error());
    if (p.shard != nullptr) {
      if (auto r = p.shard->begin(); !r) return failed(r.error());
    }
    if (p.ordered == nullptr) continue;
    if (auto r = p.ordered->start(*this); !r) return failed(r.error());
  }
  return {};
}

void PluginHost::flow_starts(OrderedFlow& f, const Packet& p) const {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].plugin->wants_flow(f.key)) f.seen_by |= std::uint32_t{1} << i;
  }
  f.wanted_by = f.seen_by;
  if (f.seen_by != 0) ordered_.flow_starts(f, p, f.seen_by);
}

/// Of OrderedFlow::wanted_by.
std::uint32_t PluginHost::bit_of(const OrderedPartBase& part) const {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].part == &part) return std::uint32_t{1} << i;
  }
  return 0;
}

void PluginHost::deliver() {
  posted_ = false;
  for (const Posting& p : posting_) p.type->deliver(*p.from, *p.to, p.offset);
}

std::vector<std::string> PluginHost::take_log() {
  return std::exchange(log_, {});
}

Result<void> PluginHost::carve_into(ContentOptions options, std::vector<std::string> protocols) {
  carved_protocols_ = std::move(protocols);
  contents_ = std::make_unique<ContentStore>(*this);
  if (auto r = contents_->start(std::move(options)); !r) {
    return Error{"Option '--carve': " + r.error().message};
  }
  return {};
}

std::unique_ptr<Contents> PluginHost::run_contents(const std::string& protocol) {
  if (contents_ == nullptr) return nullptr;
  const auto& wanted = carved_protocols_;
  const bool wants =
      wanted.empty() || std::find(wanted.begin(), wanted.end(), protocol) != wanted.end();
  return wants ? contents_->share(protocol) : nullptr;
}

Result<void> PluginHost::prepare_carving() {
  return contents_ != nullptr ? contents_->make_subfolders() : Result<void>();
}

void PluginHost::begin_carving() {
  if (contents_ != nullptr) contents_->prepare();
}

void PluginHost::check_carving() {
  if (contents_ != nullptr && contents_->broken()) fail("--carve: " + contents_->error());
}

void PluginHost::finish_carving() {
  if (contents_ == nullptr) return;
  contents_->finish();
  check_carving();
}

std::vector<std::string> PluginHost::carving_report() const {
  if (contents_ == nullptr) return {};
  const ContentStore& c = *contents_;
  std::vector<std::string> lines = {fmt::format("Carved to {}: {} contents, {} complete, {} bytes",
                                                c.path(), c.contents(), c.complete(), c.bytes())};
  if (const auto n = c.too_small(); n > 0) {
    lines.push_back(fmt::format("Contents smaller than CARVE_MINSIZE: {}", n));
  }
  if (!c.error().empty()) lines.push_back("Carving is incomplete: " + c.error());
  return lines;
}

bool PluginHost::interrupted() const {
  return stop_signal() != 0;
}

RunEnd PluginHost::run_end() const {
  if (error_ || failure_ || parts_.writer.failed()) return RunEnd::kError;
  return stop_signal() != 0 ? RunEnd::kSignal : RunEnd::kInput;
}

}  // namespace t2
