// SPDX-License-Identifier: Apache-2.0
#include "engine/plugin_host.h"

#include <algorithm>
#include <utility>

#include "engine/options.h"
#include "process/signals.h"

namespace t2 {

PluginHost::PluginHost(const HostParts& parts)
    : parts_(parts), expectations_(expectation_options()) {
  const auto bind = [](auto& calls, const LoadedPlugin& p, auto function) {
    if (function != nullptr) calls.push_back({function, p.plugin.get(), p.state_offset});
  };
  for (LoadedPlugin& p : parts_.plugins.plugins()) {
    p.plugin->attach(*this, p.state_offset);
    bind(on_flow_start_, p, p.type.on_flow_start);
    bind(on_packet_, p, p.type.on_packet);
    bind(on_stream_, p, p.type.on_stream);
    bind(on_flow_end_, p, p.type.on_flow_end);
  }
}

Result<void> PluginHost::start() {
  for (LoadedPlugin& p : parts_.plugins.plugins()) {
    if (auto r = p.plugin->start(); !r) return Error{p.info.name + ": " + r.error().message};
  }
  return {};
}

std::vector<std::string> PluginHost::take_log() {
  return std::exchange(log_, {});
}

bool PluginHost::open_stream(Flow& flow, const Plugin& consumer, StreamUse use) {
  const auto owner = std::find_if(on_stream_.begin(), on_stream_.end(),
                                  [&](const auto& c) { return c.plugin == &consumer; });
  if (owner == on_stream_.end() || !parts_.streams.open(flow, use)) return false;
  flow.stream_owner = static_cast<std::uint8_t>(owner - on_stream_.begin());
  flow.streaming = true;
  if (flow.opposite) flow.opposite->streaming = true;
  return true;
}

bool PluginHost::interrupted() const {
  return stop_signal() != 0;
}

RunEnd PluginHost::run_end() const {
  if (error_ || failure_ || parts_.writer.failed()) return RunEnd::kError;
  return stop_signal() != 0 ? RunEnd::kSignal : RunEnd::kInput;
}

}  // namespace t2
