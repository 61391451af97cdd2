// SPDX-License-Identifier: Apache-2.0
// Parser: bytes of a capture file -> frames. A parser never reads input: it is shown a window that
// starts where it stopped, so that the same code serves mapped files and refilled buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/link_type.h"
#include "capture/scouts.h"
#include "capture/source.h"
#include "t2/bytes.h"

namespace t2 {

/// No record may be longer than this, whatever its header claims; bounds the refilled buffer.
inline constexpr std::size_t kMaxRecord = std::size_t{16} << 20;
/// Bytes that recognise() needs and that every valid file has at least.
inline constexpr std::size_t kMinFileHeader = 24;
/// Times are kept within +-2^62 ns (years 1823 to 2116), so that no difference of two overflows.
inline constexpr Nanoseconds kMaxTime = (Nanoseconds{1} << 62) - 1;

class Parser {
 public:
  enum class Stop : std::uint8_t {
    kDone,      // the batch is full, or prepare() has found what it looks for
    kNeedMore,  // the window must reach `need` bytes beyond `used`
    kDamaged,   // nothing can be read from here on; every later call says the same
  };
  struct Outcome {
    Stop stop = Stop::kDone;
    std::size_t used = 0;  // bytes of the window that are done with
    std::size_t need = 0;
  };

  virtual ~Parser() = default;

  /// From here on a record that cannot be does not end the file: the next plausible one is looked
  /// for. Records are judged more strictly then.
  void salvage() { salvaging_ = true; }
  /// The input has no more bytes than the window. True if parse() may find something yet in what it
  /// has left over: records behind an incomplete one.
  bool end_of_input(Bytes window);

  /// After prepare(): what scouts do in a window; null if the format, or salvaging, has none for
  /// them. To be called as long as the parser lives.
  virtual Scouts::Walk scouting() const { return nullptr; }
  /// parse() is shown windows that they walk, too.
  void follow(Scouts& scouts) { scouts_ = &scouts; }

  /// Reads headers only, until the link type is known.
  Outcome prepare(Bytes window) { return run(window, nullptr); }
  /// Appends frames until the batch is full. They point into the window.
  Outcome parse(Bytes window, FrameBatch& batch) { return run(window, &batch); }

  /// Of the first interface; valid after prepare().
  std::uint16_t link_type() const { return link_type_; }
  std::uint32_t snap_length() const { return snap_length_; }
  /// Of all interfaces so far, each once, SourceFile::kMostLinkTypes at most.
  const std::vector<std::uint16_t>& link_types() const { return link_types_; }

  /// The input has ended and `left` bytes of it are unused: is a record incomplete?
  bool inside_record(std::size_t left) const { return left > 0 || pending_; }
  /// Where the record that comes next (or that is being skipped) starts in the uncompressed file.
  std::uint64_t record_offset() const { return pending_ ? pending_offset_ : offset_; }

  bool damaged() const { return !damage_.empty(); }
  /// What was wrong so far, in words, with byte offsets; empty if nothing.
  std::string problems() const;

 protected:
  /// `batch` is null while preparing.
  virtual Outcome walk(Bytes window, FrameBatch* batch) = 0;

  struct Verdict {
    bool plausible = false;
    std::size_t need = 0;  // not 0: as many bytes would tell
  };
  /// Whether a record begins at the start of `rest`, so that chance would hardly look like it.
  virtual Verdict judge(Bytes rest) const = 0;
  bool salvaging() const { return salvaging_; }
  /// Null: there are none.
  Scouts* scouts() const { return scouts_; }
  /// No bytes follow those of the window.
  bool ended() const { return ended_; }

  static Outcome done(std::size_t used) { return {Stop::kDone, used, 0}; }
  static Outcome need_more(std::size_t used, std::size_t need) {
    return {Stop::kNeedMore, used, need};
  }
  Outcome damaged(std::size_t used, std::string reason);
  /// A record `used` bytes into the window that is left out while its neighbours are fine.
  void leave_out(std::size_t used, const char* reason);
  /// Keeps the time in range and remembers that it had to.
  Nanoseconds clamp_time(Nanoseconds time) {
    if (time >= -kMaxTime && time <= kMaxTime) return time;
    ++clamped_;
    return time < 0 ? -kMaxTime : kMaxTime;
  }

  void set_link(std::uint16_t link_type, std::uint32_t snap_length) {
    link_type_ = link_type;
    snap_length_ = snap_length;
  }
  void note_link_type(std::uint16_t link_type);
  /// Marks that the record `used` bytes into the window is consumed piece by piece.
  void begin_pending(std::size_t used) {
    pending_ = true;
    pending_offset_ = offset_ + used;
  }
  void end_pending() { pending_ = false; }

  /// Asks for memory that the walk will come to: it goes from record to record and learns each
  /// address from the last. To be called with each record in turn, `size` bytes long and `at` in
  /// the window.
  static void prefetch_behind(Bytes window, std::size_t at, std::size_t size) {
    constexpr std::size_t kDistance = 2048, kLine = 64;
    const Bytes ahead = first(skip(window, at + kDistance), size);
    for (std::size_t i = 0; i < ahead.size(); i += kLine) __builtin_prefetch(&ahead[i]);
  }

 private:
  Outcome run(Bytes window, FrameBatch* batch);
  void begin_search();
  Outcome search(Bytes window) const;

  std::uint64_t offset_ = 0;  // of the window in the file
  std::uint64_t pending_offset_ = 0;
  std::uint64_t damage_offset_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t first_left_out_ = 0;
  std::uint64_t clamped_ = 0;
  const char* left_out_reason_ = "";
  std::string damage_;
  std::vector<std::uint16_t> link_types_;
  std::uint32_t snap_length_ = 0;
  std::uint16_t link_type_ = kDltEthernet;
  bool pending_ = false;

  Scouts* scouts_ = nullptr;
  bool salvaging_ = false, searching_ = false, ended_ = false;
  std::uint64_t damages_ = 0;
  std::uint64_t first_damage_offset_ = 0;
  std::uint64_t passed_over_ = 0;  // bytes
  std::string first_damage_;
};

/// The parser for a file that starts with `head`, or null if its format is not known.
std::unique_ptr<Parser> recognise(Bytes head);

}  // namespace t2
