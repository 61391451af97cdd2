// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include <array>

namespace t2::ftp {
namespace {

constexpr std::size_t kMostMissing = 4096;  // ranges kept per file

}  // namespace

std::string_view name(EndProof e) {
  static constexpr std::array<std::string_view, 4> kNames = {"", "fin", "declared", "marker"};
  return kNames[static_cast<std::size_t>(e)];
}

std::string_view text(Lack l) {
  static constexpr std::array<std::string_view, 11> kTexts = {"",
                                                              "not written",
                                                              "refused",
                                                              "aborted",
                                                              "wrong way",
                                                              "limit",
                                                              "framing lost",
                                                              "bytes missing",
                                                              "no proof of the end",
                                                              "shorter than declared",
                                                              "no proof of the start"};
  return kTexts[static_cast<std::size_t>(l)];
}

void FileRecord::add_missing(std::uint64_t from, std::uint64_t length) {
  if (!missing.empty() && missing.back().second == from) {
    missing.back().second += length;
  } else if (missing.size() < kMostMissing) {
    missing.emplace_back(from, from + length);
  } else {
    missing_cut = true;
  }
}

bool FileRecord::wrong_way() const {
  if (transfer == nullptr || transfer->verb == Verb::kNone || client.ip == server.ip) return false;
  return (is_upload(transfer->verb) ? sender : receiver).ip == server.ip;
}

/// A length is declared, and it counts the bytes of the connection: in type A (and E) the server
/// names the size of its own file, and others may be sent.
bool FileRecord::length_counts() const {
  return transfer != nullptr && transfer->declared &&
         (transfer->type == 'I' || transfer->type == 'L');
}

/// As many bytes as declared under the largest reading. More prove that it is not the length.
bool FileRecord::has_declared_length() const {
  return length_counts() && size == *transfer->declared;
}

std::optional<std::uint64_t> FileRecord::declared_smallest() const {
  if (transfer == nullptr || !transfer->declared) return {};
  const std::uint64_t declared = *transfer->declared, rest = transfer->rest.value_or(0);
  return rest <= declared ? declared - rest : declared;
}

EndProof FileRecord::end_proof() const {
  if (end_marker) return EndProof::kMarker;
  if (fin && closing_ends) return EndProof::kFin;
  return has_declared_length() ? EndProof::kDeclared : EndProof::kNone;
}

std::string FileRecord::aborted() const {
  if (transfer != nullptr && transfer->failed() && transfer->opened != 0) {
    return std::to_string(transfer->result);
  }
  // A lone 226 after ABOR may be its own, and the FIN its effect.
  if (transfer != nullptr && transfer->aborted && !has_declared_length()) return "ABOR";
  return reset && end_proof() == EndProof::kNone ? "reset" : "";
}

Lack FileRecord::lack() const {
  if (file == nullptr) return Lack::kFile;
  if (transfer != nullptr && transfer->failed() && transfer->opened == 0) return Lack::kRefused;
  if (!aborted().empty()) return Lack::kAborted;
  if (wrong_way()) return Lack::kWrongWay;
  if (truncated) return Lack::kLimit;
  if (framing_lost) return Lack::kFraming;
  if (!missing.empty()) return Lack::kBytes;
  if (end_proof() == EndProof::kNone) return Lack::kEnd;
  if (size < declared_smallest().value_or(0)) return Lack::kLength;
  const bool from_start = started_at_syn || (fin && has_declared_length());
  return from_start ? Lack::kNothing : Lack::kStart;
}

std::optional<FileRecord::Tail> FileRecord::missing_tail() const {
  if (file == nullptr || transcript) return {};
  const bool open = end_proof() == EndProof::kNone;
  const std::optional<std::uint64_t> smallest = declared_smallest();
  const bool shorter = size < smallest.value_or(0);
  if (!open && !shorter) return {};
  // With two readings, or in type A, nobody knows where the end is.
  const bool known = length_counts() && shorter && smallest == transfer->declared;
  return Tail{size, known ? smallest : std::nullopt};
}

}  // namespace t2::ftp
