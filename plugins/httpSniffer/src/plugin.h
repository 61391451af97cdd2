// SPDX-License-Identifier: Apache-2.0
// HttpSniffer: the plugin, which shows the columns, and its parts: Readers decides which flows are
// HTTP and reads them, Files saves what they carried.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host.h"
#include "http2.h"
#include "httpSniffer.h"
#include "http_flow.h"
#include "saver.h"
#include "side.h"
#include "t2/plugin.h"

namespace t2::http {

class HttpSniffer final : public Plugin {
 public:
  PluginInfo info() const override;
  Settings* settings() override { return &config_; }
  void columns(ColumnSet& flow, ColumnSet& packet) override;
  Result<void> start(StartUp& core) override;
  bool wants_flow(const FlowKey& key) const override { return saves_ && key.is_tcp(); }
  bool shows_credentials() const override { return config_.HTTP_REDACT < 2; }
  std::vector<std::string> output_folders() const override;

  const Config& config() const { return config_; }
  /// Whether contents are saved, here or with those of all protocols.
  bool saves() const { return saves_; }
  /// Contents of this declared type, as far as the settings tell.
  bool saves(MimeClass c) const { return wanted_[static_cast<std::size_t>(c)]; }
  Hex16 stat(const State& s, const Flow& f) const;

 private:
  Config config_;
  ClassSet wanted_{};
  bool saves_ = false;
};

/// Finds HTTP, reads it, tells of the contents.
class Readers final : public ShardPart<HttpSniffer, State, Message>, public Host, private ItemSink {
 public:
  Readers();
  ~Readers() override;

  Result<void> begin() override;
  void on_flow_start(Flow& f, State& s, const Packet& p) override;
  void on_packet(Flow& f, State& s, const Packet& p) override {
    if (s.waiting()) wait(f, s, p);
  }
  void on_stream(Flow& f, State& s, const Chunk& c) override;
  void on_flow_end(Flow& f, State& s) override;
  void merge(const Readers&) {}  // what it counts is posted

  // Host
  const Config& config() const override { return plugin().config(); }
  StreamStats stream_stats(const Flow& f) const override { return core().stream_stats(f); }
  BodyTools* tools() override { return tools_ ? &*tools_ : nullptr; }

 private:
  static constexpr std::size_t kMostReleased = 64 << 20;
  enum class Verdict : std::uint8_t { kRequests, kResponses, kHttp2Server, kFrames, kNeither };

  void wait(Flow& f, State& s, const Packet& p);
  void decide(Flow& f, State& s, const Chunk& c);
  bool open(Flow& f, State& s);
  void take(Flow& f, State& s, Verdict v);
  static Verdict judge(Bytes data, bool from_start);
  void become(Flow& f, State& s, bool client);
  void read(Flow& f, State& s, const std::shared_ptr<Conversation>& c, bool client);
  void forget(Flow& f, State& s);
  void settle(Flow& f, State& s, const Chunk& c);
  void become_http2(Flow& f, State& s, bool client, bool from_start);
  void read_http2(Flow& f, State& s, const std::shared_ptr<Http2Conversation>& c, bool client);
  std::shared_ptr<Http2Conversation> http2_of(const Flow& f, Conversation& c);
  Budget& budget_of(const Flow& f) { return budgets_[f.key.group()]; }
  bool release(std::size_t bytes);

  // ItemSink, of the flow at hand
  bool wants(const ItemStart& start) const override;
  bool begin(const ItemStart& start) override;
  bool append(std::uint32_t number, Bytes data) override;
  void gap(std::uint32_t number, std::uint64_t length) override;
  void end(std::uint32_t number, ItemEnd end) override;

  std::unique_ptr<Detector> detector_;
  std::optional<BodyTools> tools_;
  std::vector<Budget> budgets_;  // of the groups of flows
  Flow* flow_ = nullptr;         // whose bytes are read ...
  std::uint64_t packet_ = 0;     // ... and what released them; 0: the end of the flow
  std::size_t released_ = 0;     // by it: bytes of messages to the other part
};

/// Saves the contents, and counts.
class Files final : public OrderedPart<HttpSniffer, Saved, Message> {
 public:
  Result<void> start(StartUp& core) override;
  void on_flow_start(OrderedFlow& f, Saved& s, const Packet& p) override;
  void on_message(OrderedFlow& f, Saved& s, Message&& m) override;
  void finish() override;
  void report(Report& r) const override;
  void monitor(Monitor& m) const override;

 private:
  void prepare();
  void end(OrderedFlow& f, Saved& s, ItemFinish finish);
  void count(const Saved& s, const DirectionEnd& end);
  void stop_if_broken();

  std::unique_ptr<Saver> saver_;
  bool prepared_ = false;
  Hex16 aggregate_;
  std::uint64_t requests_ = 0, responses_ = 0, refused_ = 0;
};

}  // namespace t2::http
