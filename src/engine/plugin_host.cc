// SPDX-License-Identifier: Apache-2.0
#include "engine/plugin_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/options.h"
#include "plugin/access.h"
#include "process/signals.h"

namespace t2 {

PluginHost::PluginHost(const HostParts& parts) : parts_(parts) {
  for (LoadedPlugin& p : parts_.plugins.plugins()) {
    detail::Host::attach(*p.plugin, *this, {p.type.shard.state.id, p.shard_offset},
                         {p.type.ordered.state.id, p.ordered_offset});
  }
}

Result<void> PluginHost::start() {
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

std::vector<std::string> PluginHost::take_log() {
  return std::exchange(log_, {});
}

Result<void> PluginHost::carve_into(RunCore& core, ContentOptions options,
                                    std::vector<std::string> protocols) {
  carved_protocols_ = std::move(protocols);
  contents_ = std::make_unique<ContentStore>(core);
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
  if (contents_ == nullptr) return;
  carved_contents_ = contents_->contents();
  carved_bytes_ = contents_->bytes();
  if (contents_->broken()) fail("--carve: " + contents_->error());
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
  if (error_ || failure() != nullptr || parts_.writer.failed()) return RunEnd::kError;
  return stop_signal() != 0 ? RunEnd::kSignal : RunEnd::kInput;
}

}  // namespace t2
