// SPDX-License-Identifier: Apache-2.0
#include "transcript.h"

#include <fmt/format.h>

#include "content.h"
#include "facts.h"
#include "t2/json.h"
#include "t2/plugin.h"

namespace t2::ftp {

/// With FTP_CTL_MINLEN or FTP_REDACT lines are looked at before they are written.
bool Transcript::line_by_line() const {
  const Config& c = host_.config();
  return c.FTP_CTL_MINLEN > 0 || (client_ && c.FTP_REDACT > 0);
}

void Transcript::on_chunk(const OrderedFlow& f, const Chunk& c, bool clear, bool confirmed) {
  last_ = std::max(last_, moment_of(host_, f, c));
  if (c.kind == Chunk::Kind::kGap) record_.add_missing(c.offset, c.length);
  if (c.kind == Chunk::Kind::kEnd) record_.fin = c.fin;
  if (c.kind != Chunk::Kind::kData || failed_) return;
  if (!clear && !host_.config().FTP_SAVE_TLS) {
    record_.encrypted = true;
    return;
  }
  if (first_.packet == 0) first_ = last_;
  if (!confirmed) {
    if (held_.size() + c.data.size() <= kMostHeld) held_ += as_text(c.data);
    return;
  }
  if (line_by_line()) return write_lines(f, as_text(c.data));
  if (!held_.empty()) write(f, std::exchange(held_, {}));
  write(f, as_text(c.data));
}

void Transcript::write(const OrderedFlow& f, std::string_view bytes) {
  if (bytes.empty() || failed_) return;
  if (file_ == nullptr && !make_files(f)) return;
  if (lines_ != nullptr) note_lines(bytes);
  file_->append(as_bytes(bytes));
}

bool Transcript::make_files(const OrderedFlow& f) {
  Contents& contents = *host_.contents();
  const std::string name = fmt::format("ftp_flow_{}_{}", f.index, f.inverted() ? 'B' : 'A');
  file_ = contents.create_beside(name + ".txt");
  failed_ = file_ == nullptr;
  if (!failed_ && host_.config().FTP_LINES) lines_ = contents.create_beside(name + "_lines.jsonl");
  return !failed_;
}

/// Where lines begin in what is about to be written, and which packet brought that.
void Transcript::note_lines(std::string_view bytes) {
  for (std::size_t begin = 0; begin < bytes.size();) {
    if (at_line_start_) {
      JsonWriter j;
      j.begin_object().key("offset").number(file_->size() + begin);
      put_moment(j, last_, host_.core().run());
      lines_->append(as_bytes(j.end_object().take_line()));
    }
    const std::size_t end = bytes.find('\n', begin);
    at_line_start_ = end != bytes.npos;
    if (!at_line_start_) return;
    begin = end + 1;
  }
}

void Transcript::write_lines(const OrderedFlow& f, std::string_view bytes) {
  held_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = held_.find('\n', begin)) != held_.npos; begin = end + 1) {
    write_line(f, std::string_view(held_).substr(begin, end + 1 - begin));
  }
  held_.erase(0, begin);
  if (held_.size() > kMostHeld) {
    write_line(f, held_);
    held_.clear();
  }
}

void Transcript::write_line(const OrderedFlow& f, std::string_view line) {
  const Config& config = host_.config();
  if (line.size() < static_cast<std::size_t>(static_cast<std::int64_t>(config.FTP_CTL_MINLEN)))
    return;
  if (client_ && config.FTP_REDACT > 0) {
    const auto c = parse_command(line.substr(0, line.find_last_not_of("\r\n") + 1));
    const bool secret =
        c && (c->verb == Verb::kPass || c->verb == Verb::kAcct || c->verb == Verb::kAdat ||
              (c->verb == Verb::kUser && config.FTP_REDACT >= 2));
    if (secret) return write(f, fmt::format("{} ***\r\n", name(c->verb)));
  }
  write(f, line);
}

void Transcript::end(const OrderedFlow& f, Control& c) {
  if (!c.confirmed || failed_) return;
  if (!held_.empty()) {
    const std::string rest = std::exchange(held_, {});
    if (line_by_line()) {
      write_line(f, rest);
    } else {
      write(f, rest);
    }
  }
  const auto facts = std::make_shared<ControlFacts>(host_.config(), host_.core().run());
  if (client_) c.move_notes_to(*facts);
  if (file_ == nullptr && facts->logins.empty() && facts->bounces.empty()) return;
  facts->user = c.session().user();
  record_.facts = facts;
  close_files();
  const StreamStats stats = host_.core().stream_stats(f);
  record_.protocol = "ftp";
  record_.control = true;
  record_.conflicts = stats.conflicts;
  record_.started_at_syn = stats.started_at_syn;
  record_.flow_index = record_.control_index = f.index;
  record_.direction = f.inverted() ? 'B' : 'A';
  record_.sender = {f.src_ip(), f.key.src_port};
  record_.receiver = {f.dst_ip(), f.key.dst_port};
  record_.client = {c.client_ip, c.client_port};
  record_.server = {c.server_ip, c.server_port};
  record_.first = first_;
  record_.last = last_;
  host_.contents()->write(record_);
}

void Transcript::close_files() {
  if (file_ == nullptr) return;
  file_->close();
  record_.file = file_->outcome();
  record_.size = file_->size();
  record_.truncated = file_->truncated();
  if (lines_ == nullptr) return;
  lines_->close();
  record_.lines = lines_->outcome();
}

}  // namespace t2::ftp
