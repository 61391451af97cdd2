// SPDX-License-Identifier: Apache-2.0
// Control: one control connection. Cuts both directions into lines, fills the columns, and hands
// what the session finds to the linker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host.h"
#include "lines.h"
#include "reply.h"
#include "session.h"
#include "side.h"
#include "t2/stream.h"
#include "tls.h"

namespace t2::ftp {

struct ControlFacts;

/// How long the flow of a control connection may be idle while a transfer runs.
inline constexpr Nanoseconds kTransferTimeout = 3600 * kSecond;

class Control final : public SessionEvents {
 public:
  /// `f`: the direction seen first; `client`: whether it is the client's.
  Control(Host& host, OrderedFlow& f, bool client);

  /// To be asked before on_chunk: TLS may begin with the connection (implicit FTPS), or before the
  /// reply to AUTH was captured.
  void look_for_tls(const Side& d, const Chunk& c);
  void on_chunk(Side& d, const Chunk& c);
  /// The connection's last direction ends.
  void end();

  // Where it is; the client's and the server's end stay the same for all its directions.
  OrderedRef flow;
  Moment began;
  std::uint64_t index = 0;
  std::uint16_t vlan_id = 0;
  IpAddress client_ip, server_ip;
  std::uint16_t client_port = 0, server_port = 0;

  /// Whether it is surely FTP: by its port, or by what the client said.
  bool confirmed = true;
  /// What the client said is not FTP.
  bool rejected = false;
  bool negotiated = false;
  bool was_encrypted = false;
  bool ended = false;
  int ended_directions = 0;
  std::uint64_t probed_packets = 0;         // while it was not confirmed
  std::vector<std::uint64_t> data_indices;  // ftpCDFindex

  const Session& session() const { return session_; }
  bool encrypted(bool client) const {
    return client ? client_input_.encrypted : server_input_.encrypted;
  }
  /// The data connections, newest last.
  std::vector<std::shared_ptr<DataConnection>> connections;
  TransferPtr transfer(std::uint64_t endpoint) const;
  /// Null: there was none.
  TransferPtr newest_transfer() const;
  /// The server's direction, the client's; null if not seen or ended.
  Side* server() const;
  Side* client() const;
  template <class T>
  static bool is_full(const std::vector<T>& list, std::int64_t limit) {
    return list.size() >= static_cast<std::size_t>(limit);
  }
  /// Appends to a list of at most `limit` entries; past it the overflow bit is set.
  template <class T>
  static void add_to(Side& d, std::vector<T>& list, T value, std::int64_t limit) {
    if (is_full(list, limit)) {
      d.stat.set(kOverflowBit);
    } else {
      list.push_back(std::move(value));
    }
  }
  /// A parameter for ftpCP: once, cut to FTP_MXNMLN.
  void add_parameter(Side& d, std::string_view parameter) const;

  // SessionEvents
  void on_endpoint(const Endpoint& e) override;
  void on_endpoint_void(std::uint64_t id) override;
  void on_transfer(const TransferPtr& t) override;
  void on_opened(const TransferPtr& t) override;
  void on_finished(const TransferPtr& t) override;
  void on_tls() override;
  bool may_note(std::uint64_t bytes) override;

  void move_notes_to(ControlFacts& facts);

 private:
  static constexpr std::size_t kMaxTransfers = 32;

  /// One direction's way from bytes to lines.
  struct Input {
    LineSplitter lines;
    TlsSkipper tls;
    bool encrypted = false;
    bool seen = false;  // bytes of this connection
  };

  void on_bytes(Side& d, Input& in, Bytes data);
  bool skip_encrypted(Input& in, Bytes& data);
  void client_line(Side& d, const LineSplitter::Line& line);
  void server_line(Side& d, const LineSplitter::Line& line);
  void on_reply(Side* d, const Reply& r);
  void record_command(Side& d, const Command& c);
  void record_reply(Side& d, const Reply& r);
  std::string limited(Side& d, std::string_view text, std::int64_t limit) const;
  Side* find(bool client) const;

  Host& host_;
  Session session_;
  ReplyParser replies_;
  Input client_input_, server_input_;
  std::vector<TransferPtr> transfers_;  // the last ones; once full, a ring
  std::size_t next_transfer_ = 0;       // where the next one goes
  TransferPtr opened_;                  // by the reply at hand
  std::uint64_t noted_ = 0;             // bytes that the session's notes take
};

}  // namespace t2::ftp
