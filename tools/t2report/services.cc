// SPDX-License-Identifier: Apache-2.0
#include "services.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace t2::report {
namespace {

struct Port {
  std::uint16_t port;
  const char* name;
  Class cls;
};

// The ports of the IANA registry that a reader of a report knows by name; sorted.
constexpr Port kPorts[] = {
    {7, "echo", Class::kService},
    {9, "discard", Class::kService},
    {13, "daytime", Class::kNames},
    {19, "chargen", Class::kService},
    {20, "ftp-data", Class::kFtp},
    {21, "ftp", Class::kFtp},
    {22, "ssh", Class::kRemote},
    {23, "telnet", Class::kRemote},
    {25, "smtp", Class::kMail},
    {37, "time", Class::kNames},
    {43, "whois", Class::kNames},
    {49, "tacacs", Class::kNames},
    {53, "dns", Class::kNames},
    {67, "dhcp", Class::kNames},
    {68, "dhcp", Class::kNames},
    {69, "tftp", Class::kFiles},
    {79, "finger", Class::kNames},
    {80, "http", Class::kWeb},
    {88, "kerberos", Class::kFiles},
    {102, "iso-tsap", Class::kService},
    {110, "pop3", Class::kMail},
    {111, "rpcbind", Class::kFiles},
    {119, "nntp", Class::kMail},
    {123, "ntp", Class::kNames},
    {135, "msrpc", Class::kFiles},
    {137, "netbios-ns", Class::kNames},
    {138, "netbios-dgm", Class::kFiles},
    {139, "netbios", Class::kFiles},
    {143, "imap", Class::kMail},
    {161, "snmp", Class::kNames},
    {162, "snmp-trap", Class::kNames},
    {179, "bgp", Class::kService},
    {194, "irc", Class::kService},
    {389, "ldap", Class::kFiles},
    {443, "https", Class::kWeb},
    {445, "smb", Class::kFiles},
    {464, "kpasswd", Class::kFiles},
    {465, "smtps", Class::kMail},
    {500, "ike", Class::kService},
    {502, "modbus", Class::kService},
    {512, "rexec", Class::kRemote},
    {513, "rlogin", Class::kRemote},
    {514, "syslog", Class::kNames},
    {515, "lpd", Class::kService},
    {520, "rip", Class::kNames},
    {546, "dhcpv6", Class::kNames},
    {547, "dhcpv6", Class::kNames},
    {554, "rtsp", Class::kService},
    {587, "submission", Class::kMail},
    {623, "ipmi", Class::kRemote},
    {631, "ipp", Class::kService},
    {636, "ldaps", Class::kFiles},
    {853, "dns-tls", Class::kNames},
    {873, "rsync", Class::kFiles},
    {990, "ftps", Class::kFtp},
    {993, "imaps", Class::kMail},
    {995, "pop3s", Class::kMail},
    {1080, "socks", Class::kService},
    {1194, "openvpn", Class::kService},
    {1433, "mssql", Class::kFiles},
    {1521, "oracle", Class::kFiles},
    {1701, "l2tp", Class::kService},
    {1723, "pptp", Class::kService},
    {1812, "radius", Class::kNames},
    {1813, "radius-acct", Class::kNames},
    {1883, "mqtt", Class::kService},
    {1900, "ssdp", Class::kNames},
    {2049, "nfs", Class::kFiles},
    {2055, "netflow", Class::kNames},
    {2152, "gtp-u", Class::kService},
    {2404, "iec-104", Class::kService},
    {3128, "http-proxy", Class::kWeb},
    {3268, "gc-ldap", Class::kFiles},
    {3306, "mysql", Class::kFiles},
    {3389, "rdp", Class::kRemote},
    {3478, "stun", Class::kService},
    {3544, "teredo", Class::kService},
    {4500, "ipsec-nat", Class::kService},
    {4789, "vxlan", Class::kService},
    {5004, "rtp", Class::kService},
    {5060, "sip", Class::kService},
    {5061, "sips", Class::kService},
    {5222, "xmpp", Class::kService},
    {5353, "mdns", Class::kNames},
    {5355, "llmnr", Class::kNames},
    {5432, "postgres", Class::kFiles},
    {5555, "adb", Class::kRemote},
    {5672, "amqp", Class::kService},
    {5900, "vnc", Class::kRemote},
    {5985, "winrm", Class::kRemote},
    {6379, "redis", Class::kFiles},
    {6667, "irc", Class::kService},
    {6881, "bittorrent", Class::kService},
    {8000, "http-alt", Class::kWeb},
    {8080, "http-alt", Class::kWeb},
    {8443, "https-alt", Class::kWeb},
    {9100, "printer", Class::kService},
    {9200, "elastic", Class::kFiles},
    {11211, "memcached", Class::kFiles},
    {20000, "dnp3", Class::kService},
    {27017, "mongodb", Class::kFiles},
    {44818, "enip", Class::kService},
    {47808, "bacnet", Class::kService},
};
static_assert(std::ranges::is_sorted(kPorts, {}, &Port::port));

const Port* known(std::uint16_t port) {
  const auto* at = std::ranges::lower_bound(kPorts, port, {}, &Port::port);
  return at != std::end(kPorts) && at->port == port ? at : nullptr;
}

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
