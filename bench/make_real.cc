// SPDX-License-Identifier: Apache-2.0
// make_real FILE N FOLDER: one capture of at least N packets, made of all Ethernet captures below
// FOLDER as often as it takes. They begin one after another, in another order each time, and run on
// side by side as their own clocks say; hosts differ from those of the repetitions before
// (copies.h). From the same captures the same bytes.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "capture.h"
#include "capture/open.h"
#include "copies.h"

namespace {

using namespace traffic;

constexpr std::uint16_t kEthernet = 1;
/// Of beginning captures; the office of a small firm.
constexpr t2::Nanoseconds kPacketsPerSecond = 1000;
/// A longer pause is cut, and what still lasts longer is played faster: a capture of days would
/// have no end in a stream of an hour. A clock may step back, but no more than when two cards
/// capture.
constexpr t2::Nanoseconds kLongestPause = t2::kSecond, kLongestStepBack = t2::kSecond,
                          kLongest = 60 * t2::kSecond;

struct Stored {
  std::size_t at = 0;  // in Recording::bytes
  std::uint32_t size = 0, wire_length = 0;
  t2::Nanoseconds time = 0;  // since the recording's first
  Addresses addresses;
};

/// One of the captures.
struct Recording {
  std::vector<std::uint8_t> bytes;
  std::vector<Stored> frames;
};

/// What the captures hold that were taken, and what was left out.
struct Found {
  std::vector<Recording> recordings;
  std::uint64_t of_other_links = 0, unreadable = 0, compressed = 0;
  std::uint64_t packets = 0, bytes = 0, fragments = 0, tunnelled = 0, no_ip = 0, announced = 0;
  std::array<std::uint64_t, 256> by_protocol{};
};

class Reader {
 public:
  explicit Reader(Found& found) : found_(found) {}

  void read(const std::string& path) {
    // Torture tests, long and of one kind; three in four packets of all would be theirs.
    if (path.ends_with(".gz")) {
      ++found_.compressed;
      return;
    }
    t2::InputOptions options;
    options.path = path;
    auto source = t2::open_source(options);
    if (!source) {
      ++found_.unreadable;
      return;
    }
    Recording r;
    last_.reset();
    t2::FrameBatch batch;
    for (;;) {
      const auto state = (*source)->read(batch);
      if (state == t2::Source::State::kEnd) break;
      for (std::size_t i = 0; i < batch.size; ++i) take(batch.frames[i], r);
      batch.size = 0;
    }
    hasten(r);
    r.frames.empty() ? void(++found_.of_other_links) : found_.recordings.push_back(std::move(r));
  }

 private:
  static void hasten(Recording& r) {
    t2::Nanoseconds lasts = 0;
    for (const Stored& s : r.frames) lasts = std::max(lasts, s.time);
    if (lasts <= kLongest) return;
    for (Stored& s : r.frames) s.time = s.time / 1000 * kLongest / (lasts / 1000);
  }

  void take(const t2::Frame& f, Recording& r) {
    if (f.link_type != kEthernet) return;
    const t2::Nanoseconds before = r.frames.empty() ? 0 : r.frames.back().time;
    const t2::Nanoseconds step = f.time - last_.value_or(f.time);
    last_ = f.time;
    t2::Packet p;
    const bool ok = decoder_.decode(f, 1, p) == t2::Decoder::Outcome::kOk;
    const auto time =
        std::max<t2::Nanoseconds>(0, before + std::clamp(step, -kLongestStepBack, kLongestPause));
    r.frames.push_back({r.bytes.size(), static_cast<std::uint32_t>(f.bytes.size()), f.wire_length,
                        time, ok ? find_addresses(f, p) : Addresses()});
    r.bytes.insert(r.bytes.end(), f.bytes.begin(), f.bytes.end());
    count(r.frames.back(), p, ok);
  }

  void count(const Stored& s, const t2::Packet& p, bool ok) {
    ++found_.packets;
    found_.bytes += s.size;
    found_.announced += s.addresses.announced.empty() ? 0 : 1;
    if (!ok || !p.is_ip()) {
      ++found_.no_ip;
      return;
    }
    found_.fragments += p.fragment ? 1 : 0;
    found_.tunnelled += p.tunnel != nullptr ? 1 : 0;
    ++found_.by_protocol[p.l4_proto];
  }

  Found& found_;
  t2::Decoder decoder_{t2::DecodeOptions()};
  std::optional<t2::Nanoseconds> last_;
};

/// The captures' packets in the order of their times; those of one capture in their own.
class Mixer {
 public:
  Mixer(const Found& found, Capture& out) : found_(found), out_(out) {}

  void run(unsigned repetitions) {
    while (start_due(repetitions)) {
      Copy c = running_.top();
      running_.pop();
      write(c);
      open_ += running_.size() + 1;
      const std::vector<Stored>& frames = found_.recordings[c.recording].frames;
      if (++c.frame == frames.size()) continue;
      c.time = c.start + frames[c.frame].time;
      running_.push(c);
    }
  }
  unsigned repetitions() const { return repetition_; }
  /// Captures under way when a packet is written, on average.
  double open() const { return static_cast<double>(open_) / static_cast<double>(out_.packets()); }

 private:
  struct Copy {
    t2::Nanoseconds time = 0;  // of its next packet
    std::uint64_t number = 0;
    t2::Nanoseconds start = 0;
    std::size_t recording = 0, frame = 0;
    unsigned repetition = 0;
    bool operator>(const Copy& o) const {
      return time != o.time ? time > o.time : number > o.number;
    }
  };

  /// All that begin before the next packet. False: there is none.
  bool start_due(unsigned repetitions) {
    while (running_.empty() || starts_ <= running_.top().time) {
      if (waiting_.empty() && repetition_ == repetitions) break;
      start();
    }
    return !running_.empty();
  }

  void start() {
    if (waiting_.empty()) shuffle();
    const std::size_t recording = waiting_.back();
    waiting_.pop_back();
    running_.push({starts_, number_++, starts_, recording, 0, repetition_ - 1});
    starts_ += static_cast<t2::Nanoseconds>(found_.recordings[recording].frames.size()) *
               (t2::kSecond / kPacketsPerSecond);
  }

  void shuffle() {
    ++repetition_;
    for (std::size_t i = 0; i < found_.recordings.size(); ++i) {
      waiting_.push_back(i);
      std::swap(waiting_.back(), waiting_[random_() % waiting_.size()]);
    }
  }

  void write(const Copy& c) {
    const Recording& r = found_.recordings[c.recording];
    const Stored& s = r.frames[c.frame];
    frame_.assign(r.bytes.begin() + static_cast<std::ptrdiff_t>(s.at),
                  r.bytes.begin() + static_cast<std::ptrdiff_t>(s.at + s.size));
    // Many captures are of the same hosts, too. Who comes by the same copy has long been silent.
    constexpr std::size_t kApart = 37;
    change_addresses(frame_, s.addresses,
                     static_cast<unsigned>((c.recording * kApart + c.repetition) % kCopies));
    out_.frame_at(static_cast<std::uint64_t>(c.time) / 1000, frame_, s.wire_length);
  }

  const Found& found_;
  Capture& out_;
  std::mt19937_64 random_{6};
  std::priority_queue<Copy, std::vector<Copy>, std::greater<>> running_;
  std::vector<std::size_t> waiting_;  // of this repetition
  t2::Nanoseconds starts_ = 0;        // the next one
  std::uint64_t number_ = 0, open_ = 0;
  unsigned repetition_ = 0;
  std::vector<std::uint8_t> frame_;
};

std::vector<std::string> files_below(const char* folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void print(const Found& f, const Mixer& mixer, const Capture& out) {
  const auto part = [&](std::uint64_t n) {
    return 100.0 * static_cast<double>(n) / static_cast<double>(f.packets);
  };
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  const auto& by = f.by_protocol;
  const std::uint64_t icmp = by[t2::ip_protocol::kIcmp] + by[t2::ip_protocol::kIcmpv6];
  std::printf(
      "%llu packets in %u repetitions of %zu captures (%llu packets, %.0f bytes on average; left "
      "out: %llu of other link types, %llu unreadable, %llu compressed), %.0f under way at a time. "
      "TCP %.1f %%, UDP %.1f %%, ICMP %.1f %%, without IP %.1f %%; fragments %.1f %%, with MPLS, "
      "PPP, "
      "L2TP, GRE or Teredo %.1f %%; %llu packets announce an FTP address.\n",
      number(out.packets()), mixer.repetitions(), f.recordings.size(), number(f.packets),
      static_cast<double>(f.bytes) / static_cast<double>(f.packets), number(f.of_other_links),
      number(f.unreadable), number(f.compressed), mixer.open(), part(by[t2::ip_protocol::kTcp]),
      part(by[t2::ip_protocol::kUdp]), part(icmp), part(f.no_ip), part(f.fragments),
      part(f.tunnelled), number(f.announced));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("Usage: make_real FILE N FOLDER-OF-CAPTURES\n", stderr);
    return 1;
  }
  Found found;
  Reader reader(found);
  for (const std::string& file : files_below(argv[3])) reader.read(file);
  if (found.packets == 0) {
    std::fprintf(stderr, "No Ethernet captures in folder '%s'\n", argv[3]);
    return 1;
  }
  constexpr std::uint32_t kSnapLength = 262144;
  Capture out(argv[1], kSnapLength);
  Mixer mixer(found, out);
  const std::uint64_t wanted = std::strtoull(argv[2], nullptr, 10);
  mixer.run(static_cast<unsigned>((wanted + found.packets - 1) / found.packets));
  print(found, mixer, out);
}
