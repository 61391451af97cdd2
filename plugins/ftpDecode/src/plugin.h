// SPDX-License-Identifier: Apache-2.0
// FtpDecode: the plugin, which shows the columns, and Sessions, its ordered part, which decides
// which flows are FTP and calls all others.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control.h"
#include "ftpDecode.h"
#include "host.h"
#include "linker.h"
#include "side.h"
#include "t2/content.h"
#include "t2/plugin.h"

namespace t2::ftp {

/// "220 ..." or "220-..." (RFC 959 5.4: or "120 ..." before it), or what a slow server sends of it
/// at first; but not that of a mail server.
bool is_greeting(std::string_view text);

class FtpDecode final : public Plugin {
 public:
  PluginInfo info() const override;
  Settings* settings() override { return &config_; }
  void columns(ColumnSet& flow, ColumnSet& packet) override;
  Result<void> start(StartUp& core) override;
  bool wants_flow(const FlowKey& key) const override;
  std::vector<std::string> output_folders() const override;
  bool shows_credentials() const override { return config_.FTP_REDACT < 2; }

  const Config& config() const { return config_; }
  /// FTP_PORTS.
  bool is_control_port(std::uint16_t port) const {
    return std::find(ports_.begin(), ports_.end(), port) != ports_.end();
  }

 private:
  Result<void> parse_ports();

  Config config_;
  std::vector<std::uint16_t> ports_;
};

/// Sessions, the data connections that they announce, and files: all of that looks across flows.
class Sessions final : public OrderedPart<FtpDecode, State>, public Host {
 public:
  Sessions();
  ~Sessions() override;

  Result<void> start(StartUp& core) override;
  void on_flow_start(OrderedFlow& f, State& s, const Packet& p) override;
  void on_packet(OrderedFlow& f, State& s, const Packet& p) override;
  void on_stream(OrderedFlow& f, State& s, const Chunk& c) override;
  void on_flow_end(OrderedFlow& f, State& s) override;
  void finish() override;
  void report(Report& r) const override;
  void monitor(Monitor& m) const override;

  // Host
  const Config& config() const override { return plugin().config(); }
  RunCore& core() const override { return OrderedPart::core(); }
  Linker& linker() override { return linker_; }
  Contents* contents() override { return contents_.get(); }
  Moment now() const override { return now_; }
  Side* direction(OrderedFlow& f) const override { return state_of(f).get(); }
  Side& make_direction(OrderedFlow& f, Role role) override { return state_of(f).make(role); }
  void forget(OrderedFlow& f) override;
  bool open_stream(OrderedFlow& f, StreamUse use) override {
    return core().open_stream(f, *this, use);
  }

 private:
  /// Where a server listens that was found by content; its next connections are known at once.
  struct Listener {
    IpAddress ip;
    std::uint16_t port = 0, vlan_id = 0;
    auto operator<=>(const Listener&) const = default;  // NOLINT: no 0 of ours in it
  };
  static constexpr std::size_t kMaxListeners = 4096;

  bool is_listener(const OrderedFlow& f, bool destination) const;
  void remember_listener(const Control& c);
  void prepare();
  void begin_flow(OrderedFlow& f, State& s, const Packet& p);
  void start_control(OrderedFlow& f, bool client);
  void add_control_direction(OrderedFlow& f, const std::shared_ptr<Control>& c, bool client);
  void start_second(OrderedFlow& f, State& s);
  void on_ftp_packet(OrderedFlow& f, State& s, const Packet& p);
  void decide(OrderedFlow& f, const Packet& p);
  void probe(OrderedFlow& server);
  void after_probe(OrderedFlow& f, const std::shared_ptr<Control>& c);
  void on_data_packet(OrderedFlow& f, Side& d, const Packet& p);
  void end_direction(OrderedFlow& f, Side& d);
  void deliver(OrderedFlow& f, Side& d, const Chunk& c);
  void stop_if_broken();
  void fail_run();

  Linker linker_{*this};
  std::unique_ptr<Contents> contents_;
  std::set<Listener> listeners_;
  Moment now_;
  bool prepared_ = false;
  Hex8 aggregate_;
  std::uint64_t control_packets_ = 0, data_packets_ = 0;
};

}  // namespace t2::ftp
