// SPDX-License-Identifier: Apache-2.0
// FileRecord: everything the manifest says of one carved file, and the one place that decides
// whether the file is complete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "moment.h"
#include "session.h"
#include "t2/carve.h"
#include "t2/types.h"

namespace t2::ftp {

/// One end of a flow.
struct End {
  IpAddress ip;
  std::uint16_t port = 0;
};

/// How the end of a content is proven; kNone: it is not.
enum class EndProof : std::uint8_t {
  kNone,
  kFin,       // the FIN of the sender, in order
  kDeclared,  // as many bytes as the server announced, however that is read
  kMarker,    // of the transmission mode
};

/// What stands against calling a content complete; the first that applies.
enum class Lack : std::uint8_t {
  kNothing,
  kFile,      // nothing was written: encrypted, or it could not be made
  kRefused,   // a reply of 400 or more before the transfer began
  kAborted,   // ... or afterwards, or ABOR
  kWrongWay,  // sent against the transfer's direction: an answer, or the bytes of a stranger
  kLimit,     // a limit cut it, or an I/O error
  kFraming,   // the structure of its transmission mode was lost
  kBytes,     // bytes between start and end are missing
  kEnd,       // no proof of the end
  kLength,    // it ends before the smallest reading of the declared length
  kStart,     // no proof of the start
};

struct FileRecord {
  CarveOutcomePtr file;     // null: not written
  bool transcript = false;  // of a control connection, else content
  std::uint64_t size = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> missing;  // [from, to) in the file
  bool missing_cut = false;                                      // there were more
  std::uint32_t conflicts = 0;
  Moment first, last;
  std::uint64_t flow_index = 0, control_index = 0;
  char direction = 'A';
  End sender, receiver, client, server;
  TransferPtr transfer;  // null for control connections, and if none was seen
  bool fin = false, end_marker = false;
  bool reset = false;        // a RST ended the connection
  bool closing_ends = true;  // in this mode the end of the connection may be that of the file
  bool started_at_syn = true;
  bool framing_lost = false, truncated = false, encrypted = false;

  // Of control connections.
  std::string user;
  std::vector<Login> logins;
  std::vector<Bounce> bounces;
  std::uint64_t not_kept = 0;  // logins and bounces that there was no room for
  CarveOutcomePtr lines;       // the index of lines; null: none

  bool complete() const { return lack() == Lack::kNothing; }
  /// True only for a content of which no byte is missing between a known start and a proven end, in
  /// a transfer that went as commanded (docs/ftp.md; the manifest's specification, "complete").
  Lack lack() const;
  EndProof end_proof() const;
  /// Why the transfer did not come to its end: "426", "ABOR", "reset"; empty if that is not known.
  std::string aborted() const;
  /// The fewest bytes that the declared length may stand for: with REST servers name the whole file
  /// or what is left of it. Nothing if none was declared.
  std::optional<std::uint64_t> declared_smallest() const;

  /// What is missing behind the last byte: from there on to `to`, or nobody knows how far.
  struct Tail {
    std::uint64_t from = 0;
    std::optional<std::uint64_t> to;
  };
  std::optional<Tail> missing_tail() const;

  bool has_gap() const { return !missing.empty() || framing_lost; }
  void add_missing(std::uint64_t from, std::uint64_t length);

 private:
  bool wrong_way() const;
  bool length_counts() const;
  bool has_declared_length() const;
};

/// "fin"; empty for kNone.
std::string_view name(EndProof e);
/// "no proof of the end"; empty for kNothing.
std::string_view text(Lack l);

}  // namespace t2::ftp
