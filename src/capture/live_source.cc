// SPDX-License-Identifier: Apache-2.0
#include "capture/live_source.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <thread>

#include "capture/filter.h"

namespace t2 {
namespace {

/// The kernel hands over a block that is not full after this long.
constexpr int kKernelTimeoutMilliseconds = 100;

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
struct LiveSource::Collector {
  LiveSource& source;
  FrameBatch& batch;
  std::size_t from = source.used_;  // in the buffer
  std::array<std::size_t, FrameBatch::kCapacity + 1> offsets{};

  static void add(u_char* user, const pcap_pkthdr* header, const u_char* data) {
    auto& self = *reinterpret_cast<Collector*>(user);
    if (self.batch.size == FrameBatch::kCapacity) return;
    Frame& frame = self.batch.frames[self.batch.size++];
    frame.time = Nanoseconds{header->ts.tv_sec} * kSecond +
                 Nanoseconds{header->ts.tv_usec} * (self.source.nanoseconds_ ? 1 : 1000);
    frame.wire_length = header->len;
    frame.link_type = self.source.file_.link_type;
    self.copy(Bytes(data, header->caplen));
    self.offsets[self.batch.size] = self.source.used_ - self.from;
  }

  void copy(Bytes bytes) {
    LiveSource& s = source;
    if (bytes.size() > s.buffer_->capacity - s.used_) move_on(bytes.size());
    std::copy(bytes.begin(), bytes.end(), s.buffer_->bytes.get() + s.used_);
    s.used_ += bytes.size();
  }

  /// Another buffer, with room for this batch's bytes so far and as many again or `more`.
  void move_on(std::size_t more) {
    LiveSource& s = source;
    const Bytes here = bytes();
    const auto next = s.pool_->take(std::max(kBuffer, here.size() + std::max(here.size(), more)));
    std::copy(here.begin(), here.end(), next->bytes.get());
    s.buffer_ = next;
    s.used_ = here.size();
    from = 0;
  }

  /// Of this batch.
  Bytes bytes() const { return Bytes(source.buffer_->bytes.get(), source.used_).subspan(from); }
};

Result<std::unique_ptr<Source>> LiveSource::open(const InputOptions& options) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  Handle handle(pcap_create(options.path.c_str(), reason), pcap_close);
  if (handle == nullptr) return live_error(options.path, reason);
  const auto as_int = [](std::uint32_t v) {
    return static_cast<int>(std::min<std::uint32_t>(v, INT_MAX));
  };
  pcap_set_snaplen(handle.get(), as_int(options.snap_length));
  pcap_set_buffer_size(handle.get(), as_int(options.receive_buffer));
  pcap_set_promisc(handle.get(), 1);
  pcap_set_timeout(handle.get(), kKernelTimeoutMilliseconds);
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
  std::unique_ptr<LiveSource> source(new LiveSource(std::move(handle), options.path));
  if (activated > 0) {
    source->warnings_.push_back(
        fmt::format("Interface '{}': {}", options.path,
                    warning.empty() ? pcap_statustostr(activated) : warning));
  }
  return std::unique_ptr<Source>(std::move(source));
}

LiveSource::LiveSource(Handle handle, const std::string& interface) : handle_(std::move(handle)) {
  nanoseconds_ = pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO;
  file_.path = interface;
  file_.link_type = static_cast<std::uint16_t>(pcap_datalink(handle_.get()));
  file_.snap_length = static_cast<std::uint32_t>(pcap_snapshot(handle_.get()));
  file_.index = 1;
}

Source::State LiveSource::read(FrameBatch& batch) {
  batch.size = 0;
  if (!std::exchange(announced_, true)) return State::kNewFile;
  int got = collect(batch);
  if (got == 0) {
    wait();
    got = collect(batch);
  }
  if (batch.size > 0) return State::kFrames;
  if (got >= 0 || got == PCAP_ERROR_BREAK) return State::kIdle;
  warnings_.push_back(
      fmt::format("Capture on interface '{}' ended: {}", file_.path, pcap_geterr(handle_.get())));
  return State::kEnd;
}

int LiveSource::collect(FrameBatch& batch) {
  batch.memory.reset();
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
  return got;
}

void LiveSource::wait() const {
  const int fd = pcap_get_selectable_fd(handle_.get());
  if (fd < 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return;
  }
  pollfd waiting{fd, POLLIN, 0};
  ::poll(&waiting, 1, kWaitMilliseconds);
}

KernelStats LiveSource::kernel_stats() const {
  pcap_stat stats{};
  if (pcap_stats(handle_.get(), &stats) != 0) return {};
  return {stats.ps_recv, stats.ps_drop, stats.ps_ifdrop};
}

}  // namespace t2
