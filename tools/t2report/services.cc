// SPDX-License-Identifier: Apache-2.0
#include "services.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

namespace t2::report {
namespace {

struct Protocol {
  int number;
  const char* name;
};
constexpr Protocol kProtocols[] = {{1, "icmp"},     {2, "igmp"},     {4, "ipip"},  {41, "ipv6"},
                                   {47, "gre"},     {50, "esp"},     {51, "ah"},   {58, "icmpv6"},
                                   {88, "eigrp"},   {89, "ospf"},    {103, "pim"}, {112, "vrrp"},
                                   {115, "l2tpv3"}, {136, "udplite"}};
constexpr Protocol kEtherTypes[] = {{0x0806, "arp"},      {0x8035, "rarp"},   {0x8863, "pppoe"},
                                    {0x8864, "pppoe"},    {0x888e, "eapol"},  {0x88cc, "lldp"},
                                    {0x8892, "profinet"}, {0x88e5, "macsec"}, {0x9000, "loopback"}};

// The ports of the IANA registry that a reader of a report knows by name, by class.
constexpr Protocol kServicePorts[] = {
    {7, "echo"},          {9, "discard"},    {19, "chargen"}, {102, "iso-tsap"},
    {179, "bgp"},         {194, "irc"},      {500, "ike"},    {502, "modbus"},
    {515, "lpd"},         {554, "rtsp"},     {631, "ipp"},    {1080, "socks"},
    {1194, "openvpn"},    {1701, "l2tp"},    {1723, "pptp"},  {1883, "mqtt"},
    {2152, "gtp-u"},      {2404, "iec-104"}, {3478, "stun"},  {3544, "teredo"},
    {4500, "ipsec-nat"},  {4789, "vxlan"},   {5004, "rtp"},   {5060, "sip"},
    {5061, "sips"},       {5222, "xmpp"},    {5672, "amqp"},  {6667, "irc"},
    {6881, "bittorrent"}, {9100, "printer"}, {20000, "dnp3"}, {44818, "enip"},
    {47808, "bacnet"}};
constexpr Protocol kNamesPorts[] = {
    {13, "daytime"},   {37, "time"},        {43, "whois"},         {49, "tacacs"},
    {53, "dns"},       {67, "dhcp"},        {68, "dhcp"},          {79, "finger"},
    {123, "ntp"},      {137, "netbios-ns"}, {161, "snmp"},         {162, "snmp-trap"},
    {514, "syslog"},   {520, "rip"},        {546, "dhcpv6"},       {547, "dhcpv6"},
    {853, "dns-tls"},  {1812, "radius"},    {1813, "radius-acct"}, {1900, "ssdp"},
    {2055, "netflow"}, {5353, "mdns"},      {5355, "llmnr"}};
constexpr Protocol kFtpPorts[] = {{20, "ftp-data"}, {21, "ftp"}, {990, "ftps"}};
constexpr Protocol kRemotePorts[] = {{22, "ssh"},     {23, "telnet"}, {512, "rexec"},
                                     {513, "rlogin"}, {623, "ipmi"},  {3389, "rdp"},
                                     {5555, "adb"},   {5900, "vnc"},  {5985, "winrm"}};
constexpr Protocol kMailPorts[] = {{25, "smtp"},   {110, "pop3"},  {119, "nntp"},
                                   {143, "imap"},  {465, "smtps"}, {587, "submission"},
                                   {993, "imaps"}, {995, "pop3s"}};
constexpr Protocol kFilesPorts[] = {{69, "tftp"},      {88, "kerberos"},     {111, "rpcbind"},
                                    {135, "msrpc"},    {138, "netbios-dgm"}, {139, "netbios"},
                                    {389, "ldap"},     {445, "smb"},         {464, "kpasswd"},
                                    {636, "ldaps"},    {873, "rsync"},       {1433, "mssql"},
                                    {1521, "oracle"},  {2049, "nfs"},        {3268, "gc-ldap"},
                                    {3306, "mysql"},   {5432, "postgres"},   {6379, "redis"},
                                    {9200, "elastic"}, {11211, "memcached"}, {27017, "mongodb"}};
constexpr Protocol kWebPorts[] = {{80, "http"},       {443, "https"},     {3128, "http-proxy"},
                                  {8000, "http-alt"}, {8080, "http-alt"}, {8443, "https-alt"}};

struct PortClass {
  Class cls;
  std::span<const Protocol> ports;
};
constexpr PortClass kPortClasses[] = {
    {Class::kService, kServicePorts}, {Class::kNames, kNamesPorts}, {Class::kFtp, kFtpPorts},
    {Class::kRemote, kRemotePorts},   {Class::kMail, kMailPorts},   {Class::kFiles, kFilesPorts},
    {Class::kWeb, kWebPorts}};

struct Port {
  const char* name;
  Class cls;
};

const Port* known(std::uint16_t port) {
  static const auto kPorts = [] {
    std::unordered_map<int, Port> all;
    for (const PortClass& c : kPortClasses)
      for (const Protocol& p : c.ports) all[p.number] = {p.name, c.cls};
    return all;
  }();
  const auto at = kPorts.find(port);
  return at != kPorts.end() ? &at->second : nullptr;
}

template <std::size_t n>
const char* name_in(const Protocol (&list)[n], int number) {
  const auto* at = std::ranges::find(list, number, &Protocol::number);
  return at == std::end(list) ? nullptr : at->name;
}

/// Ports that programs take when they do not care (RFC 6335, section 6, and what systems use).
constexpr std::uint16_t kDynamic = 32768;

}  // namespace

const char* class_name(std::size_t c) {
  constexpr std::array<const char*, kClasses> kNames = {"FTP",
                                                        "Files and directory",
                                                        "Web",
                                                        "Mail",
                                                        "Names and config",
                                                        "Remote control",
                                                        "Other service",
                                                        "Other TCP",
                                                        "Other UDP",
                                                        "ICMP, L2, other"};
  if (c >= kClasses) return "";
  // cppcheck-suppress CastIntegerToAddressAtReturn; it takes const char* in an array for a number
  return kNames[c];
}

std::uint32_t Services::number(std::string name, Class cls) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  const auto n = static_cast<std::uint32_t>(all_.size());
  all_.push_back({name, cls});
  numbers_.emplace(std::move(name), n);
  return n;
}

std::uint32_t Services::of(const Conversation& c) {
  constexpr int kTcp = 6, kUdp = 17, kSctp = 132;
  if (c.is_ftp_control()) return number("ftp", Class::kFtp);
  if (c.is_ftp_data()) return number("ftp-data", Class::kFtp);
  if (!c.ip()) {
    const char* name = name_in(kEtherTypes, c.ether_type);
    return number(name ? name : fmt::format("ethertype 0x{:04x}", c.ether_type), Class::kOther);
  }
  const bool tcp = c.protocol == kTcp, udp = c.protocol == kUdp, sctp = c.protocol == kSctp;
  if (!tcp && !udp && !sctp) {
    const char* name = name_in(kProtocols, c.protocol);
    return number(name ? name : fmt::format("protocol {}", c.protocol), Class::kOther);
  }
  if (const Port* p = known(c.server_port)) return number(p->name, p->cls);
  // An answer whose question is not in the capture.
  if (const Port* p = known(c.client_port); p != nullptr && c.server_port >= 1024)
    return number(p->name, p->cls);
  const char* word = tcp ? "tcp" : udp ? "udp" : "sctp";
  const Class cls = udp ? Class::kUdp : tcp ? Class::kTcp : Class::kOther;
  if (c.server_port >= kDynamic) return number(fmt::format("{} dynamic", word), cls);
  return number(fmt::format("{} {}", word, c.server_port), cls);
}

}  // namespace t2::report
