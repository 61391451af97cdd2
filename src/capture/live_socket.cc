// SPDX-License-Identifier: Apache-2.0
#include "capture/live_socket.h"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <thread>

#include "base/clock.h"
#include "capture/filter.h"

namespace t2 {
namespace {

/// The kernel hands over a part of its ring that is not full after this long, in milliseconds.
/// Others wait for who shares.
constexpr int kTimeout = 100, kTimeoutOfSharing = 10;

/// Far less than 2^32 packets.
constexpr std::uint32_t kReadsPerCount = 1 << 16;

// packet(7): the group of sockets in the lower half, how they share in the upper one. A flow's hash
// is the same for both directions. A socket without room leaves packets to others. Fragments stay
// as they are.
constexpr unsigned kModeShift = 16;
constexpr std::uint32_t kGroup = 0xffff;
constexpr std::uint32_t kMode = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_ROLLOVER;

Error live_error(const std::string& interface, const std::string& reason) {
  const char* hint = ::geteuid() == 0 ? "" : " (capturing needs root rights)";
  return Error{
      fmt::format("Failed to open interface '{}' for capture: {}{}", interface, reason, hint)};
}

Result<void> set_filter(pcap_t* handle, const std::string& expression) {
  if (expression.empty()) return {};
  bpf_program code{};
  if (pcap_compile(handle, &code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return filter_error(expression, pcap_geterr(handle));
  const int set = pcap_setfilter(handle, &code);
  pcap_freecode(&code);
  if (set != 0) return filter_error(expression, pcap_geterr(handle));
  return {};
}

}  // namespace

/// What the callback of pcap_dispatch fills. Frames get their bytes when all of them are there: a
/// larger buffer may be needed meanwhile.
struct LiveSocket::Collector {
  LiveSocket& socket;
  FrameBatch& batch;
  std::size_t from = socket.used_;  // in the buffer
  std::array<std::size_t, FrameBatch::kCapacity + 1> offsets{};

  static void add(u_char* user, const pcap_pkthdr* header, const u_char* data) {
    auto& self = *reinterpret_cast<Collector*>(user);
    if (self.batch.size == FrameBatch::kCapacity) return;
    const Nanoseconds time =
        Nanoseconds{header->ts.tv_sec} * kSecond +
        Nanoseconds{header->ts.tv_usec} * (self.socket.nanoseconds_ ? 1 : 1000);
    if (self.socket.not_before_) {
      if (time < *self.socket.not_before_) return;
      self.socket.not_before_.reset();
    }
    Frame& frame = self.batch.frames[self.batch.size++];
    frame.time = time;
    frame.wire_length = header->len;
    frame.link_type = self.socket.file_.link_type;
    self.copy(Bytes(data, header->caplen));
    self.offsets[self.batch.size] = self.socket.used_ - self.from;
  }

  void copy(Bytes bytes) {
    LiveSocket& s = socket;
    if (bytes.size() > s.buffer_->capacity - s.used_) move_on(bytes.size());
    std::copy(bytes.begin(), bytes.end(), s.buffer_->bytes.get() + s.used_);
    s.used_ += bytes.size();
  }

  /// Another buffer, with room for this batch's bytes so far and as many again or `more`.
  void move_on(std::size_t more) {
    LiveSocket& s = socket;
    const Bytes here = bytes();
    const auto next = s.pool_->take(std::max(kBuffer, here.size() + std::max(here.size(), more)));
    std::copy(here.begin(), here.end(), next->bytes.get());
    s.buffer_ = next;
    s.used_ = here.size();
    from = 0;
  }

  /// Of this batch.
  Bytes bytes() const { return Bytes(socket.buffer_->bytes.get(), socket.used_).subspan(from); }
};

Result<std::unique_ptr<LiveSocket>> LiveSocket::open(const InputOptions& options) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  Handle handle(pcap_create(options.path.c_str(), reason), pcap_close);
  if (handle == nullptr) return live_error(options.path, reason);
  const auto as_int = [](std::uint32_t v) {
    return static_cast<int>(std::min<std::uint32_t>(v, INT_MAX));
  };
  pcap_set_snaplen(handle.get(), as_int(options.snap_length));
  pcap_set_buffer_size(handle.get(), as_int(options.receive_buffer));
  pcap_set_promisc(handle.get(), 1);
  pcap_set_timeout(handle.get(), options.sockets > 1 ? kTimeoutOfSharing : kTimeout);
  // Refused by drivers without it; the precision is asked for again after activation.
  pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);

  const int activated = pcap_activate(handle.get());
  if (activated < 0) {
    const std::string detail = pcap_geterr(handle.get());
    return live_error(options.path, detail.empty() ? pcap_statustostr(activated) : detail);
  }
  if (pcap_setnonblock(handle.get(), 1, reason) != 0) return live_error(options.path, reason);
  if (const auto set = set_filter(handle.get(), options.filter); !set) return set.error();

  const std::string warning = activated > 0 ? pcap_geterr(handle.get()) : "";
  std::unique_ptr<LiveSocket> socket(new LiveSocket(std::move(handle), options.path));
  if (activated > 0) {
    socket->warning_ = fmt::format("Interface '{}': {}", options.path,
                                   warning.empty() ? pcap_statustostr(activated) : warning);
  }
  return socket;
}

LiveSocket::LiveSocket(Handle handle, const std::string& interface) : handle_(std::move(handle)) {
  nanoseconds_ = pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO;
  file_.path = interface;
  file_.link_type = static_cast<std::uint16_t>(pcap_datalink(handle_.get()));
  file_.snap_length = static_cast<std::uint32_t>(pcap_snapshot(handle_.get()));
  file_.index = 1;
}

bool LiveSocket::join(std::uint32_t group_and_mode) {
  return ::setsockopt(pcap_fileno(handle_.get()), SOL_PACKET, PACKET_FANOUT, &group_and_mode,
                      sizeof group_and_mode) == 0;
}

std::optional<std::uint32_t> LiveSocket::group() const {
  std::uint32_t value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(pcap_fileno(handle_.get()), SOL_PACKET, PACKET_FANOUT, &value, &size) != 0) {
    return std::nullopt;
  }
  return value & kGroup;
}

bool LiveSocket::share(std::span<const std::unique_ptr<LiveSocket>> sockets) {
  LiveSocket& first = *sockets.front();
  // A group that is nobody else's: the kernel chooses it.
  if (!first.join((kMode | PACKET_FANOUT_FLAG_UNIQUEID) << kModeShift)) return false;
  const std::optional<std::uint32_t> group = first.group();
  if (!group) return false;
  for (const auto& s : sockets.subspan(1)) {
    if (!s->join(*group | kMode << kModeShift)) return false;
  }
  const Nanoseconds now = wall_clock();
  for (const auto& s : sockets) s->begin_share(now);
  return true;
}

void LiveSocket::begin_share(Nanoseconds now) {
  not_before_ = now;
  shared_since_ = Clock::now();
  count();
  counted_ = {};
}

LiveSocket::Got LiveSocket::read(FrameBatch& batch) {
  batch.size = 0;
  batch.memory.reset();
  if (++reads_ % kReadsPerCount == 0) count();
  if (buffer_ == nullptr || used_ > kBuffer / 2) {
    buffer_.reset();  // it may be the one that comes
    buffer_ = pool_->take(kBuffer);
    used_ = 0;
  }
  Collector collector{*this, batch};
  const int got = pcap_dispatch(handle_.get(), static_cast<int>(FrameBatch::kCapacity),
                                &Collector::add, reinterpret_cast<u_char*>(&collector));
  const Bytes all = collector.bytes();
  for (std::size_t i = 0; i < batch.size; ++i) {
    const std::size_t at = collector.offsets[i];
    batch.frames[i].bytes = all.subspan(at, collector.offsets[i + 1] - at);
  }
  batch.memory = buffer_;
  if (batch.size > 0) return Got::kFrames;
  if (got < 0 && got != PCAP_ERROR_BREAK) return Got::kError;
  if (not_before_ && got == 0 && Clock::now() - shared_since_ > kHidden) not_before_.reset();
  return Got::kNothing;
}

void LiveSocket::wait(std::chrono::milliseconds most) const {
  const int fd = pcap_get_selectable_fd(handle_.get());
  if (fd < 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return;
  }
  pollfd waiting{fd, POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(most.count()));
}

std::string LiveSocket::error() const {
  return fmt::format("Capture on interface '{}' ended: {}", file_.path, pcap_geterr(handle_.get()));
}

void LiveSocket::count() {
  pcap_stat stats{};
  if (pcap_stats(handle_.get(), &stats) != 0) return;
  const std::array<std::uint32_t, 3> now{stats.ps_recv, stats.ps_drop, stats.ps_ifdrop};
  counted_.received += now[0] - last_counts_[0];
  counted_.dropped_by_kernel += now[1] - last_counts_[1];
  counted_.dropped_by_interface += now[2] - last_counts_[2];
  last_counts_ = now;
}

KernelStats LiveSocket::kernel_stats() {
  count();
  return counted_;
}

}  // namespace t2
