// SPDX-License-Identifier: Apache-2.0
// Patience: a control connection is silent during a long transfer; its flow must not end meanwhile.
// Told from the packets as they come: the last reply line of a server's segment is preliminary
// (1xx, RFC 959 4.2), so a transfer goes on, or not.
#pragma once

#include <optional>

#include "plugin.h"

namespace t2::ftp {

/// "150 Opening...", "226-...": the code of the last whole reply line that the text holds. Nothing
/// if it holds none.
std::optional<std::uint16_t> last_reply_code(std::string_view text);

/// Of a direction.
struct Waiting {
  enum class Sender : std::uint8_t { kUnknown, kServer, kOther };
  Sender sender = Sender::kUnknown;
  Nanoseconds before = 0;  // the timeout, while a transfer keeps the flow alive
};

class Patience final : public ShardPart<FtpDecode, Waiting> {
 public:
  void on_flow_start(Flow& f, Waiting& s, const Packet& p) override;
  void on_packet(Flow& f, Waiting& s, const Packet& p) override {
    if (s.sender != Waiting::Sender::kOther) look(f, s, p);
  }

 private:
  void look(Flow& f, Waiting& s, const Packet& p) const;
  static void keep_alive(Flow& f, Waiting& s, bool on);
};

}  // namespace t2::ftp
