// SPDX-License-Identifier: Apache-2.0
#include "findings/contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "members.h"
#include "t2/unicode.h"
#include "words.h"

namespace t2::report {
namespace {

constexpr Rule kGuessing = {
    "guessing",
    Level::kFirst,
    "Password guessing",
    "Somebody tries passwords. If one succeeded, what that user may do, the guesser may.",
    "A program with an old password that tries again and again; a user who forgot it.",
    "5 or more refused logins per client, server and protocol; logins of the same, of any user, "
    "that were accepted within 10 minutes after a refused one."};
constexpr Rule kClear = {
    "clear",
    Level::kLook,
    "Passwords in clear text",
    "Whoever could read the network at any point has them now.",
    "A network that nobody else can read; passwords that are meant to be public.",
    "Logins that succeeded, other than anonymous ones; passwords are not in this page unless "
    "--passwords was given."};
constexpr Rule kBounce = {
    "bounce",
    Level::kLook,
    "FTP bounce",
    "The client sends the server to a third host or a privileged port: servers are misused so to "
    "scan or to attack.",
    "Transfers between two servers (FXP), or address translation in between.",
    "Manifest, bounces."};
constexpr Rule kPrograms = {
    "program",
    Level::kFirst,
    "Programs moved",
    "Programs that come over a protocol without protection are how attackers bring their tools.",
    "Updates, installation files, scripts of administrators.",
    "First bytes of the carved files: Windows, Linux, macOS, Android, Java, scripts."};
constexpr Rule kMacros = {"macros",
                          Level::kFirst,
                          "Documents with macros",
                          "Macros are the most usual way of a document to start something else.",
                          "Many offices work with macros every day.",
                          "First bytes of the carved files: vbaProject.bin, _VBA_PROJECT."};
constexpr Rule kUnlike = {
    "unlike",
    Level::kFirst,
    "Contents unlike the name",
    "A name that lies gets past people and filters.",
    "A mistake of who named it; a server's error page in place of the file.",
    "First bytes of the carved files against the extension and the declared type."};
constexpr Rule kMarks = {
    "marks",
    Level::kFirst,
    "Direction marks in names",
    "Characters that turn the direction of text let a program look like a picture.",
    "Names in Arabic or Hebrew sometimes hold them.",
    "Unicode controls in file names."};
constexpr Rule kForged = {
    "forged",
    Level::kFirst,
    "Retransmissions with other bytes",
    "Two versions of the same bytes: somebody may have forged segments. The first ones are in the "
    "file.",
    "A damaged capture, or a card that hands over packets before the checksum is right.",
    "Manifest, conflicts."};
constexpr Rule kPartial = {
    "partial",
    Level::kLook,
    "Files that are not whole",
    "What is missing may be what matters; a digest of a partial file finds nothing in lists.",
    "Aborted transfers, packets that the capture lost, a capture that ends too early.",
    "Manifest, complete."};
constexpr Rule kNotCaptured = {
    "not-captured",
    Level::kNote,
    "Data that is not in the capture",
    "Files moved whose connections were not recorded.",
    "A filter at the capture, several paths, or a connection that never came about.",
    "ftpStat bit 6."};

bool anonymous(const std::string& user) {
  return user.empty() || user == "anonymous" || user == "ftp" || user == "Anonymous";
}

std::string upper(std::string s) {
  for (char& c : s) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return s;
}

std::string quoted_names(const std::set<std::string>& names) {
  std::vector<std::string> words;
  words.reserve(names.size());
  for (const std::string& n : names) words.push_back(fmt::format("\"{}\"", n.substr(0, 40)));
  return listed(words, 3);
}

std::string short_name(const CapturedFile& f) {
  const std::size_t slash = f.name.rfind('/');
  const bool cut = slash != std::string::npos && slash + 1 < f.name.size();
  return (cut ? f.name.substr(slash + 1) : f.name).substr(0, 60);
}

/// The flows that carried the files.
std::string filter_of(const std::vector<const CapturedFile*>& files) {
  std::set<std::uint64_t> flows;
  constexpr std::size_t kMost = 12;
  for (const CapturedFile* f : files) {
    for (const char* key : {"data_flow", "flow", "control_flow"}) {
      const Json* const flow = member(f->record, key);
      if (flow == nullptr || !flow->is_number_unsigned()) continue;
      flows.insert(flow->get<std::uint64_t>());
      break;
    }
  }
  if (flows.empty() || flows.size() > kMost) return "is file";
  std::string out;
  for (const std::uint64_t f : flows) out += fmt::format("{}flow {}", out.empty() ? "" : " or ", f);
  return out;
}

template <class Has>
std::vector<const CapturedFile*> files_that(const Evidence& e, Has has) {
  std::vector<const CapturedFile*> out;
  for (const CapturedFile& f : e.files)
    if (has(f)) out.push_back(&f);
  return out;
}

void add_files(const Rule& rule, const std::vector<const CapturedFile*>& files, const char* what,
               std::vector<Finding>& out) {
  if (files.empty()) return;
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const CapturedFile* f : files)
    names.push_back(fmt::format("{} ({})", short_name(*f), f->is));
  out.push_back(make_finding(
      rule,
      fmt::format("{} {}: {}.", counted(files.size(), "file", "files"), what, listed(names, 3)),
      filter_of(files), files.size()));
}

bool has_direction_mark(std::string_view s) {
  while (!s.empty()) {
    char32_t c = 0;
    const std::size_t n = character_length(s, c);
    if (n > 1 && is_control_or_bidi(c) && c >= 0x200e) return true;
    s.remove_prefix(n == 0 ? 1 : n);
  }
  return false;
}

/// What one client's logins to one server came to.
struct Guesses {
  std::uint64_t refused = 0, untold = 0;
  std::uint64_t hits = 0, elsewhen = 0;  // accepted: soon after a refused one, and not
  std::set<std::string> users, hit_users;
};

Guesses guesses_of(std::vector<const Login*> logins) {
  // As long as fail2ban remembers a refused login by default: a longer pause is another visit.
  constexpr Nanoseconds kPause = 600'000'000'000;
  std::stable_sort(logins.begin(), logins.end(),
                   [](const Login* a, const Login* b) { return a->at < b->at; });
  Guesses g;
  const Login* last = nullptr;  // refused
  for (const Login* l : logins) {
    if (l->ok == 0) {
      ++g.refused;
      g.users.insert(l->user);
      last = l;
    } else if (l->ok != 1) {
      ++g.untold;
    } else if (last != nullptr && l->at - last->at <= kPause) {
      ++g.hits;
      g.hit_users.insert(l->user);
    } else {
      ++g.elsewhen;
    }
  }
  return g;
}

/// A login that was accepted may be the end of the guessing or the user's own: what is said is when
/// it came.
std::string success_of(const Guesses& g) {
  constexpr std::string_view kWithin = "within 10 minutes after a refused one";
  std::string s = "no login was accepted";
  if (g.hits > 0) {
    s = fmt::format("{} accepted {}, as {}", counted(g.hits, "login was", "logins were"), kWithin,
                    quoted_names(g.hit_users));
  } else if (g.elsewhen > 0) {
    s += fmt::format(" {}", kWithin);
  }
  if (g.elsewhen > 0) s += fmt::format(", {} at other times", grouped(g.elsewhen));
  if (g.untold > 0)
    s += fmt::format("; of {} the capture does not tell", counted(g.untold, "login", "logins"));
  return s;
}

}  // namespace

std::vector<const Rule*> content_rules() {
  return {&kGuessing, &kClear, &kBounce, &kPrograms, &kMacros,
          &kUnlike,   &kMarks, &kForged, &kPartial,  &kNotCaptured};
}

void password_guessing(const Evidence& e, std::vector<Finding>& out) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<const Login*>> pairs;
  for (const Login& l : e.logins) pairs[{l.client, l.server, l.protocol}].push_back(&l);
  for (auto& [who, logins] : pairs) {
    const Guesses g = guesses_of(std::move(logins));
    if (g.refused < kGuesses) continue;
    const auto& [client, server, protocol] = who;
    out.push_back(make_finding(
        kGuessing,
        fmt::format("{} failed to log in to {} ({}) {} times, as {}; {}.", client, server,
                    upper(protocol), grouped(g.refused), quoted_names(g.users), success_of(g)),
        fmt::format("src {} and dst {} and is login", client, server), g.refused));
  }
}

void clear_passwords(const Evidence& e, std::vector<Finding>& out) {
  std::map<std::string, std::pair<std::uint64_t, std::set<std::string>>> protocols;
  for (const Login& l : e.logins) {
    if (l.ok != 1 || anonymous(l.user)) continue;
    auto& [count, users] = protocols[l.protocol];
    ++count;
    users.insert(l.user);
  }
  for (const auto& [protocol, found] : protocols) {
    const auto& [count, users] = found;
    out.push_back(make_finding(
        kClear,
        fmt::format("{} of {} ({}) crossed the network readable.",
                    counted(count, "successful " + upper(protocol) + " login",
                            "successful " + upper(protocol) + " logins"),
                    counted(users.size(), "named user", "named users"), quoted_names(users)),
        fmt::format("is login and service {}", protocol), count));
  }
}

void bounced(const Evidence& e, std::vector<Finding>& out) {
  for (const Session& s : e.sessions) {
    if (s.bounces.empty()) continue;
    out.push_back(make_finding(
        kBounce,
        fmt::format("{} told {} to connect to {}.", s.client, s.server, listed(s.bounces, 3)),
        fmt::format("flow {}", s.flow), s.bounces.size()));
  }
}

void programs_moved(const Evidence& e, std::vector<Finding>& out) {
  add_files(kPrograms, files_that(e, [](const CapturedFile& f) { return f.program; }),
            "with a program in it", out);
}

void macros_moved(const Evidence& e, std::vector<Finding>& out) {
  add_files(kMacros, files_that(e, [](const CapturedFile& f) { return f.macros; }), "with macros",
            out);
}

void unlike_their_name(const Evidence& e, std::vector<Finding>& out) {
  const auto has = [](const CapturedFile& f) { return f.unlike_name || f.unlike_type; };
  add_files(kUnlike, files_that(e, has), "whose name or type promises something else", out);
}

void direction_marks(const Evidence& e, std::vector<Finding>& out) {
  add_files(kMarks, files_that(e, [](const CapturedFile& f) { return has_direction_mark(f.name); }),
            "with direction marks in the name", out);
}

void changed_retransmissions(const Evidence& e, std::vector<Finding>& out) {
  const auto has = [](const CapturedFile& f) { return count_of(f.record, "conflicts") > 0; };
  add_files(kForged, files_that(e, has), "whose segments were sent twice with other bytes", out);
}

void not_whole(const Evidence& e, std::vector<Finding>& out) {
  if (e.contents == 0 || e.complete == e.contents) return;
  const auto has = [](const CapturedFile& f) {
    const Json* const complete = member(f.record, "complete");
    return complete != nullptr && *complete == false;
  };
  out.push_back(
      make_finding(kPartial,
                   fmt::format("{} of {} carved files incomplete or cut; the missing ranges "
                               "stand with each file.",
                               grouped(e.contents - e.complete), grouped(e.contents)),
                   filter_of(files_that(e, has)), e.contents - e.complete));
}

void data_not_captured(std::uint64_t conversations, std::vector<Finding>& out) {
  if (conversations == 0) return;
  out.push_back(
      make_finding(kNotCaptured,
                   fmt::format("{} opened transfers whose connections are not in the capture.",
                               counted(conversations, "FTP session", "FTP sessions")),
                   "flag ftpStat.6", conversations));
}

}  // namespace t2::report
