// SPDX-License-Identifier: Apache-2.0
#include "engine/plugin_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
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

/// 0: it has no on_stream, or too many have.
std::uint8_t PluginHost::consumer_bit(const Plugin& p) const {
  for (std::size_t i = 0; i < std::min<std::size_t>(on_stream_.size(), 8); ++i) {
    if (on_stream_[i].plugin == &p) return static_cast<std::uint8_t>(1U << i);
  }
  return 0;
}

bool PluginHost::open_stream(Flow& flow, const Plugin& consumer, StreamUse use,
                             std::optional<std::uint32_t> first_seq) {
  const std::uint8_t bit = consumer_bit(consumer);
  if (bit == 0 || (flow.stream_consumers & bit) != 0) return false;
  if (flow.stream != nullptr) {
    const StreamStats s = TcpStreams::stats(flow);
    if (s.bytes + s.gap_bytes > 0 || flow.stream->ended()) return false;
  } else if (!parts_.streams.open(flow, use, first_seq)) {
    return false;
  }
  flow.stream_consumers |= bit;
  flow.streaming = true;
  if (flow.opposite) flow.opposite->streaming = true;
  return true;
}

void PluginHost::close_stream(Flow& flow, const Plugin& consumer) {
  flow.stream_consumers &= static_cast<std::uint8_t>(~consumer_bit(consumer));
  if (flow.stream_consumers != 0) return;
  parts_.streams.close(flow);
  Flow* const other = flow.opposite;
  if (other != nullptr && other->stream != nullptr) return;
  flow.streaming = false;
  if (other != nullptr) other->streaming = false;
}

void PluginHost::on_chunk(Flow& f, const Chunk& chunk) {
  for (unsigned left = f.stream_consumers; left != 0; left &= left - 1) {
    const auto i = static_cast<unsigned>(std::countr_zero(left));
    if ((f.stream_consumers >> i & 1) == 0) continue;  // one before it closed it
    const auto& c = on_stream_[i];
    c.function(*c.plugin, f, state_behind(f, c.offset), chunk);
  }
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
