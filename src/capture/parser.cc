// SPDX-License-Identifier: Apache-2.0
#include "capture/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/pcap_parser.h"
#include "capture/pcapng_parser.h"

namespace t2 {

Parser::Outcome Parser::run(Bytes window, FrameBatch* batch) {
  if (!damage_.empty()) return {Stop::kDamaged, 0, 0};
  for (std::size_t at = 0;;) {
    Outcome outcome = searching_ ? search(window.subspan(at)) : walk(window.subspan(at), batch);
    offset_ += outcome.used;
    at += outcome.used;
    if (searching_) {
      passed_over_ += outcome.used;
      searching_ = outcome.stop != Stop::kDone;
      if (!searching_) continue;
    } else if (outcome.stop == Stop::kDamaged && salvaging_ && batch != nullptr) {
      begin_search();
      ++offset_;
      ++at;
      continue;
    }
    outcome.used = at;
    return outcome;
  }
}

/// Behind the first byte of the record that cannot be.
void Parser::begin_search() {
  searching_ = true;
  ++passed_over_;
  if (damages_++ == 0) {
    first_damage_ = damage_;
    first_damage_offset_ = damage_offset_;
  }
  damage_.clear();
}

Parser::Outcome Parser::search(Bytes window) const {
  for (std::size_t at = 0; at < window.size(); ++at) {
    const Verdict v = judge(window.subspan(at));
    if (v.plausible) return done(at);
    if (v.need > 0 && !ended_) return need_more(at, v.need);
  }
  return need_more(window.size(), 1);
}

bool Parser::end_of_input(Bytes window) {
  if (!salvaging_ || ended_ || window.empty()) return false;
  ended_ = true;
  return true;
}

Parser::Outcome Parser::damaged(std::size_t used, std::string reason) {
  damage_ = std::move(reason);
  damage_offset_ = offset_ + used;
  return {Stop::kDamaged, used, 0};
}

void Parser::note_link_type(std::uint16_t link_type) {
  const bool known =
      std::find(link_types_.begin(), link_types_.end(), link_type) != link_types_.end();
  if (!known && link_types_.size() < SourceFile::kMostLinkTypes) link_types_.push_back(link_type);
}

void Parser::leave_out(std::size_t used, const char* reason) {
  if (left_out_++ > 0) return;
  first_left_out_ = offset_ + used;
  left_out_reason_ = reason;
}

std::string Parser::problems() const {
  std::string text;
  const auto add = [&text](const std::string& part) {
    if (!text.empty()) text += "; ";
    text += part;
  };
  if (left_out_ > 0)
    add(fmt::format("{} damaged records left out, the first at byte {}: {}", left_out_,
                    first_left_out_, left_out_reason_));
  if (clamped_ > 0) add(fmt::format("{} times out of range", clamped_));
  if (damages_ > 0)
    add(fmt::format("damaged at {} places, the first at byte {}: {}; {} bytes passed over",
                    damages_, first_damage_offset_, first_damage_, passed_over_));
  if (!damage_.empty())
    add(fmt::format("damaged at byte {}, the rest is not read: {}", damage_offset_, damage_));
  return text;
}

std::unique_ptr<Parser> recognise(Bytes head) {
  if (auto parser = PcapParser::make(head)) return parser;
  return PcapngParser::make(head);
}

}  // namespace t2
