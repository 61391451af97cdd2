// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cells.h"
#include "line_reader.h"
#include "t2/file.h"

namespace t2::report {
namespace {

constexpr std::size_t kLongestLine = 16 << 10, kMostLines = 5'000;

/// Calls `f` for each line of a file; false if there is none.
template <class Function>
bool each_line(const std::string& path, Function f) {
  const auto fd = open_to_read(path, false);
  if (!fd) return false;
  LineReader lines(*fd, path, kLongestLine);
  std::size_t n = 0;
  for (auto line = lines.next(); line && n < kMostLines; line = lines.next(), ++n) f(*line);
  return true;
}

/// What follows `key` at the start of a remark.
std::optional<std::string> after(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return {};
  return std::string(line.substr(key.size()));
}

/// "  01: basicFlow, version 0.9.1"
void take_plugin(std::string_view line, RunFacts& facts) {
  const std::size_t colon = line.find(": "), comma = line.find(", version ");
  if (colon == std::string_view::npos || comma == std::string_view::npos || comma < colon) return;
  facts.plugins.emplace_back(line.substr(colon + 2, comma - colon - 2), line.substr(comma + 10));
}

void take_column(std::string_view line, RunFacts& facts) {
  std::vector<std::string_view> cells;
  split(line, '\t', 4, cells);
  if (cells.size() != 4 || number_of(cells[0]) == 0) return;
  facts.columns.push_back({std::string(cells[2]), std::string(cells[1]), std::string(cells[3])});
}

void take_remark(std::string_view line, RunFacts& facts) {
  if (auto v = after(line, "# Date: ")) facts.date = *v;
  if (auto v = after(line, "# Tranalyzer ")) facts.program = "Tranalyzer " + *v;
  if (auto v = after(line, "# Command line: ")) facts.command = *v;
  if (auto v = after(line, "# HW info: ")) facts.hardware = *v;
  if (auto v = after(line, "# SW info: ")) facts.software = *v;
  if (auto v = after(line, "# SensorID: ")) facts.sensor = *v;
  if (line.starts_with("#   ")) take_plugin(line, facts);
}

/// The whole numbers of a group.
std::map<std::string, std::uint64_t> numbers_of(const nlohmann::json& group) {
  std::map<std::string, std::uint64_t> out;
  if (!group.is_object()) return out;
  for (const auto& [name, value] : group.items())
    if (value.is_number_unsigned()) out[name] = value.get<std::uint64_t>();
  return out;
}

void take_report(const std::string& path, RunFacts& facts) {
  constexpr std::size_t kLargest = 1 << 20;
  const auto text = read_regular_file(path, kLargest);
  if (!text) return;
  const auto report = nlohmann::json::parse(*text, nullptr, false);
  if (!report.is_object()) return;
  for (const char* group : {"kernel", "packets", "protocols", "flows", "limits"}) {
    const auto found = report.find(group);
    if (found != report.end()) facts.counts[group] = numbers_of(*found);
  }
  const auto refused = report.find("inputs_refused");
  if (refused != report.end() && refused->is_number_unsigned())
    facts.inputs_refused = refused->get<std::uint64_t>();
  const auto ended = report.find("ended");
  if (ended != report.end() && ended->is_string()) facts.ended = ended->get<std::string>();
}

}  // namespace

std::string prefix_of(const std::string& flows) {
  for (const char* end : {"_flows.txt.gz", "_flows.txt.zst", "_flows.txt", "_flows"}) {
    if (flows.ends_with(end)) return flows.substr(0, flows.size() - std::string_view(end).size());
  }
  return flows;
}

RunFacts read_facts(const std::string& flows, char separator) {
  RunFacts facts;
  const std::string prefix = prefix_of(flows);
  const std::string headers = prefix + "_headers.txt", log = prefix + "_log.txt";
  const auto name = [](const std::string& path) {
    return std::filesystem::path(path).filename().string();
  };
  const bool has_headers = each_line(headers, [&](std::string_view line) {
    if (line.starts_with('#'))
      take_remark(line, facts);
    else
      take_column(line, facts);
  });
  if (has_headers) facts.headers_file = name(headers);
  const bool has_log = each_line(log, [&](std::string_view line) { facts.log.emplace_back(line); });
  take_report(prefix + "_report.json", facts);
  facts.bins = read_packet_bins(flows, separator);
  std::error_code error;
  facts.has_packets = std::filesystem::is_regular_file(prefix + "_packets.txt", error);
  if (has_log) facts.log_file = name(log);
  return facts;
}

}  // namespace t2::report
