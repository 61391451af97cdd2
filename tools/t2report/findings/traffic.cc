// SPDX-License-Identifier: Apache-2.0
#include "findings/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "words.h"

namespace t2::report {
namespace {

constexpr int kTcp = 6, kUdp = 17;

constexpr Rule kRegular = {
    "regular",
    Level::kLook,
    "Regular connections",
    "Programs that report to their master do so by the clock, whoever sits at the machine.",
    "Updates, mail and news programs, monitoring, time and name services do the same.",
    "8 or more conversations per client, server and port; median step 1 s or more; median "
    "deviation "
    "below 12 % of it."};
constexpr Rule kLeaving = {
    "leaving",
    Level::kLook,
    "Much data leaves",
    "Stolen data goes this way: from the inside, begun from the inside.",
    "Backups, mail with attachments, video calls, uploads to a site that is meant for it.",
    "From a private to a public address, bytes of payload sent by the client, more than 1 MB per "
    "pair."};
constexpr Rule kBroken[BrokenRules::kRules] = {
    {"land", Level::kLook, "Land attack",
     "Source and destination are the same, which once stopped whole systems.",
     "Programs on one machine that talk over its own address.", "flowStat bit 50."},
    {"fragments", Level::kLook, "Fragments that do not fit",
     "Beyond the end or across each other: used to pass filters and to crash systems.",
     "A damaged capture, or two paths that were recorded as one.", "ipFlags bits 4 and 8."},
    {"sequence", Level::kNote, "Fragments out of sequence",
     "Datagrams were put together from pieces in an odd order, which evasion tools do on purpose.",
     "Several paths, or packets that the capture lost.", "ipFlags bit 9."},
    {"syn-data", Level::kNote, "Data in SYN packets",
     "Data before the connection stands passes some inspections unseen.",
     "TCP Fast Open does the same.", "tcpAnomaly bit 14."},
    {"clear-http", Level::kLook, "Credentials in clear HTTP",
     "Whoever could read the network at any point has the user and the password.",
     "A network that nobody else can read; a proxy that takes TLS off on purpose.",
     "Requests with \"Authorization: Basic\", httpAFlags bit 9."}};
constexpr const char* kBrokenFilters[BrokenRules::kRules] = {
    "flag flowStat.50", "flag ipFlags.4 or flag ipFlags.8", "flag ipFlags.9", "flag tcpAnomaly.14",
    "flag httpAFlags.9"};
constexpr const char* kBrokenTexts[BrokenRules::kRules] = {
    "with the same source and destination", "with fragments beyond the end or misplaced",
    "with fragments out of sequence", "with data in the SYN",
    "with a user and password that HTTP sent in clear"};

double median(std::vector<double>& v) {
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

struct Rhythm {
  double step = 0, deviation = 0;  // seconds
};

Rhythm rhythm(std::vector<Nanoseconds> times) {
  std::ranges::sort(times);
  std::vector<double> steps;
  for (std::size_t i = 1; i < times.size(); ++i)
    steps.push_back(static_cast<double>(times[i] - times[i - 1]) / static_cast<double>(kSecond));
  Rhythm r;
  r.step = median(steps);
  for (double& s : steps) s = std::abs(s - r.step);
  r.deviation = median(steps);
  return r;
}

std::string protocol_word(int protocol) {
  return protocol == kTcp ? "tcp" : "udp";
}

}  // namespace

std::vector<const Rule*> traffic_rules() {
  return {&kRegular, &kLeaving, &kBroken[0], &kBroken[1], &kBroken[2], &kBroken[3], &kBroken[4]};
}

bool Regular::add(const Conversation& c) {
  if ((c.protocol != kTcp && c.protocol != kUdp) || c.is_ftp_data() || is_group(c.server))
    return false;
  if (series_.size() >= kMostSeries || times_ >= kMostTimes) forget_short_series();
  Series& s = series_[fmt::format("{} {} {} {}", c.client, c.server, c.server_port, c.protocol)];
  if (s.connections++ == 0) {
    s.client = c.client;
    s.server = c.server;
    s.port = c.server_port;
    s.protocol = c.protocol;
  }
  if (s.times.size() < kMostOfOne) {
    s.times.push_back(c.first);
    ++times_;
  }
  return s.connections >= kLeast && s.embedded++ < kRowsPerFinding / 10;
}

void Regular::forget_short_series() {
  for (std::size_t least = 2;; least *= 2) {
    std::erase_if(series_, [&](const auto& s) { return s.second.times.size() < least; });
    times_ = 0;
    for (const auto& [key, series] : series_) times_ += series.times.size();
    if (series_.size() <= kMostSeries / 2 && times_ <= kMostTimes / 2) return;
  }
}

void Regular::finish(std::vector<Finding>& out) const {
  constexpr double kLeastStep = static_cast<double>(kStep) / static_cast<double>(kSecond);
  for (const auto& [key, s] : series_) {
    if (s.times.size() < kLeast) continue;
    const Rhythm r = rhythm(s.times);
    if (r.step < kLeastStep || r.deviation >= kDeviation * r.step) continue;
    out.push_back(make_finding(
        kRegular,
        fmt::format("{} connected to {} port {} {} times, every {} ± {:.2f} s.", s.client, s.server,
                    s.port, grouped(s.connections),
                    span_words(static_cast<Nanoseconds>(r.step * static_cast<double>(kSecond))),
                    r.deviation),
        fmt::format("src {} and dst {} and dstport {} and proto {}", s.client, s.server, s.port,
                    protocol_word(s.protocol)),
        s.connections));
  }
}

bool Leaving::add(const Conversation& c) {
  if (!c.ip() || !is_private(c.client) || is_private(c.server) || is_group(c.server)) return false;
  const std::pair key(c.client, c.server);
  if (pairs_.size() >= kMost && !pairs_.contains(key)) {
    std::erase_if(pairs_, [](const auto& p) { return p.second.sent < kMore / 10; });
    if (pairs_.size() >= kMost) return false;
  }
  Pair& p = pairs_[key];
  ++p.conversations;
  p.sent += c.c.bytes;
  p.received += c.s.bytes;
  return p.sent > kMore && p.embedded++ < kRowsPerFinding;
}

void Leaving::finish(std::vector<Finding>& out) const {
  for (const auto& [who, p] : pairs_) {
    if (p.sent <= kMore) continue;
    out.push_back(make_finding(
        kLeaving,
        fmt::format("{} sent {} to {} in {} and received {}.", who.first, size_words(p.sent),
                    who.second, counted(p.conversations, "conversation", "conversations"),
                    size_words(p.received)),
        fmt::format("src {} and dst {}", who.first, who.second), p.sent));
  }
}

bool BrokenRules::add(const Conversation& c) {
  constexpr std::uint32_t kMisplaced = 1 << 4 | 1 << 8, kSequence = 1 << 9, kSynData = 1 << 14,
                          kBasic = 1 << 9;
  const std::uint32_t ip = c.c.ip_flags | c.s.ip_flags;
  const std::array<bool, kRules> has = {c.flow_bit(50), (ip & kMisplaced) != 0,
                                        (ip & kSequence) != 0,
                                        ((c.c.tcp_anomaly | c.s.tcp_anomaly) & kSynData) != 0,
                                        ((c.c.http_flags | c.s.http_flags) & kBasic) != 0};
  bool wanted = false;
  for (std::size_t i = 0; i < kRules; ++i) wanted |= has[i] && found_[i]++ < kRowsPerFinding;
  return wanted;
}

void BrokenRules::finish(std::vector<Finding>& out) const {
  for (std::size_t i = 0; i < kRules; ++i) {
    if (found_[i] == 0) continue;
    out.push_back(make_finding(
        kBroken[i],
        fmt::format("{} {}.", counted(found_[i], "conversation", "conversations"), kBrokenTexts[i]),
        kBrokenFilters[i], found_[i]));
  }
}

}  // namespace t2::report
