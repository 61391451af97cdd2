// SPDX-License-Identifier: Apache-2.0
#include "tawk/run_captures.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

namespace t2::tawk {
namespace {

constexpr std::string_view kCaptures = "# Captures read: ", kFilter = "# Filter: ", kRow = "#   ";

/// Undoes the \xNN of the headers file.
std::string exact(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    unsigned byte = 0;
    const char* const digits = text.data() + 2;
    const bool escaped = text.starts_with("\\x") && text.size() >= 4 &&
                         std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    out += escaped ? static_cast<char>(byte) : text.front();
    text.remove_prefix(escaped ? 4 : 1);
  }
  return out;
}

/// FIRST <tab> PACKETS <tab> FILE
std::optional<RunCaptures::Member> member_of(std::string_view row) {
  RunCaptures::Member m;
  for (std::uint64_t* number : {&m.first, &m.packets}) {
    const std::size_t tab = row.find('\t');
    if (tab == std::string_view::npos) return {};
    if (std::from_chars(row.data(), row.data() + tab, *number).ptr != row.data() + tab) return {};
    row.remove_prefix(tab + 1);
  }
  m.file = exact(row);
  return m;
}

}  // namespace

std::string headers_file_of(const std::string& packets) {
  const std::size_t at = packets.rfind("_packets");
  return at == std::string::npos ? "" : packets.substr(0, at) + "_headers.txt";
}

RunCaptures read_run_captures(const std::string& headers_file) {
  RunCaptures run;
  std::ifstream in(headers_file);
  std::string line;
  for (bool listed = false; std::getline(in, line);) {
    const std::string_view text = line;
    listed = listed || text.starts_with(kCaptures);
    if (!listed) continue;
    if (text.starts_with(kFilter)) run.filter = exact(text.substr(kFilter.size()));
    if (!text.starts_with(kRow)) continue;
    if (auto m = member_of(text.substr(kRow.size()))) run.members.push_back(std::move(*m));
  }
  return run;
}

}  // namespace t2::tawk
