// SPDX-License-Identifier: Apache-2.0
// Sends the frames of a capture to an interface at a steady rate, again and again, many with one
// system call; live.py measures with it. Root alone may.
//   send_packets INTERFACE CAPTURE PACKETS_PER_SECOND SECONDS [FIRST]
// FIRST: the frame to begin with, from 0. Prints how many frames went out and at what rate; frames
// that the interface does not take are left out.
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

namespace {

using Frame = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kAtOnce = 64;

std::vector<Frame> read_frames(const char* path) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> capture(pcap_open_offline(path, reason.data()),
                                                           pcap_close);
  std::vector<Frame> frames;
  if (capture == nullptr) return frames;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(capture.get(), &header, &data) == 1) {
    frames.emplace_back(data, data + header->caplen);
  }
  return frames;
}

/// A socket that sends past the queues of the interface, or -1.
int open_socket(const char* interface) {
  const int s = socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = 0;
  to.sll_ifindex = static_cast<int>(if_nametoindex(interface));
  const int yes = 1;
  setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
  if (to.sll_ifindex == 0 || bind(s, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return -1;
  return s;
}

/// Sends the next frames, `n` at most; gives how many went out.
std::size_t send_some(int s, std::vector<Frame>& frames, std::size_t& next, std::size_t n) {
  std::array<mmsghdr, kAtOnce> messages{};
  std::array<iovec, kAtOnce> pieces{};
  n = std::min({n, kAtOnce, frames.size() - next});
  for (std::size_t i = 0; i < n; ++i) {
    pieces[i] = {frames[next + i].data(), frames[next + i].size()};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = sendmmsg(s, messages.data(), static_cast<unsigned>(n), 0);
  // The first one was refused: too long for the interface.
  next = (next + static_cast<std::size_t>(std::max(sent, 1))) % frames.size();
  return static_cast<std::size_t>(std::max(sent, 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::fputs("Usage: send_packets INTERFACE CAPTURE PACKETS_PER_SECOND SECONDS [FIRST]\n",
               stderr);
    return 2;
  }
  std::vector<Frame> frames = read_frames(argv[2]);
  const int s = open_socket(argv[1]);
  if (frames.empty() || s < 0) {
    std::fprintf(stderr, "send_packets: cannot %s '%s'\n", frames.empty() ? "read" : "send to",
                 frames.empty() ? argv[2] : argv[1]);
    return 1;
  }
  const double rate = std::strtod(argv[3], nullptr), seconds = std::strtod(argv[4], nullptr);
  prctl(PR_SET_TIMERSLACK, 1);  // naps are short
  const auto start = Clock::now();
  std::uint64_t sent = 0;
  std::size_t next = (argc == 6 ? std::strtoul(argv[5], nullptr, 10) : 0) % frames.size();
  double passed = 0;
  while (passed < seconds) {
    const auto due = static_cast<std::uint64_t>(passed * rate);
    if (due > sent) {
      sent += send_some(s, frames, next, due - sent);
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    passed = std::chrono::duration<double>(Clock::now() - start).count();
  }
  std::printf("%llu frames, %.0f per second\n", static_cast<unsigned long long>(sent),
              static_cast<double>(sent) / passed);
  return 0;
}
