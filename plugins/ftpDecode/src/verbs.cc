// SPDX-License-Identifier: Apache-2.0
#include "verbs.h"

#include <array>
#include <cstddef>

namespace t2::ftp {
namespace {

constexpr auto kNames = std::to_array<std::string_view>({
    // clang-format off
    "ABOR", "ACCT", "ADAT", "ALLO", "APPE", "AUTH", "CCC",  "CDUP", "CONF", "CWD",  "DELE", "ENC",  "EPRT", "EPSV",
    "FEAT", "HELP", "LANG", "LIST", "LPRT", "LPSV", "MDTM", "MIC",  "MKD",  "MLSD", "MLST", "MODE", "NLST", "NOOP",
    "OPTS", "PASS", "PASV", "PBSZ", "PORT", "PROT", "PWD",  "QUIT", "REIN", "REST", "RETR", "RMD",  "RNFR", "RNTO",
    "SITE", "SIZE", "SMNT", "STAT", "STOR", "STOU", "STRU", "SYST", "TYPE", "USER", "XCUP", "XMKD", "XPWD", "XRCP",
    "XRMD", "XRSQ", "XSEM", "XSEN", "CLNT",
    "AVBL", "COMB", "CSID", "DSIZ", "HASH", "HOST", "MACB", "MFCT", "MFF",  "MFMT", "RANG", "RMDA", "SPSV", "THMB",
    "XCRC", "XCWD", "XMD5", "XSHA",
    // clang-format on
});
static_assert(kNames.size() == static_cast<std::size_t>(Verb::kNone));
static_assert(kNames[kVerbsWithBit - 1] == "CLNT");

constexpr std::size_t kLongestVerb = 4;

/// Up to four letters as one number.
constexpr std::uint32_t packed(std::string_view word) {
  std::uint32_t n = 0;
  for (const char c : word) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    n = n << 8 | static_cast<unsigned char>(upper);
  }
  return n;
}

struct Entry {
  std::uint32_t word = 0;  // 0: free
  Verb verb = Verb::kNone;
};

constexpr std::size_t kSlots = 256;

constexpr std::size_t slot_of(std::uint32_t word) {
  return word * 2654435761u >> 24;  // Knuth's multiplicative hash
}

/// A hash table; a word that finds its slot taken stands in the next free one.
constexpr auto hashed() {
  std::array<Entry, kSlots> a{};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const std::uint32_t word = packed(kNames[i]);
    std::size_t slot = slot_of(word);
    while (a[slot].word != 0) slot = (slot + 1) % kSlots;
    a[slot] = {word, static_cast<Verb>(i)};
  }
  return a;
}

constexpr auto kTable = hashed();

constexpr bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
/// What may stand before a command: blanks, and Telnet's data mark when its IAC was sent as urgent
/// data.
constexpr bool is_leading(char c) {
  return is_blank(c) || c == 0 || static_cast<unsigned char>(c) >= 240;
}

template <Verb... kVerbs>
constexpr bool is_one_of(Verb v) {
  return ((v == kVerbs) || ...);
}

}  // namespace

std::string_view name(Verb v) {
  return v >= Verb::kNone ? std::string_view{} : kNames[static_cast<std::size_t>(v)];
}

std::optional<Verb> verb(std::string_view word) {
  if (word.empty() || word.size() > kLongestVerb) return {};
  const std::uint32_t p = packed(word);
  for (std::size_t slot = slot_of(p); kTable[slot].word != 0; slot = (slot + 1) % kSlots) {
    if (kTable[slot].word == p) return kTable[slot].verb;
  }
  return {};
}

bool is_transfer(Verb v) {
  using enum Verb;
  return is_one_of<kRetr, kStor, kAppe, kStou, kList, kNlst, kMlsd>(v);
}

bool is_upload(Verb v) {
  return v == Verb::kStor || v == Verb::kAppe || v == Verb::kStou;
}

bool is_listing(Verb v) {
  return v == Verb::kList || v == Verb::kNlst || v == Verb::kMlsd;
}

bool lists_parameter(Verb v) {
  using enum Verb;
  return is_one_of<kFeat, kPort, kPwd, kType, kEprt, kLprt, kRest, kSite>(v) || takes_path(v);
}

bool takes_path(Verb v) {
  using enum Verb;
  return is_one_of<kAppe, kCwd, kDele, kList, kMdtm, kMfct, kMff, kMfmt, kMkd, kMlsd, kMlst, kNlst,
                   kRetr, kRmd, kRnfr, kRnto, kSize, kStor, kStou, kXcwd, kXmkd, kXrmd>(v);
}

std::optional<Command> parse_command(std::string_view line) {
  while (!line.empty() && is_leading(line.front())) line.remove_prefix(1);
  std::size_t n = 0;
  while (n < line.size() && is_letter(line[n])) ++n;
  // XMD5 and others: digits may follow letters.
  while (n > 0 && n < line.size() && line[n] >= '0' && line[n] <= '9') ++n;
  if (n < line.size() && !is_blank(line[n]) && line[n] != 0) return {};
  const auto v = verb(line.substr(0, n));
  if (!v) return {};
  std::string_view argument = line.substr(n);
  while (!argument.empty() && (is_blank(argument.front()) || argument.front() == 0)) {
    argument.remove_prefix(1);
  }
  if (!takes_path(*v)) {
    while (!argument.empty() && is_blank(argument.back())) argument.remove_suffix(1);
  }
  return Command{*v, argument};
}

}  // namespace t2::ftp
