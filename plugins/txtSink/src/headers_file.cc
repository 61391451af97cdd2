// SPDX-License-Identifier: Apache-2.0
#include "headers_file.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <pcap/pcap.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bit>
#include <ctime>

#include "t2/core_settings.h"
#include "t2/unicode.h"

namespace t2::txt_sink {
namespace {

std::string date_line(bool utc) {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  std::tm parts{};
  if (utc) {
    gmtime_r(&t.tv_sec, &parts);
  } else {
    localtime_r(&t.tv_sec, &parts);
  }
  char text[64];
  std::strftime(text, sizeof text, "%a %d %b %Y %H:%M:%S %Z", &parts);
  return fmt::format("# Date: {}.{:09} sec ({})\n", t.tv_sec, t.tv_nsec, text);
}

int prefix_length(const sockaddr* mask) {
  int bits = 0;
  if (mask == nullptr) return 0;
  if (mask->sa_family == AF_INET) {
    return std::popcount(reinterpret_cast<const sockaddr_in*>(mask)->sin_addr.s_addr);
  }
  if (mask->sa_family == AF_INET6) {
    for (const std::uint8_t b : reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr.s6_addr) {
      bits += std::popcount(b);
    }
  }
  return bits;
}

std::string interface_lines(const std::string& name) {
  std::string out = fmt::format("# Live captured from interface: {}\n# Interfaces:\n", name);
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return out + "#\n";
  for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr) continue;
    char text[INET6_ADDRSTRLEN] = "";
    const int family = i->ifa_addr->sa_family;
    if (family == AF_INET) {
      inet_ntop(family, &reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr, text,
                sizeof text);
    } else if (family == AF_INET6) {
      inet_ntop(family, &reinterpret_cast<const sockaddr_in6*>(i->ifa_addr)->sin6_addr, text,
                sizeof text);
    } else {
      continue;
    }
    out += fmt::format("#   {}\t{}/{}\n", i->ifa_name, text, prefix_length(i->ifa_netmask));
  }
  freeifaddrs(list);
  return out + "#\n";
}

std::string run_lines(const RunInfo& run, const Plugin& plugin) {
  const CoreSettings& core = plugin.core_settings();
  utsname host{};
  uname(&host);
  std::string out = date_line(core.TSTAMP_R_UTC);
  out += "# Tranalyzer 0.9.1 (Anteater), Cobra\n";
  out += fmt::format("# Core configuration: {}IPv4, IPv6\n", core.ETH_ACTIVATE == 0 ? "" : "L2, ");
  out +=
      fmt::format("# SensorID: {}\n# PID: {}\n# Priority: {}\n# Command line: {}\n", run.sensor_id,
                  getpid(), getpriority(PRIO_PROCESS, 0), printable(run.command_line));
  out += fmt::format("# HW info: {};{};{};{};{}\n", host.nodename, host.sysname, host.release,
                     host.version, host.machine);
  out += fmt::format("# SW info: {}\n#\n", pcap_lib_version());
  if (!run.interface.empty()) out += interface_lines(run.interface);
  out += "# Plugins loaded:\n";
  int number = 0;
  for (const auto& [name, version] : run.plugins) {
    out +=
        fmt::format("#   {:02}: {}, version {}\n", ++number, printable(name), printable(version));
  }
  return out + "#\n";
}

std::string column_lines(const Schema& flows, const TextSettings& text) {
  const bool typed = text.TFS_NC_TYPE != 0;
  std::string out = fmt::format("# Col No.\t{}Name\tDescription\n", typed ? "Type\t" : "");
  int number = 0;
  for (const Column& c : flows.columns) {
    const std::string type = text.TFS_NC_TYPE == 1 ? type_number(c.type) : type_name(c.type);
    out += fmt::format("{}\t{}{}{}\t{}\n", ++number, typed ? type : "", typed ? "\t" : "", c.name,
                       c.doc);
  }
  return out;
}

/// On one line, and exact: what is not printable and backslashes as \xNN.
std::string one_line(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find('\\');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += "\\x5c";
    text.remove_prefix(end + 1);
  }
}

/// Read by tawk -x; docs/decisions/captures.md.
std::string capture_lines(const RunInfo& run, const Captures& captures) {
  std::string out = fmt::format("#\n# Captures read: {}\n", captures.size());
  if (!run.filter.empty()) out += fmt::format("# Filter: {}\n", one_line(run.filter));
  out += "# First packet\tPackets\tCapture\n";
  for (const Capture& c : captures) {
    out += fmt::format("#   {}\t{}\t{}\n", c.first_packet, c.passed, one_line(c.file));
  }
  return out;
}

}  // namespace

Result<void> HeadersFile::open(const std::string& path, const RunInfo& run, const Schema& flows,
                               const Plugin& plugin) {
  if (auto r = file_.open(path, Compression::kNone, run.access); !r) return r;
  return file_.write(run_lines(run, plugin) + column_lines(flows, plugin.run().text_settings()));
}

Result<void> HeadersFile::close(const RunInfo& run, const Captures& captures) {
  if (!file_.is_open()) return {};
  Result<void> written;
  if (captures.size() > 1) written = file_.write(capture_lines(run, captures));
  const Result<void> closed = file_.close();
  return written ? closed : written;
}

}  // namespace t2::txt_sink
