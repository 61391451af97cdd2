// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "capture/fields.h"

namespace t2 {
namespace {

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kModified = 0xa1b2cd34;
constexpr std::size_t kFileHeader = 24;
/// What libpcap takes for most link types; longer records are a sign of damage.
constexpr std::uint32_t kUsualMaxCaptured = 262144;

bool of_one_day(std::uint32_t seconds, std::uint32_t others) {
  constexpr std::uint32_t kDay = 86400;
  return std::max(seconds, others) - std::min(seconds, others) <= kDay;
}

bool is_magic(std::uint32_t v) {
  return v == kMicroseconds || v == kNanoseconds || v == kModified;
}

}  // namespace

std::unique_ptr<Parser> PcapParser::make(Bytes head) {
  if (head.size() < kFileHeader) return nullptr;
  for (const bool little : {true, false}) {
    const std::uint32_t magic = Fields(head, little).u32(0);
    if (is_magic(magic)) return std::unique_ptr<Parser>(new PcapParser(little, magic));
  }
  return nullptr;
}

void PcapParser::read_file_header(Bytes header) {
  const Fields f(header, little_);
  const std::uint16_t major = f.u16(4);
  const std::uint16_t minor = f.u16(6);
  const std::uint32_t snap_length = f.u32(16);

  // Before version 2.3 the two lengths stood in the other order; 2.3 had both, and so has DG/UX
  // with its version 543.0.
  if ((major == 2 && minor < 3) || major == 543) lengths_ = Lengths::kSwapped;
  if (major == 2 && minor == 3) lengths_ = Lengths::kSwappedIfWrong;
  if (magic_ == kNanoseconds) fraction_unit_ = 1;
  if (magic_ == kModified) record_header_ = 24;

  const bool trusted = snap_length <= kMaxRecord - record_header_;
  max_captured_ = std::max(trusted ? snap_length : 0, kUsualMaxCaptured);
  // As libpcap reports it: "no limit" is its own maximum.
  const bool unlimited = snap_length == 0 || snap_length > 0x7fffffff;
  set_link(dlt_from_linktype(f.u32(20)), unlimited ? kUsualMaxCaptured : snap_length);
  note_link_type(link_type());
  header_read_ = true;
}

/// For each packet of a run: a call would cost a tenth of the reading.
[[gnu::always_inline]] inline PcapParser::Record PcapParser::read_record(Bytes header) const {
  const Fields f(header.first(record_header_), little_);
  Record r{f.u32(0), f.u32(4), f.u32(8), f.u32(12)};
  if (lengths_ != Lengths::kInOrder && (lengths_ == Lengths::kSwapped || r.captured > r.on_wire)) {
    std::swap(r.captured, r.on_wire);
  }
  return r;
}

bool PcapParser::is_sane(const Record& r) const {
  const bool lengths = r.captured > 0 && r.captured <= max_captured_ && r.on_wire >= r.captured &&
                       r.on_wire <= std::max(max_captured_, kUsualMaxCaptured);
  return lengths && r.seconds > 0 && Nanoseconds{r.fraction} * fraction_unit_ < kSecond;
}

/// Two records in a row, of one day, or one that ends with the file.
Parser::Verdict PcapParser::judge(Bytes rest) const {
  if (rest.size() < record_header_) return {false, record_header_};
  const Record r = read_record(rest);
  if (!is_sane(r)) return {};
  const std::size_t end = record_header_ + r.captured;
  if (ended() && rest.size() == end) return {true, 0};
  if (rest.size() < end + record_header_) return {false, end + record_header_};
  const Record next = read_record(rest.subspan(end));
  return {is_sane(next) && of_one_day(r.seconds, next.seconds), 0};
}

[[gnu::always_inline]] inline void PcapParser::set_frame(Frame& frame, const Record& record,
                                                         Bytes rest) const {
  // 32 bits of seconds stay below kMaxTime.
  frame.time =
      Nanoseconds{record.seconds} * kSecond + Nanoseconds{record.fraction} * fraction_unit_;
  frame.bytes = rest.subspan(record_header_, record.captured);
  frame.wire_length = record.on_wire;
  frame.link_type = link_type();
}

Scouts::Walk PcapParser::scouting() const {
  if (salvaging()) return nullptr;
  return [this](Bytes window, std::size_t from, std::size_t until, Stretch& to) {
    scout(window, from, until, to);
  };
}

/// Whether that, and what would follow, looks like records.
bool PcapParser::begins_record(Bytes rest) const {
  constexpr int kInARow = 6;
  std::uint32_t before = 0;
  for (int i = 0; i < kInARow; ++i) {
    if (rest.size() < record_header_) return false;
    const Record r = read_record(rest);
    if (!is_sane(r) || rest.size() - record_header_ < r.captured) return false;
    if (i > 0 && !of_one_day(r.seconds, before)) return false;
    before = r.seconds;
    rest = rest.subspan(record_header_ + r.captured);
  }
  return true;
}

void PcapParser::scout(Bytes window, std::size_t from, std::size_t until, Stretch& to) const {
  std::size_t at = from;
  while (at < until && !begins_record(window.subspan(at))) ++at;
  while (at < until) {
    const Bytes rest = window.subspan(at);
    if (rest.size() < record_header_) return;
    const Record record = read_record(rest);
    const std::size_t size = record_header_ + record.captured;
    if (record.captured > max_captured_ || rest.size() < size) return;
    set_frame(to.add(at), record, rest);
    prefetch_behind(window, at, size);
    at += size;
    to.end_record(at);
  }
}

Parser::Outcome PcapParser::walk(Bytes window, FrameBatch* batch) {
  std::size_t at = 0;
  if (!header_read_) {
    if (window.size() < kFileHeader) return need_more(0, kFileHeader);
    read_file_header(window.first(kFileHeader));
    at = kFileHeader;
  }
  if (batch == nullptr) return done(at);

  std::size_t way = std::numeric_limits<std::size_t>::max();
  if (scouts() != nullptr) [[unlikely]] {
    const std::size_t known = scouts()->take(window.subspan(at), *batch);
    if (known > 0) return done(at + known);
    way = scouts()->own_way(window.subspan(at), at);
  }
  while (batch->size < FrameBatch::kCapacity && at < way) {
    const Bytes rest = window.subspan(at);
    if (rest.size() < record_header_) return need_more(at, record_header_);
    const Record record = read_record(rest);
    const std::size_t captured = record.captured;
    if (captured > max_captured_) return damaged(at, fmt::format("record of {} bytes", captured));
    if (salvaging() && !is_sane(record)) [[unlikely]]
      return damaged(at, "record with impossible fields");
    if (rest.size() - record_header_ < captured) [[unlikely]] {
      if (ended()) return damaged(at, "incomplete record");
      return need_more(at, record_header_ + captured);
    }

    set_frame(batch->frames[batch->size++], record, rest);
    prefetch_behind(window, at, record_header_ + captured);
    at += record_header_ + captured;
  }
  return done(at);
}

}  // namespace t2
