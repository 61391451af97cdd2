// SPDX-License-Identifier: Apache-2.0
// FtpDecode: the plugin. Decides which flows are FTP, calls the parts, shows the columns.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "control.h"
#include "ftpDecode.h"
#include "host.h"
#include "linker.h"
#include "side.h"
#include "t2/content.h"
#include "t2/plugin.h"

namespace t2::ftp {

class FtpDecode final : public FlowPlugin<State>, public Host {
 public:
  FtpDecode();
  ~FtpDecode() override;

  PluginInfo info() const override;
  Settings* settings() override { return &config_; }
  bool stands_alone() const override { return true; }
  Result<void> start() override;
  std::vector<std::string> output_folders() const override;
  bool shows_credentials() const override { return config_.FTP_REDACT < 2; }
  void columns(Cols& flow, Cols& packet) override;

  void on_flow_start(Flow& f, State& s, const Packet& p) override;
  void on_packet(Flow& f, State& s, const Packet& p) override {
    if (!s.is_null()) on_ftp_packet(f, s, p);
  }
  void on_stream(Flow& f, State& s, const Chunk& c) override;
  void on_flow_end(Flow& f, State& s) override;
  void finish() override;
  void report(Report& r) const override;
  void monitor(Monitor& m) const override;

  // Host
  const Config& config() const override { return config_; }
  Services& core() const override { return services(); }
  Linker& linker() override { return linker_; }
  Contents* contents() override { return contents_.get(); }
  Moment now() const override { return now_; }
  Side* direction(Flow& f) const override { return state_of(f).get(); }
  Side& make_direction(Flow& f, Role role) override { return state_of(f).make(role); }
  void forget(Flow& f) override;
  bool open_stream(Flow& f, StreamUse use) override {
    return services().open_stream(f, *this, use);
  }

 private:
  /// Where a server listens that was found by content; its next connections are known at once.
  struct Listener {
    IpAddress ip;
    std::uint16_t port = 0, vlan_id = 0;
    auto operator<=>(const Listener&) const = default;  // NOLINT: no 0 of ours in it
  };
  static constexpr std::size_t kMaxListeners = 4096;

  Result<void> parse_ports();
  bool is_control_port(std::uint16_t port) const;
  bool is_listener(const Flow& f, bool destination) const;
  void remember_listener(const Control& c);
  void prepare();
  void start_control(Flow& f, bool client);
  void add_control_direction(Flow& f, const std::shared_ptr<Control>& c, bool client);
  void start_second(Flow& f, State& s);
  void on_ftp_packet(Flow& f, State& s, const Packet& p);
  void decide(Flow& f, const Packet& p);
  void probe(Flow& server);
  void after_probe(Flow& f, const std::shared_ptr<Control>& c);
  void on_data_packet(Flow& f, Side& d, const Packet& p);
  void end_direction(Flow& f, Side& d);
  void deliver(Flow& f, Side& d, const Chunk& c);
  void stop_if_broken();
  void fail_run();

  Config config_;
  Linker linker_{*this};
  std::unique_ptr<Contents> contents_;
  std::vector<std::uint16_t> ports_;
  std::set<Listener> listeners_;
  Moment now_;
  bool prepared_ = false;
  Hex8 aggregate_;
  std::uint64_t control_packets_ = 0, data_packets_ = 0;
};

}  // namespace t2::ftp
