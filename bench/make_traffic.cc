// SPDX-License-Identifier: Apache-2.0
// Writes captures with a fixed seed for the benchmarks; see README.md.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::uint8_t kFin = 1, kSyn = 2, kPsh = 8, kAck = 16;

/// One end of a TCP connection.
struct End {
  std::uint32_t ip;
  std::uint16_t port;
  std::uint32_t seq;
};

class Capture {
 public:
  explicit Capture(const char* path) : file_(std::fopen(path, "wb")) {
    if (!file_) {
      std::perror(path);
      std::exit(1);
    }
    std::setvbuf(file_.get(), nullptr, _IOFBF, 1 << 20);
    const std::uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
    write(head, sizeof head);
  }

  /// Microseconds between packets.
  void set_step(std::uint64_t us) { step_ = us; }
  void wait(std::uint64_t us) { now_ += us; }

  void tcp(End& from, const End& to, std::uint8_t flags, const char* data, std::size_t n) {
    std::array<std::uint8_t, 54> h{};
    std::memcpy(&h[0], "\x00\x01\x5c\x22\xa5\x82\x00\x16\x36\xa9\x08\x20\x08\x00\x45", 15);
    put16(&h[16], static_cast<std::uint16_t>(40 + n));
    put16(&h[18], ++ip_id_);
    std::memcpy(&h[20], "\x40\x00\x40\x06", 4);
    put32(&h[26], from.ip);
    put32(&h[30], to.ip);
    put16(&h[24], checksum(&h[14], 20));
    put16(&h[34], from.port);
    put16(&h[36], to.port);
    put32(&h[38], from.seq);
    put32(&h[42], to.seq);
    h[46] = 0x50;
    h[47] = flags;
    put16(&h[48], 65000);
    record(h.data(), h.size(), data, n);
    from.seq += static_cast<std::uint32_t>(n) + ((flags & (kSyn | kFin)) ? 1 : 0);
  }

  std::uint64_t packets() const { return packets_; }

 private:
  struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };

  static void put16(std::uint8_t* p, std::uint16_t v) {
    p[0] = static_cast<std::uint8_t>(v >> 8);
    p[1] = static_cast<std::uint8_t>(v);
  }
  static void put32(std::uint8_t* p, std::uint32_t v) {
    put16(p, static_cast<std::uint16_t>(v >> 16));
    put16(p + 2, static_cast<std::uint16_t>(v));
  }
  static std::uint16_t checksum(const std::uint8_t* p, std::size_t n) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < n; i += 2) sum += static_cast<std::uint32_t>(p[i]) << 8 | p[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
  }
  void record(const std::uint8_t* head, std::size_t head_size, const char* data, std::size_t n) {
    const auto size = static_cast<std::uint32_t>(head_size + n);
    const std::uint32_t r[4] = {static_cast<std::uint32_t>(now_ / 1000000),
                                static_cast<std::uint32_t>(now_ % 1000000), size, size};
    write(r, sizeof r);
    write(head, head_size);
    if (n > 0) write(data, n);
    now_ += step_;
    ++packets_;
  }
  void write(const void* p, std::size_t n) {
    if (std::fwrite(p, 1, n, file_.get()) != n) {
      std::perror("write");
      std::exit(1);
    }
  }

  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t now_ = 1700000000ULL * 1000000;
  std::uint64_t step_ = 10;
  std::uint64_t packets_ = 0;
  std::uint16_t ip_id_ = 0;
};

std::vector<char> payload(std::mt19937_64& random, std::size_t n) {
  std::vector<char> out(n);
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

void open_connection(Capture& out, End& a, End& b) {
  out.tcp(a, b, kSyn, nullptr, 0);
  out.tcp(b, a, kSyn | kAck, nullptr, 0);
  out.tcp(a, b, kAck, nullptr, 0);
}

void close_connection(Capture& out, End& a, End& b) {
  out.tcp(a, b, kFin | kAck, nullptr, 0);
  out.tcp(b, a, kFin | kAck, nullptr, 0);
  out.tcp(a, b, kAck, nullptr, 0);
}

void make_long(Capture& out, std::uint64_t n) {
  std::mt19937_64 random(1);
  const std::vector<char> data = payload(random, 512);
  std::vector<std::pair<End, End>> flows;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    flows.push_back(
        {{0x0a000000 + i, static_cast<std::uint16_t>(1024 + i), i}, {0xc0a80001, 443, 7 * i}});
  }
  for (std::uint64_t i = 0; i < n; ++i) {
    auto& [a, b] = flows[random() % flows.size()];
    const bool up = random() % 2 != 0;
    out.tcp(up ? a : b, up ? b : a, kPsh | kAck, data.data(), random() % data.size());
  }
}

void make_single(Capture& out, std::uint64_t n) {
  std::mt19937_64 random(2);
  for (std::uint64_t i = 0; i < n; ++i) {
    End a{static_cast<std::uint32_t>(random()), static_cast<std::uint16_t>(1024 + random() % 60000),
          static_cast<std::uint32_t>(random())};
    const End b{0xc0a80000 + static_cast<std::uint32_t>(i % 65536), 80, 0};
    out.tcp(a, b, kSyn, nullptr, 0);
  }
}

void say(Capture& out, End& from, const End& to, const std::string& line) {
  const std::string text = line + "\r\n";
  out.tcp(from, to, kPsh | kAck, text.data(), text.size());
}

void make_ftp(Capture& out, std::uint64_t sessions, std::size_t file_size) {
  std::mt19937_64 random(3);
  const std::vector<char> file = payload(random, file_size);
  for (std::uint32_t i = 0; i < sessions; ++i) {
    End client{0x0a010000 + i, static_cast<std::uint16_t>(20000 + i % 40000), i};
    End server{0xc0a80105, 21, 5 * i};
    open_connection(out, client, server);
    say(out, server, client, "220 ready");
    say(out, client, server, "USER bench");
    say(out, server, client, "331 password");
    say(out, client, server, "PASS secret");
    say(out, server, client, "230 in");
    say(out, client, server, "PASV");
    const auto port = static_cast<std::uint16_t>(30000 + i % 30000);
    say(out, server, client,
        "227 Entering Passive Mode (192,168,1,5," + std::to_string(port >> 8) + "," +
            std::to_string(port & 255) + ").");
    End peer{client.ip, static_cast<std::uint16_t>(client.port + 1), 1};
    End data{server.ip, port, 2};
    open_connection(out, peer, data);
    const std::string name = "file" + std::to_string(i) + ".bin";
    say(out, client, server, "RETR " + name);
    say(out, server, client,
        "150 Opening BINARY mode data connection for " + name + " (" + std::to_string(file.size()) +
            " bytes).");
    for (std::size_t at = 0; at < file.size(); at += 1460) {
      out.tcp(data, peer, kAck, &file[at], std::min<std::size_t>(1460, file.size() - at));
      if (at / 1460 % 2 == 1) out.tcp(peer, data, kAck, nullptr, 0);
    }
    close_connection(out, data, peer);
    say(out, server, client, "226 Transfer complete.");
    say(out, client, server, "QUIT");
    say(out, server, client, "221 bye");
    close_connection(out, client, server);
    out.wait(1000);
  }
}

/// Heavy-tailed flows: most have a few packets, a few have thousands; request small, reply large.
void make_mixed(Capture& out, std::uint64_t n) {
  std::mt19937_64 random(4);
  const std::vector<char> data = payload(random, 1460);
  struct Live {
    End a, b;
    std::uint64_t left;
  };
  std::vector<Live> live;
  while (out.packets() < n) {
    if (live.size() < 2000) {
      const double u = std::uniform_real_distribution<>(1e-6, 1)(random);
      const auto packets = static_cast<std::uint64_t>(2 + 1.5 / std::pow(u, 0.9));
      live.push_back({{static_cast<std::uint32_t>(0x0a000000 + random() % 65536),
                       static_cast<std::uint16_t>(1024 + random() % 60000), 1},
                      {static_cast<std::uint32_t>(random()), 443, 1},
                      packets});
      open_connection(out, live.back().a, live.back().b);
    }
    const std::size_t i = random() % live.size();
    Live& l = live[i];
    const bool up = random() % 3 == 0;
    const std::size_t size = up ? random() % 200 : 200 + random() % 1260;
    out.tcp(up ? l.a : l.b, up ? l.b : l.a, kPsh | kAck, data.data(), size);
    if (--l.left > 0) continue;
    close_connection(out, l.a, l.b);
    l = live.back();
    live.pop_back();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  const std::uint64_t n = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (argc < 3 || argc > 5) {
    std::fputs("Usage: make_traffic long|single|mixed|ftp FILE [N] [BYTES PER FTP FILE]\n", stderr);
    return 1;
  }
  Capture out(argv[2]);
  if (kind == "long") {
    make_long(out, n ? n : 1000000);
  } else if (kind == "single") {
    make_single(out, n ? n : 1000000);
  } else if (kind == "ftp") {
    make_ftp(out, n ? n : 100, argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1000000);
  } else if (kind == "mixed") {
    make_mixed(out, n ? n : 1000000);
  } else {
    std::fprintf(stderr, "Unknown kind '%s'\n", kind.c_str());
    return 1;
  }
  std::printf("%s: %llu packets\n", argv[2], static_cast<unsigned long long>(out.packets()));
}
