// SPDX-License-Identifier: Apache-2.0
// Session: one control connection as a protocol. Commands and replies go in; announced endpoints
// and transfers come out. Knows nothing of packets, flows or files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint.h"
#include "paths.h"
#include "reply.h"
#include "t2/content.h"
#include "verbs.h"

namespace t2::ftp {

/// Where the next data connection goes.
struct Endpoint {
  std::uint64_t id = 0;     // unique within the session, from 1
  Verb verb = Verb::kNone;  // PASV, EPSV, PORT...; kNone: the default data port (RFC 959 3.2)
  HostPort where;           // the address may be missing (EPSV, default port)
  bool passive = false;     // the server listens
};

/// One use of a data connection, from its command to its last reply.
struct Transfer {
  Verb verb = Verb::kNone;  // kNone: only the reply was seen
  std::string argument;     // as sent
  std::string path;         // with the working directory, if the session keeps paths
  std::string reply_name;   // what the server called it: in a 150 reply, or for STOU
  std::string user;
  std::uint64_t endpoint = 0;
  Moment asked;  // of the PASV (or alike) whose reply will name the endpoint; none: it is known
  std::optional<std::uint64_t> rest;
  std::optional<std::uint64_t> declared;  // length that the server named
  char type = 'A', mode = 'S', structure = 'F';
  bool is_protected = false;  // PROT P, S or E
  bool client_seen = false;   // the client's direction is in the capture
  bool aborted = false;       // ABOR was sent before the final reply
  std::uint16_t opened = 0;   // 150 or 125
  std::uint16_t result = 0;   // the final reply
  bool succeeded() const { return result >= 200 && result < 300; }
  bool failed() const { return result >= 400; }
};
using TransferPtr = std::shared_ptr<Transfer>;

/// A user name, and what came of it.
struct Login {
  std::string user;
  std::optional<std::string> password;
  std::optional<bool> ok;   // the server's last word; nothing: none was seen, or it asks for more
  std::uint16_t reply = 0;  // that word
  Moment at;                // of the first command
};

/// An endpoint that a client announced for a third host, or on a privileged port.
struct Bounce {
  HostPort where;
  Verb verb = Verb::kNone;
  Moment at;
};

/// What a session tells its owner.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  virtual void on_endpoint(const Endpoint&) = 0;
  /// The endpoint was refused, or replaced before it was used.
  virtual void on_endpoint_void(std::uint64_t id) = 0;
  virtual void on_transfer(const TransferPtr&) = 0;  // its command
  virtual void on_opened(const TransferPtr&) = 0;    // its 150 or 125
  virtual void on_finished(const TransferPtr&) = 0;  // its final reply
  /// The server accepted AUTH TLS: from its next byte on, each direction is encrypted.
  virtual void on_tls() = 0;
  /// Asks for room to keep a login or a bounce.
  virtual bool may_note(std::uint64_t /*bytes*/) { return false; }
};

class Session {
 public:
  static constexpr std::size_t kMaxPending = 256;
  static constexpr std::size_t kMaxSizes = 64;

  /// `keep_paths`: whether Transfer::path will be read; else it may stay empty.
  explicit Session(SessionEvents& events, bool keep_paths = true)
      : events_(events), keep_paths_(keep_paths) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// `at`: the packet that completed it.
  void on_command(const Command& c, const Moment& at = {});
  void on_reply(const Reply& r);
  /// A new connection on the same ports, or the login begins anew.
  void reset();

  /// The length that the last reply declared (213 to SIZE, or in a 150); once.
  std::optional<std::uint64_t> take_declared() { return std::exchange(declared_, {}); }
  const std::string& user() const { return user_; }
  bool auth_pending() const;
  /// How often a host-port pair named a third party or a privileged port.
  std::uint32_t bounces() const { return bounces_; }
  /// Those, and the logins, in order, as far as there was room; those that are new since the last
  /// call.
  std::vector<Login> take_logins() { return std::exchange(logins_, {}); }
  std::vector<Bounce> take_bounces() { return std::exchange(noted_bounces_, {}); }
  /// How many there was no room for.
  std::uint64_t not_noted() const { return not_noted_; }
  /// The client's and the server's address, to recognise third parties.
  void set_hosts(const IpAddress& client, const IpAddress& server) {
    client_ = client;
    server_ = server;
  }

 private:
  /// What later transfers depend on.
  struct Parameters {
    Folder directory;
    char type = 'A', mode = 'S', structure = 'F';
    bool is_protected = false;
  };
  struct Pending {
    Verb verb = Verb::kNone;
    std::string argument;
    TransferPtr transfer;
    std::optional<Endpoint> before;  // PORT and alike: what holds again if it is refused
    std::uint64_t promised = 0;      // PASV and alike: endpoint of a transfer sent before the reply
    Moment at;
    std::uint64_t login = 0;  // USER, PASS, ACCT: place in logins_, from 1; 0: none
  };

  std::uint64_t note_login(const Command& c, const Moment& at);
  void note_bounce(const HostPort& where, Verb v, const Moment& at);
  void finish_login(const Pending& p, const Reply& r);
  static bool answers(std::uint16_t code, const Pending& p);
  static void apply(Parameters& to, Verb verb, std::string_view argument);
  std::optional<Pending> match(std::uint16_t code);
  void begin_transfer(Pending& p);
  bool adopt_transfer(const Pending& p);
  void announce(Endpoint e);
  void use_endpoint(Transfer& t);
  bool use_promise(Transfer& t);
  void fill_in(Transfer& t, const Parameters& from) const;
  void on_opening(const Reply& r);
  bool revive();
  TransferPtr running_transfer() const;
  void on_final(Pending& p, const Reply& r);
  void on_passive_reply(const Reply& r, std::uint64_t promised);
  void finish_transfer(Pending& p, const Reply& r);
  void recompute();
  void note_size(const std::string& path, std::optional<std::uint64_t> size);
  std::optional<std::uint64_t> size_of(const std::string& path) const;

  SessionEvents& events_;
  bool keep_paths_;
  IpAddress client_, server_;
  std::string user_;
  Parameters confirmed_;              // by replies
  Parameters wanted_;                 // and by the commands not answered yet
  std::vector<Pending> pending_;      // in the order sent
  std::optional<Endpoint> endpoint_;  // not used by a transfer yet
  std::optional<Endpoint> last_endpoint_;
  std::optional<std::uint64_t> rest_;
  std::optional<std::uint64_t> declared_;
  std::vector<std::pair<std::string, std::uint64_t>>
      sizes_;          // by path: replies to SIZE, newest last
  TransferPtr hasty_;  // the last one, if it succeeded without having been opened
  std::uint64_t next_endpoint_ = 1;
  std::uint32_t early_passive_ = 0;  // replies to PASV that came before the command
  std::uint64_t forgotten_ = 0;      // unanswered commands that pending_ had no room for
  std::uint32_t bounces_ = 0;
  std::vector<Login> logins_;
  std::vector<Bounce> noted_bounces_;
  std::uint64_t not_noted_ = 0;
  bool greeted_ = false;
  bool client_seen_ = false;
};

}  // namespace t2::ftp
