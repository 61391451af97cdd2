// SPDX-License-Identifier: Apache-2.0
#include "names.h"

#include <algorithm>
#include <span>
#include "t2/protocols.h"

namespace t2::tp0f {
namespace {

constexpr std::string_view kClasses[] = {"!", "win", "unix", "other"};

constexpr std::string_view kPrograms[] = {
    "unknown",  "Windows",  "Linux",   "OpenBSD", "FreeBSD",     "Solaris",
    "MacOSX",   "HP-UX",    "OpenVMS", "iOS",     "BaiduSpider", "Blackberry",
    "NeXTSTEP", "Nintendo", "NMap",    "tp0f",    "Tru64"};

constexpr std::string_view kVersions[] = {"unknown",
                                          "NT",
                                          "XP",
                                          "7",
                                          "8",
                                          "10",
                                          "10.9 or newer (sometimes iPhone or iPad)",
                                          "10.x",
                                          "11.x",
                                          "2.0",
                                          "2.2.x",
                                          "2.2.x-3.x",
                                          "2.2.x-3.x (barebone)",
                                          "2.2.x-3.x (no timestamps)",
                                          "2.2.x (loopback)",
                                          "2.4-2.6",
                                          "2.4.x",
                                          "2.4.x-2.6.x",
                                          "2.4.x (loopback)",
                                          "2.6.x",
                                          "2.6.x (Google crawler)",
                                          "2.6.x (loopback)",
                                          "3.11 and newer",
                                          "3.1-3.10",
                                          "3DS",
                                          "3.x",
                                          "3.x (loopback)",
                                          "4.x",
                                          "4.x-5.x",
                                          "5.x",
                                          "6",
                                          "7 or 8",
                                          "7 (Websense crawler)",
                                          "7.x",
                                          "8",
                                          "8.x",
                                          "8.x-9.x",
                                          "9.x",
                                          "9.x or newer",
                                          "(Android)",
                                          "iPhone or iPad",
                                          "NT kernel",
                                          "NT kernel 5.x",
                                          "NT kernel 6.x",
                                          "OS detection",
                                          "sendsyn utility",
                                          "SYN scan",
                                          "Wii",
                                          "Arch 5.0+",
                                          "Kali 5.0+",
                                          "Ubuntu 22.04+"};

constexpr std::uint8_t kWin = 1, kUnix = 2, kOther = 3;
constexpr std::uint8_t kWindows = 1, kLinux = 2, kFreeBsd = 4, kSolaris = 5, kIos = 9;
constexpr std::uint8_t kXp = 2, kSeven = 3;

std::string_view name_of(std::span<const std::string_view> names, std::uint8_t number) {
  return number < names.size() ? names[number] : names[0];
}

std::uint8_t number_of(std::span<const std::string_view> names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::uint8_t{0} : static_cast<std::uint8_t>(found - names.begin());
}

}  // namespace

std::string_view class_name(std::uint8_t n) {
  return name_of(kClasses, n);
}
std::string_view program_name(std::uint8_t n) {
  return name_of(kPrograms, n);
}
std::string_view version_name(std::uint8_t n) {
  return name_of(kVersions, n);
}
std::uint8_t class_number(std::string_view name) {
  return number_of(kClasses, name);
}
std::uint8_t program_number(std::string_view name) {
  return number_of(kPrograms, name);
}
std::uint8_t version_number(std::string_view name) {
  return number_of(kVersions, name);
}

TtlGuess guess_from_ttl(std::uint8_t ttl, std::uint8_t l4_protocol) {
  struct Range {
    std::uint8_t initial;
    System system;
  };
  static constexpr Range kRanges[] = {{16, {kOther, 0, 0}},
                                      {32, {kWin, kWindows, 0}},
                                      {64, {kUnix, kLinux, 0}},
                                      {128, {kWin, kWindows, 0}},
                                      {255, {kUnix, kSolaris, 0}}};
  constexpr std::uint8_t kLowest = 8;
  TtlGuess g;
  g.system = {kOther, 0, 0};
  if (ttl <= kLowest) return g;
  for (const Range& r : kRanges) {
    if (ttl > r.initial) continue;
    g.initial = r.initial;
    g.distance = static_cast<std::uint8_t>(r.initial - ttl);
    g.system = r.system;
    break;
  }
  if (g.initial == 255 && l4_protocol == ip_protocol::kIcmp) g.system.program = kFreeBsd;
  return g;
}

void refine_by_window(TtlGuess& g, std::uint16_t window) {
  if (g.initial == 255 && window == 4128) g.system.program = kIos;
  if (g.initial == 128 && window == 65535) g.system.version = kXp;
  if (g.initial == 128 && window == 8192) g.system.version = kSeven;
  if (g.initial == 64 && window == 65535) g.system.program = kFreeBsd;
}

}  // namespace t2::tp0f
