// SPDX-License-Identifier: Apache-2.0
#include "findings/scans.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "words.h"

namespace t2::report {
namespace {

constexpr int kTcp = 6;
constexpr std::uint32_t kRst = 1 << 2, kSynAck = 1 << 9;

constexpr Rule kPortScan = {
    "port-scan",
    Level::kFirst,
    "Port scan",
    "Somebody looks for services to attack. The ones that were open are what the next step aims "
    "at.",
    "An inventory or monitoring system, a peer-to-peer program, or a service that is down and "
    "asked "
    "again by many clients.",
    "TCP conversations without payload, by client: 15 or more different server endpoints within 60 "
    "seconds. Open: SYN-ACK without RST from the server."};
constexpr Rule kScanner = {
    "scanner",
    Level::kFirst,
    "Scanner recognised by its packets",
    "The packets are built as this program builds them; ordinary systems do not send such ones.",
    "The security team's own scan. The p0f rules are from 2016: newer programs may look like it.",
    "tp0fPrName, where a rule fired (tp0fStat 0 or 1)."};
constexpr Rule kOdd[] = {
    {"null", Level::kLook, "NULL packets",
     "TCP packets without any flag: systems answer them differently, which gives them away.",
     "A damaged capture or a card that hands over broken packets.", "tcpFlags bit 11."},
    {"xmas", Level::kLook, "Xmas packets",
     "TCP packets with FIN, PSH and URG at once: used to look past simple filters.",
     "A damaged capture or a card that hands over broken packets.", "tcpFlags bit 15."},
    {"syn-fin", Level::kLook, "SYN and FIN together",
     "No ordinary TCP opens and closes at once; scanners and evasion tools do.",
     "A damaged capture; T/TCP experiments of long ago.", "tcpFlags bit 12."}};
constexpr int kOddBits[] = {11, 15, 12};
constexpr const char* kTools[] = {"NMap", "p0f"};

std::uint64_t hash_of(const std::string& address, std::uint32_t port) {
  return std::hash<std::string>()(address) * 0x9e3779b97f4a7c15 + port;
}

/// The most different targets in any window of kWithin.
std::size_t densest(std::vector<std::pair<Nanoseconds, std::uint64_t>> tries) {
  std::ranges::sort(tries);
  std::unordered_map<std::uint64_t, std::size_t> inside;
  std::size_t most = 0, from = 0;
  for (const auto& [at, target] : tries) {
    ++inside[target];
    for (; at - tries[from].first > PortScans::kWithin; ++from) {
      const auto gone = inside.find(tries[from].second);
      if (--gone->second == 0) inside.erase(gone);
    }
    most = std::max(most, inside.size());
  }
  return most;
}

}  // namespace

std::vector<const Rule*> scan_rules() {
  return {&kPortScan, &kScanner, &kOdd[0], &kOdd[1], &kOdd[2]};
}

bool PortScans::add(const Conversation& c) {
  if (c.protocol != kTcp || c.bytes() != 0 || !c.ip()) return false;
  if (tries_ >= kMostTries || clients_.size() >= kMostClients) forget_small_clients();
  Client& client = clients_[c.client];
  if (client.conversations++ == 0) client.first = client.last = c.first;
  client.first = std::min(client.first, c.first);
  client.last = std::max(client.last, c.last);
  if (client.tries.size() < kMostOfOne) {
    const std::uint64_t target = hash_of(c.server, c.server_port);
    client.tries.push_back({c.first, target});
    ++tries_;
    client.targets.insert(target);
    client.ports.insert(c.server_port);
    client.hosts.insert(hash_of(c.server, 0));
    if ((c.s.tcp_flags & kSynAck) != 0 && (c.s.tcp_flags & kRst) == 0) client.open.insert(target);
  }
  return client.targets.size() >= kLeast && client.embedded++ < kRowsPerFinding;
}

/// Those that are far from a scan so far. What is left is never more than half of the room.
void PortScans::forget_small_clients() {
  for (std::size_t least = kLeast;; least *= 2) {
    std::erase_if(clients_, [&](const auto& c) { return c.second.targets.size() < least; });
    tries_ = 0;
    for (const auto& [address, client] : clients_) tries_ += client.tries.size();
    if (tries_ <= kMostTries / 2 && clients_.size() <= kMostClients / 2) return;
  }
}

void PortScans::finish(std::vector<Finding>& out) const {
  for (const auto& [address, client] : clients_) {
    if (client.targets.size() < kLeast) continue;
    std::vector<std::pair<Nanoseconds, std::uint64_t>> tries;
    tries.reserve(client.tries.size());
    for (const Try& t : client.tries) tries.emplace_back(t.at, t.target);
    const std::size_t most = densest(std::move(tries));
    if (most < kLeast) continue;
    out.push_back(make_finding(
        kPortScan,
        fmt::format("{} tried {} of {}: {} without data, up to {} different targets in a minute, "
                    "over {}; {} open.",
                    address, counted(client.ports.size(), "port", "ports"),
                    counted(client.hosts.size(), "host", "hosts"),
                    counted(client.conversations, "connection", "connections"), grouped(most),
                    span_words(client.last - client.first),
                    client.open.empty()       ? "none was"
                    : client.open.size() == 1 ? "1 was"
                                              : grouped(client.open.size()) + " were"),
        fmt::format("src {} and proto tcp and bytes = 0", address), client.conversations));
  }
}

void RecognisedScanners::add(const Row& row) {
  if ((row.side.tp0f_stat & 3) == 0) return;
  if (std::ranges::find(kTools, row.labels.tp0f_program) == std::end(kTools)) return;
  const std::pair key(
      std::string(row.source.substr(0, 45)),
      fmt::format("{} {}", row.labels.tp0f_program, row.labels.tp0f_version.substr(0, 40)));
  if (found_.size() < kMost || found_.contains(key)) ++found_[key];
}

void RecognisedScanners::finish(std::vector<Finding>& out) const {
  for (const auto& [who, flows] : found_) {
    out.push_back(make_finding(
        kScanner,
        fmt::format("{}: {}, {}.", who.first, who.second, counted(flows, "flow", "flows")),
        fmt::format("src {} and proto tcp and flag tp0fStat.0", who.first), flows));
  }
}

bool OddFlags::add(const Conversation& c) {
  bool wanted = false;
  for (std::size_t i = 0; i < std::size(kOddBits); ++i) {
    const std::uint32_t mask = 1U << kOddBits[i];
    const bool client = (c.c.tcp_flags & mask) != 0, server = (c.s.tcp_flags & mask) != 0;
    if (!client && !server) continue;
    Bit& bit = bits_[i];
    wanted |= bit.conversations++ < kRowsPerFinding;
    const std::string& source = client ? c.client : c.server;
    if (bit.sources.size() < kMostSources || bit.sources.contains(source)) ++bit.sources[source];
  }
  return wanted;
}

void OddFlags::finish(std::vector<Finding>& out) const {
  constexpr std::uint64_t kFewConversations = 3;
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    const Bit& bit = bits_[i];
    if (bit.conversations == 0) continue;
    const auto most =
        std::ranges::max_element(bit.sources, {}, [](const auto& s) { return s.second; });
    Finding f = make_finding(
        kOdd[i],
        fmt::format("{} with flag combinations that no ordinary TCP sends; most from {} ({}).",
                    counted(bit.conversations, "conversation", "conversations"), most->first,
                    grouped(most->second)),
        fmt::format("flag tcpFlags.{}", kOddBits[i]), bit.conversations);
    if (bit.conversations > kFewConversations) f.level = Level::kFirst;
    out.push_back(std::move(f));
  }
}

}  // namespace t2::report
