// SPDX-License-Identifier: Apache-2.0
// Findings on files, logins and sessions of all protocols that carve.
#pragma once

#include <vector>

#include "evidence.h"
#include "findings/finding.h"

namespace t2::report {

/// kGuesses or more refused logins per client, server and protocol.
inline constexpr std::size_t kGuesses = 5;
void password_guessing(const Evidence& e, std::vector<Finding>& out);
void clear_passwords(const Evidence& e, std::vector<Finding>& out);
void bounced(const Evidence& e, std::vector<Finding>& out);

void programs_moved(const Evidence& e, std::vector<Finding>& out);
void macros_moved(const Evidence& e, std::vector<Finding>& out);
void unlike_their_name(const Evidence& e, std::vector<Finding>& out);
void direction_marks(const Evidence& e, std::vector<Finding>& out);
void changed_retransmissions(const Evidence& e, std::vector<Finding>& out);
void not_whole(const Evidence& e, std::vector<Finding>& out);

/// `conversations`: those with ftpStat bit 6.
void data_not_captured(std::uint64_t conversations, std::vector<Finding>& out);

/// The rules of this file.
std::vector<const Rule*> content_rules();

}  // namespace t2::report
