// SPDX-License-Identifier: Apache-2.0
#include "trust.h"

#include <fmt/format.h>

#include "words.h"

namespace t2::report {
namespace {

using State = Trust::State;

Trust counted_trust(const char* title, std::uint64_t n, const char* good, std::string bad,
                    const char* filter) {
  if (n == 0) return {State::kYes, title, good, ""};
  return {State::kLook, title, std::move(bad), filter};
}

std::string share(std::uint64_t n, std::uint64_t of) {
  if (of == 0) return "";
  const double percent = 100 * static_cast<double>(n) / static_cast<double>(of);
  return percent < 1 ? " (below 1 %)" : fmt::format(" ({:.0f} %)", percent);
}

Trust identity(const Evidence& e) {
  const auto captures = e.end.is_object() ? e.end.find("captures") : e.end.end();
  if (!e.end.is_object() || captures == e.end.end() || !captures->is_array() || captures->empty())
    return {State::kUnknown, "Identity",
            "Nothing says which captures these rows come from: there is no manifest.", ""};
  std::size_t without = 0;
  for (const auto& f : *captures) {
    const auto digest = f.is_object() ? f.find("sha256") : f.end();
    if (!f.is_object() || digest == f.end() || !digest->is_string()) ++without;
  }
  if (without > 0)
    return {State::kLook, "Identity",
            fmt::format("{} of {} without SHA-256.", grouped(without),
                        counted(captures->size(), "capture file", "capture files")),
            ""};
  return {State::kYes, "Identity",
          counted(captures->size(), "capture file with SHA-256.", "capture files with SHA-256."),
          ""};
}

/// How the manifest says that the run ended, else its end report.
std::string ended_by(const Evidence& e, const RunFacts& facts) {
  if (!e.has_manifest) return facts.ended;
  const auto ended = e.end.find("ended");
  return ended != e.end.end() && ended->is_string() ? ended->get<std::string>() : "";
}

Trust ending(const Evidence& e, const RunFacts& facts) {
  if (!e.has_manifest && facts.ended.empty())
    return {State::kUnknown, "Run", "There is no manifest and no end report of the run.", ""};
  if (e.has_manifest && !e.end.is_object())
    return {State::kLook, "Run", "The manifest has no end: the run was killed.", ""};
  const std::string how = ended_by(e, facts);
  if (facts.inputs_refused > 0)
    return {State::kLook, "Run",
            counted(facts.inputs_refused, "input was", "inputs were") +
                " refused: not there, or no captures. The end report says which.",
            ""};
  if (how == "input") return {State::kYes, "Run", "All of the input was read.", ""};
  return {State::kLook, "Run", "The run ended early: " + how.substr(0, 40) + ".", ""};
}

/// What neither the capturing machine nor the run had room for.
Trust losses(const RunFacts& facts) {
  if (facts.counts.empty())
    return {State::kUnknown, "Losses", "There is no end report of the run as JSON.", ""};
  struct Loss {
    const char *group, *name, *words;
  };
  static constexpr Loss kLosses[] = {
      {"kernel", "packets_dropped_by_the_kernel", "packets dropped by the kernel"},
      {"kernel", "packets_dropped_by_the_interface", "packets dropped by the interface"},
      {"limits", "flows_terminated_by_autopilot", "flows ended early, the table was full"},
      {"limits", "fragment_entries_evicted", "fragmented datagrams given up, their table was full"},
      {"limits", "tcp_holes_given_up_buffer_of_the_flow_full", "TCP holes given up, buffer full"},
      {"limits", "tcp_holes_given_up_stream_memory_full", "TCP holes given up, STREAM_MEMORY full"},
  };
  std::string text;
  for (const Loss& l : kLosses) {
    const auto group = facts.counts.find(l.group);
    if (group == facts.counts.end()) continue;
    const auto n = group->second.find(l.name);
    if (n == group->second.end() || n->second == 0) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", l.words, grouped(n->second));
  }
  if (text.empty()) return {State::kYes, "Losses", "The run dropped nothing for lack of room.", ""};
  return {State::kLook, "Losses", text + ".", ""};
}

Trust files(const Evidence& e) {
  if (!e.has_manifest) return {State::kUnknown, "Files", "Nothing was carved.", ""};
  if (e.contents == 0) return {State::kYes, "Files", "No file was carved.", ""};
  if (e.complete == e.contents)
    return {State::kYes, "Files",
            e.contents == 1 ? "The file that was carved is whole."
                            : "All " + grouped(e.contents) + " carved files are whole.",
            ""};
  return {State::kLook, "Files",
          fmt::format("{} of {} {} not whole.", grouped(e.contents - e.complete),
                      counted(e.contents, "file", "files"),
                      e.contents - e.complete == 1 ? "is" : "are"),
          "is file"};
}

}  // namespace

std::vector<Trust> trust_of(const Case& c) {
  const TrustCounts& t = c.analysis.trust();
  const std::uint64_t all = c.analysis.totals().conversations;
  const auto some = [](std::uint64_t n) { return counted(n, "conversation", "conversations"); };
  const auto have = [](std::uint64_t n) { return n == 1 ? "has" : "have"; };
  std::vector<Trust> out;
  out.push_back(identity(c.evidence));
  out.push_back(ending(c.evidence, c.facts));
  out.push_back(losses(c.facts));
  out.push_back(counted_trust(
      "Length", t.snapped, "No packet was cut by the snapshot length.",
      fmt::format("{} {} packets that the capture cut short.", some(t.snapped), have(t.snapped)),
      "flag flowStat.33 or flag flowStat.34 or flag flowStat.35"));
  out.push_back(counted_trust(
      "Gaps", t.gaps, "No TCP segment is missing between captured ones.",
      fmt::format("{} {} TCP segments that were not captured.", some(t.gaps), have(t.gaps)),
      "flag tcpAnomaly.8 or flag tcpAnomaly.9"));
  out.push_back(counted_trust(
      "Checksums", t.checksums, "All checksums are right.",
      fmt::format("{} {} wrong checksums{}; network cards that compute them are the usual reason.",
                  some(t.checksums), have(t.checksums), share(t.checksums, all)),
      "flag ipFlags.10 or flag ipFlags.11"));
  out.push_back(counted_trust("Clock", t.clock, "Time runs forward.",
                              fmt::format("In {} the time jumps.", some(t.clock)),
                              "flag flowStat.51"));
  out.push_back(counted_trust(
      "Fragments", t.fragments, "All datagrams could be put together.",
      fmt::format("{} {} fragments.", some(t.fragments), t.fragments == 1 ? "misses" : "miss"),
      "flag flowStat.38 or flag flowStat.39"));
  out.push_back(files(c.evidence));
  return out;
}

}  // namespace t2::report
