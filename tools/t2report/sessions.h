// SPDX-License-Identifier: Apache-2.0
// Dialogues out of the two transcripts of a control connection and the indexes beside them
// (FTP_LINES=1). Without indexes the order of the sides is guessed from the replies.
#pragma once

#include <vector>

#include "evidence.h"

namespace t2::report {

inline constexpr std::size_t kMostLines = 400, kLongestLine = 400;
/// Bytes of all dialogues together.
inline constexpr std::size_t kAllLines = std::size_t{1} << 20;

/// Fills the lines. What follows PASS or ACCT is left out unless `passwords`.
void read_transcripts(std::vector<Session>& sessions, bool passwords);

/// Merges two sides without packet numbers: the server's greeting, then each command with its
/// replies up to one that is not preliminary (RFC 959, section 4.2).
std::vector<SessionLine> interleave(const std::vector<SessionLine>& client,
                                    const std::vector<SessionLine>& server);

}  // namespace t2::report
