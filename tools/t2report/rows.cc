// SPDX-License-Identifier: Apache-2.0
#include "rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "t2/words.h"

namespace t2::report {
namespace {

constexpr std::size_t kNone = ~std::size_t{0};
/// The longest printed IPv6 address; whatever else stands there is cut.
constexpr std::size_t kLongestAddress = 45;

std::uint32_t bits32(std::string_view cell) {
  return static_cast<std::uint32_t>(bits_of(cell));
}

std::uint32_t number32(std::string_view cell) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number_of(cell), UINT32_MAX));
}

/// Layer 2 flows have no IP addresses: their ends are the cards.
std::string endpoint(std::string_view address, std::string_view macs) {
  const bool ip = address.find_first_of(".:") != std::string_view::npos ||
                  (address.size() >= 3 && address.starts_with("0x"));
  if (ip) return std::string(address.substr(0, kLongestAddress));
  const std::string_view mac = first_of(macs).substr(0, kLongestAddress - 4);
  return fmt::format("mac {}", mac.empty() ? "unknown" : mac);
}

void take(Conversation& c, bool from_client, const Side& side) {
  (from_client ? c.c : c.s) = side;
}

}  // namespace

const char* const RowParser::kNames[kCells] = {
    "dir",        "flowInd",  "timeFirst",  "timeLast",       "srcIP",
    "dstIP",      "flowStat", "srcPort",    "dstPort",        "l4Proto",
    "ethType",    "vlanID",   "hdrDesc",    "srcMac",         "dstMac",
    "srcIPCC",    "srcIPOrg", "dstIPCC",    "dstIPOrg",       "pktsSnt",
    "l7BytesSnt", "ipFlags",  "tcpFlags",   "tcpAnomaly",     "tcpStatesAFlags",
    "ftpStat",    "tp0fStat", "tp0fClName", "tp0fPrName",     "tp0fVerName",
    "tcpFStat",   "ipMinTTL", "tcpMSS",     "tcpSeqFaultCnt", "tcpRTTAckTripAve",
    "httpAFlags"};

Result<void> RowParser::columns(const std::vector<std::string_view>& names) {
  names_.assign(names.begin(), names.end());
  for (std::size_t i = 0; i < kCells; ++i) at_[i] = find(kNames[i]).value_or(kNone);
  for (std::size_t i = 0; i <= kDstIp; ++i) {
    if (at_[i] != kNone) continue;
    return Error{
        fmt::format("the table has no column {}: run 't2build basicFlow' and t2 again, or "
                    "'t2report -r CAPTURE'",
                    kNames[i])};
  }
  return {};
}

std::vector<std::string> RowParser::missing() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kCells; ++i)
    if (at_[i] == kNone) out.emplace_back(kNames[i]);
  return out;
}

std::optional<std::size_t> RowParser::find(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) return {};
  return static_cast<std::size_t>(found - names_.begin());
}

std::optional<Row> RowParser::row(const std::vector<std::string_view>& cells) const {
  if (cells.size() != names_.size()) return {};
  const auto cell = [&](Cell c) { return at_[c] == kNone ? std::string_view() : cells[at_[c]]; };
  Row r;
  if (cell(kDir) != "A" && cell(kDir) != "B") return {};
  r.direction = cell(kDir)[0];
  r.index = number_of(cell(kFlowInd));
  r.first = time_of(cell(kTimeFirst));
  r.last = std::max(r.first, time_of(cell(kTimeLast)));
  r.source = cell(kSrcIp);
  r.destination = cell(kDstIp);
  r.headers = first_of(cell(kHeaders));
  r.vlan = cell(kVlan);
  r.source_port = static_cast<std::uint16_t>(number_of(cell(kSrcPort)));
  r.destination_port = static_cast<std::uint16_t>(number_of(cell(kDstPort)));
  r.ether_type = static_cast<std::uint16_t>(bits_of(cell(kEthType)));
  r.protocol = static_cast<std::uint8_t>(number_of(cell(kProto)));
  Side& s = r.side;
  s.seen = true;
  s.packets = number_of(cell(kPackets));
  s.bytes = number_of(cell(kBytes));
  s.flow_stat = bits_of(cell(kFlowStat));
  s.ip_flags = bits32(cell(kIpFlags));
  s.tcp_flags = bits32(cell(kTcpFlags));
  s.tcp_anomaly = bits32(cell(kTcpAnomaly));
  s.tcp_states = bits32(cell(kTcpStates));
  s.ftp_stat = bits32(cell(kFtpStat));
  s.tp0f_stat = bits32(cell(kTp0fStat));
  s.tcp_f_stat = bits32(cell(kTcpFStat));
  s.http_flags = bits32(cell(kHttpAFlags));
  s.min_ttl = number32(cell(kTtl));
  s.mss = number32(cell(kMss));
  s.sequence_faults = number32(cell(kFaults));
  s.rtt = real_of(cell(kRtt));
  r.labels = {cell(kSrcCc),
              unquoted(cell(kSrcOrg)),
              cell(kDstCc),
              unquoted(cell(kDstOrg)),
              first_of(cell(kSrcMac)),
              first_of(cell(kDstMac)),
              cell(kTp0fClass),
              cell(kTp0fProgram),
              cell(kTp0fVersion)};
  return r;
}

void Pairing::begin(const Row& r, std::string_view text) {
  if (r.direction == 'B') ++alone_;
  // The source of an A flow began, unless the flow was inverted; of a B flow, the other end.
  const bool inverted = r.direction == 'A' && (r.side.flow_stat & 1) != 0;
  const bool from_client = r.direction == 'A' && !inverted;
  Conversation c;
  c.index = r.index;
  c.first = r.first;
  c.last = r.last;
  c.inverted = inverted;
  std::string source = endpoint(r.source, r.labels.source_mac);
  std::string destination = endpoint(r.destination, r.labels.destination_mac);
  c.client = std::move(from_client ? source : destination);
  c.server = std::move(from_client ? destination : source);
  c.client_port = from_client ? r.source_port : r.destination_port;
  c.server_port = from_client ? r.destination_port : r.source_port;
  c.ether_type = r.ether_type;
  c.protocol = r.protocol;
  c.vlan = vlans_.of(r.vlan);
  c.headers = headers_.of(r.headers);
  take(c, from_client, r.side);
  open_ = std::move(c);
  a_ = r.direction == 'A' ? text : std::string_view();
  b_ = r.direction == 'B' ? text : std::string_view();
}

void Pairing::add(const Row& r, std::string_view text) {
  const bool joins = open_ && r.direction == 'B' && open_->index == r.index && b_.empty();
  if (!joins) {
    finish();
    begin(r, text);
    return;
  }
  open_->first = std::min(open_->first, r.first);
  open_->last = std::max(open_->last, r.last);
  take(*open_, open_->inverted, r.side);
  b_ = text;
}

void Pairing::finish() {
  if (!open_) return;
  open_->service = services_.of(*open_);
  done_(*open_, a_, b_);
  open_.reset();
}

}  // namespace t2::report
