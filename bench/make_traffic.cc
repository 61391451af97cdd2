// SPDX-License-Identifier: Apache-2.0
// Writes captures with a fixed seed for the benchmarks; see README.md.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "capture.h"
#include "mixed.h"

namespace {

using namespace traffic;

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

/// Connections of 7 to 12 packets, a thousand at a time.
void make_talks(Capture& out, std::uint64_t n) {
  struct Talk {
    End a, b;
    std::uint64_t data;  // packets with data before it ends
    std::uint64_t step = 0;
  };
  std::mt19937_64 random(4);
  const std::vector<char> data = payload(random, 64);
  std::vector<Talk> open;
  const auto next = [&](Talk& t) {
    const std::uint64_t i = t.step++;
    const std::uint64_t fin = 3 + t.data;
    const bool up = i % 2 == 0;
    End &from = up ? t.a : t.b, &to = up ? t.b : t.a;
    if (i == 0) return out.tcp(from, to, kSyn, nullptr, 0);
    if (i == 1) return out.tcp(from, to, kSyn | kAck, nullptr, 0);
    if (i == 2) return out.tcp(from, to, kAck, nullptr, 0);
    if (i < fin) return out.tcp(from, to, kPsh | kAck, data.data(), 1 + random() % data.size());
    out.tcp(from, to, i < fin + 2 ? kFin | kAck : kAck, nullptr, 0);
  };
  for (std::uint64_t made = 0; made < n || !open.empty();) {
    while (made < n && open.size() < 1000) {
      const auto ip = static_cast<std::uint32_t>(0x0a000000 + random() % 0xffffff);
      const auto port = static_cast<std::uint16_t>(1024 + random() % 60000);
      const auto server = static_cast<std::uint32_t>(0xc0a80000 + random() % 65536);
      open.push_back({{ip, port, static_cast<std::uint32_t>(random())},
                      {server, static_cast<std::uint16_t>(random() % 2 != 0 ? 443 : 8080),
                       static_cast<std::uint32_t>(random())},
                      1 + random() % 6});
      ++made;
    }
    Talk& t = open[random() % open.size()];
    next(t);
    if (t.step < t.data + 6) continue;
    t = open.back();
    open.pop_back();
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

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  const std::uint64_t n = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (argc < 3 || argc > 5) {
    std::fputs("Usage: make_traffic long|single|talks|mixed|ftp FILE [N] [BYTES PER FTP FILE]\n",
               stderr);
    return 1;
  }
  Capture out(argv[2]);
  if (kind == "long") {
    make_long(out, n ? n : 1000000);
  } else if (kind == "single") {
    make_single(out, n ? n : 1000000);
  } else if (kind == "talks") {
    make_talks(out, n ? n : 500000);
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
