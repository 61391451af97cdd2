// SPDX-License-Identifier: Apache-2.0
#include "sessions.h"

#include <algorithm>
#include <cctype>

#include "line_reader.h"
#include "members.h"

namespace t2::report {
namespace {

constexpr std::size_t kLongestRead = std::size_t{64} << 10;

/// Servers take a command that is not at the very start, too.
void hide_password(SessionLine& l) {
  const std::size_t from = l.text.find_first_not_of(" \t");
  if (from == std::string::npos) return;
  std::string verb = l.text.substr(from, 4);
  for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (verb != "PASS" && verb != "ACCT") return;
  l.hidden = true;
  l.text.resize(from + verb.size());
  l.length = 0;
}

std::vector<SessionLine> read_lines(const std::string& path, bool from_client, bool passwords,
                                    std::uint64_t& in_all) {
  std::vector<SessionLine> out;
  if (path.empty()) return out;
  const auto fd = open_to_read(path, true);
  if (!fd) return out;
  LineReader lines(*fd, path, kLongestRead);
  while (const auto line = lines.next()) {
    ++in_all;
    if (out.size() >= kMostLines) continue;
    SessionLine l;
    l.from_client = from_client;
    std::string_view text = *line;
    if (text.ends_with('\r')) text.remove_suffix(1);
    l.text = text.substr(0, kLongestLine);
    if (text.size() > kLongestLine) l.length = text.size();
    if (from_client && !passwords) hide_password(l);
    out.push_back(std::move(l));
  }
  return out;
}

/// Gives each line its packet and time; false if the index does not cover all of them.
bool add_times(std::vector<SessionLine>& lines, const std::string& path) {
  if (lines.empty()) return true;
  if (path.empty()) return false;
  const auto fd = open_to_read(path, true);
  if (!fd) return false;
  LineReader entries(*fd, path, 4096);
  for (SessionLine& l : lines) {
    const auto entry = entries.next();
    if (!entry) return false;
    const Json j = Json::parse(*entry, nullptr, false);
    const Json *const packet = member(j, "packet"), *const time = member(j, "time");
    if (packet == nullptr || !packet->is_number_unsigned() || time == nullptr || !time->is_string())
      return false;
    l.packet = packet->get<std::uint64_t>();
    l.at = time_of(time->get<std::string>());
    l.timed = true;
  }
  return true;
}

std::vector<SessionLine> by_packet(const std::vector<SessionLine>& client,
                                   const std::vector<SessionLine>& server) {
  std::vector<SessionLine> out;
  std::ranges::merge(client, server, std::back_inserter(out), {}, &SessionLine::packet,
                     &SessionLine::packet);
  return out;
}

bool ends_reply(std::string_view line) {
  return line.size() >= 4 && line[0] >= '2' && line[0] <= '5' && line[3] == ' ';
}

}  // namespace

std::vector<SessionLine> interleave(const std::vector<SessionLine>& client,
                                    const std::vector<SessionLine>& server) {
  std::vector<SessionLine> out;
  auto reply = server.begin();
  const auto take_reply = [&] {
    while (reply != server.end()) {
      out.push_back(*reply++);
      if (ends_reply(out.back().text)) return;
    }
  };
  const bool greets = !server.empty() && server.front().text.starts_with("220");
  if (greets) take_reply();
  for (const SessionLine& l : client) {
    out.push_back(l);
    take_reply();
  }
  out.insert(out.end(), reply, server.end());
  return out;
}

void read_transcripts(std::vector<Session>& sessions, bool passwords) {
  std::size_t used = 0;
  for (Session& s : sessions) {
    auto client = read_lines(s.client_file, true, passwords, s.lines_in_all);
    auto server = read_lines(s.server_file, false, passwords, s.lines_in_all);
    if (used >= kAllLines) continue;
    const bool timed = add_times(client, s.client_index) && add_times(server, s.server_index);
    s.guessed = !timed;
    s.lines = timed ? by_packet(client, server) : interleave(client, server);
    if (s.lines.size() > kMostLines) s.lines.resize(kMostLines);
    for (const SessionLine& l : s.lines) used += l.text.size();
  }
}

}  // namespace t2::report
