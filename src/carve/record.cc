// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "t2/content.h"

namespace t2 {
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

void ContentRecord::add_missing(std::uint64_t from, std::uint64_t length) {
  if (!missing.empty() && missing.back().second == from) {
    missing.back().second += length;
  } else if (missing.size() < kMostMissing) {
    missing.emplace_back(from, from + length);
  } else {
    missing_cut = true;
  }
}

namespace {

/// As many bytes as declared under the largest reading. More prove that it is not the length.
bool is_declared_length(std::uint64_t size, const Claims& c) {
  return c.length_counts && c.declared == size;
}

}  // namespace

EndProof ContentRecord::end_proof(const Claims& c) const {
  if (end_marker) return EndProof::kMarker;
  if (fin && closing_ends) return EndProof::kFin;
  const bool reached = declared_reached || is_declared_length(size, c);
  return reached ? EndProof::kDeclared : EndProof::kNone;
}

std::string ContentRecord::aborted(const Claims& c) const {
  if (!c.aborted.empty()) return c.aborted;
  if (!c.aborted_if_short.empty() && !is_declared_length(size, c)) return c.aborted_if_short;
  return reset && end_proof(c) == EndProof::kNone ? "reset" : "";
}

Lack ContentRecord::lack(const Claims& c) const {
  if (file == nullptr) return Lack::kFile;
  if (c.refused) return Lack::kRefused;
  if (!aborted(c).empty()) return Lack::kAborted;
  if (c.wrong_way) return Lack::kWrongWay;
  if (truncated) return Lack::kLimit;
  if (framing_lost) return Lack::kFraming;
  if (!missing.empty()) return Lack::kBytes;
  if (end_proof(c) == EndProof::kNone) return Lack::kEnd;
  if (size < c.declared_smallest.value_or(0)) return Lack::kLength;
  const bool from_start = announced_start || started_at_syn || (fin && is_declared_length(size, c));
  return from_start ? Lack::kNothing : Lack::kStart;
}

std::optional<ContentRecord::Tail> ContentRecord::missing_tail(const Claims& c) const {
  if (file == nullptr || control) return {};
  const bool shorter = size < c.declared_smallest.value_or(0);
  if (end_proof(c) != EndProof::kNone && !shorter) return {};
  // With two readings, or of a length that does not count these bytes, nobody knows where the end
  // is.
  const bool known = c.length_counts && shorter && c.declared_smallest == c.declared;
  return Tail{size, known ? c.declared : std::nullopt};
}

}  // namespace t2
