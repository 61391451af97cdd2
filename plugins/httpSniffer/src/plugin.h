// SPDX-License-Identifier: Apache-2.0
// HttpSniffer: the plugin. Decides which flows are HTTP, calls the parts, shows the columns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "direction.h"
#include "host.h"
#include "http2.h"
#include "httpSniffer.h"
#include "side.h"
#include "t2/plugin.h"

namespace t2::http {

class HttpSniffer final : public FlowPlugin<State>, public Host {
 public:
  HttpSniffer();
  ~HttpSniffer() override;

  PluginInfo info() const override;
  Settings* settings() override { return &config_; }
  bool stands_alone() const override { return true; }
  bool shows_credentials() const override { return config_.HTTP_REDACT == 0; }
  Result<void> start() override;
  std::vector<std::string> output_folders() const override;
  void columns(Cols& flow, Cols& packet) override;

  void on_flow_start(Flow& f, State& s, const Packet& p) override;
  void on_packet(Flow& f, State& s, const Packet& p) override {
    if (s.waiting()) wait(f, s, p);
  }
  void on_stream(Flow& f, State& s, const Chunk& c) override;
  void on_flow_end(Flow& f, State& s) override;
  void finish() override;
  void report(Report& r) const override;
  void monitor(Monitor& m) const override;

  // Host
  const Config& config() const override { return config_; }
  StreamStats stream_stats(const Flow& f) const override { return services().stream_stats(f); }
  HeadRoom& head_room() override { return head_room_; }
  BodyTools* tools() override { return tools_ ? &*tools_ : nullptr; }

 private:
  enum class Verdict : std::uint8_t { kRequests, kResponses, kHttp2Server, kFrames, kNeither };

  bool saves() const;
  void wait(Flow& f, State& s, const Packet& p);
  void decide(Flow& f, State& s, const Chunk& c);
  bool open(Flow& f, State& s);
  void take(Flow& f, State& s, Verdict v);
  static Verdict judge(Bytes data, bool from_start);
  void become(Flow& f, State& s, bool client);
  void read(State& s, const std::shared_ptr<Conversation>& c, bool client);
  void forget(Flow& f, State& s);
  void settle(Flow& f, State& s, const Chunk& c);
  void become_http2(Flow& f, State& s, bool client, bool from_start);
  void read_http2(State& s, const std::shared_ptr<Http2Conversation>& c, bool client);
  std::shared_ptr<Http2Conversation> http2_of(Conversation& c);
  void stop_if_broken();

  Config config_;
  std::unique_ptr<Saver> saver_;
  std::unique_ptr<Detector> detector_;
  std::optional<BodyTools> tools_;
  HeadRoom head_room_{std::size_t{128} << 20};
  bool prepared_ = false;
  Hex16 aggregate_;
  std::uint64_t requests_ = 0, responses_ = 0;
};

}  // namespace t2::http
