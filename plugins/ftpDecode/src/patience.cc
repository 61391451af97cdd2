// SPDX-License-Identifier: Apache-2.0
#include "patience.h"

#include <algorithm>

#include "control.h"
#include "reply.h"
#include "t2/protocols.h"

namespace t2::ftp {
namespace {

/// RFC 959, 4.2: the action has begun, another reply will follow.
bool is_preliminary(std::uint16_t code) {
  return code / 100 == 1;
}

/// The code of a line that ends a reply: "226", "226 Done"; a hyphen means that more lines come.
std::optional<std::uint16_t> reply_code(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() < 3 || (line.size() > 3 && line[3] != ' ')) return {};
  unsigned code = 0;
  for (const char c : line.substr(0, 3)) {
    if (c < '0' || c > '9') return {};
    code = code * 10 + static_cast<unsigned>(c - '0');
  }
  if (code < kLowestCode || code > kHighestCode) return {};
  return static_cast<std::uint16_t>(code);
}

}  // namespace

std::optional<std::uint16_t> last_reply_code(std::string_view text) {
  std::size_t end = text.rfind('\n');
  while (end != std::string_view::npos) {
    const std::size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (const auto code = reply_code(text.substr(begin, end - begin))) return code;
    end = before;
  }
  return {};
}

void Patience::on_flow_start(Flow& f, Waiting& s, const Packet&) {
  const bool wanted = plugin().wants_flow(f.key);
  if (wanted && plugin().is_control_port(f.key.src_port)) {
    s.sender = Waiting::Sender::kServer;
  } else if (!wanted || plugin().is_control_port(f.key.dst_port) || !plugin().config().FTP_DETECT) {
    s.sender = Waiting::Sender::kOther;
  }
}

/// A packet of a server, or of a direction whose first payload will tell.
void Patience::look(Flow& f, Waiting& s, const Packet& p) const {
  if (p.l7.empty()) return;
  if (s.sender == Waiting::Sender::kUnknown) {
    s.sender = is_greeting(p.text()) ? Waiting::Sender::kServer : Waiting::Sender::kOther;
    return;
  }
  const Bytes tcp = p.tcp_header();
  const bool closing =
      !tcp.empty() && (tcp[tcp_flag::kByte] & (tcp_flag::kFin | tcp_flag::kRst)) != 0;
  const auto code = closing ? std::nullopt : last_reply_code(p.text());
  if (code) keep_alive(f, s, is_preliminary(*code));
}

void Patience::keep_alive(Flow& f, Waiting& s, bool on) {
  if (on == (s.before != 0)) return;
  const Nanoseconds wanted = on ? std::max(f.timeout, kTransferTimeout) : s.before;
  s.before = on ? f.timeout : 0;
  for (Flow* side : {&f, f.opposite}) {
    // What another plugin decided meanwhile (a FIN, a reset) counts more.
    if (side != nullptr && (on || side->timeout == kTransferTimeout)) side->set_timeout(wanted);
  }
}

}  // namespace t2::ftp
