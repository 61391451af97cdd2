// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace t2::http {
namespace {

/// "HTTP/1.1 200"
bool is_status_line(std::string_view s) {
  return s.size() >= 10 && s.starts_with("HTTP/1.") && (s[7] == '0' || s[7] == '1') &&
         s[8] == ' ' && s[9] >= '1' && s[9] <= '5';
}

/// Whether a status line may still begin here when more bytes come.
bool text_continues(std::string_view s) {
  constexpr std::string_view kStart = "HTTP/";
  return s.size() < kStart.size() && kStart.starts_with(s);
}

/// Where a request begins: here, or nothing: too short to tell, or npos.
std::optional<std::size_t> find_request(std::string_view text) {
  const auto here = is_request(text);
  if (!here) return {};
  return *here ? 0 : text.npos;
}

constexpr std::size_t kMostPeeked = 512;  // bytes of a body looked at before it is decided on

/// Whether a body's first bytes are those of the next response instead; nothing: too short to tell.
std::optional<bool> is_next_response(std::string_view text) {
  constexpr std::string_view kStart = "HTTP/1.";
  if (text.size() < kStart.size()) {
    return kStart.starts_with(text) ? std::nullopt : std::optional(false);
  }
  return text.starts_with(kStart);
}

}  // namespace

DeclaredLength content_length(const Head& h) {
  constexpr std::string_view kDigits = "0123456789";
  DeclaredLength d;
  for (const Field& f : h.fields) {
    if (f.name != "content-length") continue;
    const std::string_view text = f.value;
    bool leading = true;
    for (std::size_t at = text.find_first_of(kDigits); at < text.size();
         at = text.find_first_of(kDigits, at)) {
      const std::size_t end = std::min(text.find_first_not_of(kDigits, at), text.size());
      std::uint64_t n = UINT64_MAX;  // if it is too large
      std::from_chars(text.data() + at, text.data() + end, n);
      const bool counts = leading && (at == 0 || (at == 1 && text[0] == '+')) && n != UINT64_MAX;
      if (counts && !d.value) d.value = n;
      if (d.value && n > *d.value) d.proves = false;
      leading = false;
      at = end;
    }
  }
  return d;
}

void MessageReader::feed(Bytes data) {
  while (!data.empty()) {
    const bool lost = step_ == Step::kSearch;
    step(data, false);
    if (!lost && step_ == Step::kSearch) break;  // the rest does not begin a segment
  }
  hold();
}

/// What waits for more. Without room for it the message is lost.
void MessageReader::hold() {
  if (text_.empty()) text_ = std::string();  // what a long head took
  if (share_.set(kBytesPerByte * text_.size())) return;
  events_.on_no_room();
  lose();
  text_ = std::string();
  share_.set(0);
}

void MessageReader::step(Bytes& data, bool ended) {
  switch (step_) {
    case Step::kStart:
      return start(data, ended);
    case Step::kHead:
      return head(data, ended);
    case Step::kBodyStart:
      return body_start(data, ended);
    case Step::kLength:
      return length(data);
    case Step::kChunks:
      return chunks(data);
    case Step::kTrailer:
      return trailer(data, ended);
    case Step::kUntilEnd:
      events_.on_body(std::exchange(data, {}));
      return;
    case Step::kTunnel:
      events_.on_tunnel(std::exchange(data, {}));
      return;
    case Step::kSearch:
      return search(data);
  }
}

/// Adds bytes to text_, up to `most` in all. False if there is no room for any.
bool MessageReader::collect(Bytes& data, std::size_t most) {
  const Bytes piece = first(data, most - std::min(most, text_.size()));
  if (piece.empty() && !data.empty()) return false;
  text_ += as_text(piece);
  data = skip(data, piece.size());
  return true;
}

/// Passes over line ends between messages, and over what stands before a status line.
void MessageReader::start(Bytes& data, bool ended) {
  if (text_.empty()) {
    while (!data.empty() && (data[0] == '\r' || data[0] == '\n')) data = skip(data, 1);
    if (data.empty()) return;
  }
  const Bytes given = data;
  const std::size_t before = text_.size();
  const bool direct = before == 0;
  const std::size_t most = responses_ ? kMostJunk : kLongestStart;
  const bool room = direct ? data.size() < most : collect(data, most);
  const std::string_view view = direct ? as_text(first(data, most)) : text_;
  const auto at = responses_ ? find_response(view) : find_request(view);
  const bool junk = responses_ && at.value_or(view.size()) > 0;
  if (junk && !first_ && !text_continues(view)) return lose();
  if (at && *at != view.npos) {
    // What was collected to be looked at may hold more messages than this one: it is given back.
    data = skip(given, *at - std::min(before, *at));
    text_.resize(before);
    text_.erase(0, *at);
    step_ = Step::kHead;
    scanned_ = searched_ = 0;
  } else if (at || !room || ended) {
    lose();
  } else if (direct) {
    collect(data, most);
  }
}

void MessageReader::head(Bytes& data, bool ended) {
  const Bytes given = data;
  const std::size_t before = text_.size();
  const bool direct = before == 0;
  if (!direct) collect(data, kLongestHead);
  const std::string_view view = direct ? as_text(first(data, kLongestHead)) : text_;
  const bool may_end = ended || has_line_end(view);
  const auto size = may_end ? head_length(view, ended, scanned_) : std::nullopt;
  if (!size) {
    if (direct) collect(data, kLongestHead);
    if (text_.size() >= kLongestHead) lose();
    return;
  }
  Head h = parse_head(view.substr(0, *size), responses_);
  data = skip(given, *size - std::min(before, *size));
  text_.resize(before);
  text_.erase(0, *size);
  first_ = false;
  declared_ = content_length(h);
  may_be_chunked_ = h.chunked;
  rule_ = events_.on_head(std::move(h));
  after_head();
}

/// Whether the line at hand may have come to its end. No byte of it is looked at twice.
bool MessageReader::has_line_end(std::string_view head) {
  searched_ = line_end(head, std::max(searched_, scanned_));
  return searched_ < head.size();
}

void MessageReader::after_head() {
  chunk_reader_.reset();
  const bool no_body = !may_be_chunked_ && declared_.value.value_or(responses_ ? 1 : 0) == 0;
  if (rule_ == BodyRule::kTunnel) {
    step_ = Step::kTunnel;
    const std::string behind = std::exchange(text_, {});
    if (!behind.empty()) events_.on_tunnel(as_bytes(behind));
  } else if (rule_ == BodyRule::kNone || no_body) {
    step_ = Step::kStart;
  } else {
    step_ = Step::kBodyStart;
  }
}

/// Whether the first bytes cannot tell yet, and more may come.
bool MessageReader::wants_more(Bytes& data, std::optional<bool> answer, bool ended) {
  return !answer && !ended && data.empty() && text_.size() < kMostPeeked;
}

void MessageReader::body_start(Bytes& data, bool ended) {
  collect(data, kMostPeeked);
  if (rule_ == BodyRule::kPerhaps) {
    const auto next = is_next_response(text_);
    if (wants_more(data, next, ended)) return;
    if (next.value_or(false) || text_.empty()) {
      step_ = Step::kStart;
      const std::string rest = std::exchange(text_, {});
      return feed(as_bytes(rest));
    }
  }
  bool chunked = false;
  if (may_be_chunked_) {
    const auto is_chunk = is_chunk_start(text_);
    if (wants_more(data, is_chunk, ended)) return;
    chunked = is_chunk.value_or(false);
  }
  if (text_.empty() && ended) return;
  begin_body(chunked);
  const std::string rest = std::exchange(text_, {});
  feed(as_bytes(rest));
}

void MessageReader::begin_body(bool chunked) {
  body_open_ = true;
  events_.on_body_start(chunked ? std::nullopt : declared_.value, chunked);
  if (chunked) {
    chunk_reader_.emplace();
    step_ = Step::kChunks;
  } else if (declared_.value) {
    left_ = *declared_.value;
    step_ = Step::kLength;
  } else if (responses_) {
    step_ = Step::kUntilEnd;
  } else {
    end_body({.framing_lost = true});
    lose();
  }
}

void MessageReader::length(Bytes& data) {
  const Bytes content = first(data, left_);
  data = skip(data, content.size());
  left_ -= content.size();
  events_.on_body(content);
  if (left_ > 0) return;
  end_body({.declared = declared_.proves, .length_proves = declared_.proves});
  next_message();
}

void MessageReader::chunks(Bytes& data) {
  while (!data.empty()) {
    const Bytes content = chunk_reader_->feed(data);
    if (!content.empty()) events_.on_body(content);
    if (chunk_reader_->broken()) {
      end_body({.framing_lost = true});
      return lose();
    }
    if (!chunk_reader_->ended()) continue;
    end_body({.marker = true});
    next_message();
    step_ = Step::kTrailer;
    return;
  }
}

/// To the empty line behind them (RFC 9112 7.1.2); of a message that follows without one, nothing.
void MessageReader::trailer(Bytes& data, bool ended) {
  collect(data, kLongestStart);
  scanned_ = 0;
  const bool next = text_.starts_with("HTTP/1.") || is_request(text_).value_or(false);
  const auto size = next ? std::optional<std::size_t>(0) : head_length(text_, ended, scanned_);
  if (!size) {
    if (text_.size() >= kLongestStart) lose();
    return;
  }
  text_.erase(0, *size);
  step_ = Step::kStart;
  const std::string rest = std::exchange(text_, {});
  feed(as_bytes(rest));
}

void MessageReader::end_body(const BodyEnd& end) {
  if (std::exchange(body_open_, false)) events_.on_body_end(end);
}

void MessageReader::next_message() {
  step_ = Step::kStart;
  text_.clear();
}

void MessageReader::lose() {
  text_.clear();
  step_ = Step::kSearch;
  events_.on_lost();
}

void MessageReader::search(Bytes& data) {
  const std::string_view view = as_text(first(data, kLongestStart));
  const std::string_view line = view.substr(0, view.find('\n'));
  const bool here = responses_
                        ? is_status_line(line)
                        : is_request(view).value_or(false) && line.find(" HTTP/1.") != line.npos;
  if (!here) {
    data = {};
    return;
  }
  step_ = Step::kStart;
  found_ = true;
}

void MessageReader::gap(std::uint64_t length) {
  if (step_ == Step::kBodyStart && text_.empty() && !may_be_chunked_ && length > 0) {
    begin_body(false);
  } else if (step_ == Step::kBodyStart) {
    Bytes none;
    body_start(none, true);
  }
  if (step_ == Step::kUntilEnd) return events_.on_body_gap(length);
  if (step_ == Step::kTunnel) return;
  if (step_ == Step::kLength) {
    const std::uint64_t inside = std::min(length, left_);
    left_ -= inside;
    events_.on_body_gap(inside);
    if (left_ > 0) return;
    end_body({.declared = declared_.proves, .length_proves = declared_.proves});
    next_message();
    if (length > inside) lose();
    return;
  }
  if (step_ == Step::kChunks) {
    if (chunk_reader_->gap(length)) return events_.on_body_gap(length);
    end_body({.framing_lost = true});
  }
  lose();
}

void MessageReader::end(bool fin) {
  Bytes none;
  if (step_ == Step::kHead && !text_.empty()) head(none, true);
  if (step_ == Step::kBodyStart) body_start(none, true);
  if (step_ == Step::kUntilEnd) {
    end_body({.closed = fin});
  } else {
    end_body({});
  }
  step_ = Step::kStart;
  text_.clear();
  hold();
}

}  // namespace t2::http
