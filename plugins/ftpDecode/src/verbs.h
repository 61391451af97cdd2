// SPDX-License-Identifier: Apache-2.0
// The commands of FTP. The first 61 have the numbers of the bits in ftpCBF (spec ftpDecode 4); the
// rest are later commands that are listed, but have no bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace t2::ftp {

enum class Verb : std::uint8_t {
  // clang-format off
  kAbor, kAcct, kAdat, kAllo, kAppe, kAuth, kCcc,  kCdup, kConf, kCwd,  kDele, kEnc,  kEprt, kEpsv,
  kFeat, kHelp, kLang, kList, kLprt, kLpsv, kMdtm, kMic,  kMkd,  kMlsd, kMlst, kMode, kNlst, kNoop,
  kOpts, kPass, kPasv, kPbsz, kPort, kProt, kPwd,  kQuit, kRein, kRest, kRetr, kRmd,  kRnfr, kRnto,
  kSite, kSize, kSmnt, kStat, kStor, kStou, kStru, kSyst, kType, kUser, kXcup, kXmkd, kXpwd, kXrcp,
  kXrmd, kXrsq, kXsem, kXsen, kClnt,
  kAvbl, kComb, kCsid, kDsiz, kHash, kHost, kMacb, kMfct, kMff,  kMfmt, kRang, kRmda, kSpsv, kThmb,
  kXcrc, kXcwd, kXmd5, kXsha,
  // clang-format on
  kNone,
  kUnknown,  // a line of the client whose verb is none of these; it is answered, too
};
inline constexpr unsigned kVerbsWithBit = 61;

/// "RETR"; empty for kNone and kUnknown.
std::string_view name(Verb v);
/// Any letter case; nothing for an unknown word.
std::optional<Verb> verb(std::string_view word);

/// RETR, STOR, APPE, STOU, LIST, NLST, MLSD: commands that use a data connection.
bool is_transfer(Verb v);
/// STOR, APPE, STOU.
bool is_upload(Verb v);
/// LIST, NLST, MLSD.
bool is_listing(Verb v);
/// Whether the command's parameter belongs into ftpCP (spec ftpDecode 5 and decision D3).
bool lists_parameter(Verb v);
/// Whether the parameter is a path: blanks at its end belong to it.
bool takes_path(Verb v);

/// One line of the client.
struct Command {
  Verb verb = Verb::kNone;
  std::string_view argument;  // view into the line
};
/// Leading blanks and Telnet remains are skipped. Nothing if the first word is no known command.
std::optional<Command> parse_command(std::string_view line);

}  // namespace t2::ftp
