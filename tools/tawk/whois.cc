// SPDX-License-Identifier: Apache-2.0
#include "tawk/whois.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/messages.h"
#include "common/process.h"
#include "common/user_setting.h"
#include "label/store.h"

namespace t2::tawk {
namespace {

/// The user's list of networks, as basicFlow reads it.
std::string own_list() {
  if (const char* file = std::getenv("BFO_SUBNET_FILE")) return file;
  return tools::user_setting("basicFlow", "BFO_SUBNET_FILE").value_or("");
}

bool parse_address(const char* text, IpAddress& a) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, text, bytes.data()) == 1) {
    a = IpAddress::v4(bytes.data());
    return true;
  }
  if (inet_pton(AF_INET6, text, bytes.data()) != 1) return false;
  a = IpAddress::v6(bytes.data());
  return true;
}

/// One line per address: org, cc, asn, county, city, lat, lng.
std::string answer(LabelStore& labels, const char* text) {
  IpAddress a;
  if (!parse_address(text, a)) return "-\t-\t0\t-\t-\t0\t0\n";
  const Label& l = labels.get(labels.find(a));
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", printable(l.organisation),
                     printable(l.country), l.asn, printable(l.county), printable(l.city),
                     l.latitude, l.longitude);
}

[[noreturn]] void serve(LabelStore& labels, int ask, int reply) {
  std::FILE* in = fdopen(ask, "r");
  std::array<char, 256> line;
  while (in != nullptr && std::fgets(line.data(), line.size(), in) != nullptr) {
    line[std::strcspn(line.data(), "\n")] = '\0';
    const std::string out = answer(labels, line.data());
    if (write(reply, out.data(), out.size()) != static_cast<ssize_t>(out.size())) break;
  }
  _exit(0);
}

}  // namespace

Result<std::vector<std::string>> start_whois() {
  LabelStore labels;
  if (const std::string list = own_list(); !list.empty()) {
    if (auto r = labels.load_list(list); !r) return r.error();
  }
  labels.load_databases(tools::home());
  for (const std::string& w : labels.take_warnings()) tools::complain("t2whois: " + w);
  int ask[2], reply[2];
  if (pipe(ask) != 0 || pipe(reply) != 0)
    return Error{fmt::format("Failed to make a pipe: {}", std::strerror(errno))};
  const pid_t pid = fork();
  if (pid < 0) return Error{fmt::format("Failed to start a process: {}", std::strerror(errno))};
  if (pid == 0) {
    // A reader behind gawk must not wait for this process.
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(ask[1]);
    close(reply[0]);
    std::signal(SIGPIPE, SIG_DFL);
    serve(labels, ask[0], reply[1]);
  }
  close(ask[0]);
  close(reply[1]);
  return std::vector<std::string>{"-v", fmt::format("_whois_ask=/dev/fd/{}", ask[1]), "-v",
                                  fmt::format("_whois_answer=/dev/fd/{}", reply[0])};
}

}  // namespace t2::tawk
