// SPDX-License-Identifier: Apache-2.0
#include "label/special.h"

#include "label/list_file.h"

namespace t2 {
namespace {

struct Special {
  const char* range;
  const char* code;
  const char* name;
};

constexpr Special kSpecial[] = {
    {"127.0.0.0/8", "01", "Loopback"},
    {"169.254.0.0/16", "02", "Link-local"},
    {"10.0.0.0/8", "04", "Private network"},
    {"172.16.0.0/12", "05", "Private network"},
    {"192.0.0.0/24", "06", "Private network"},
    {"192.168.0.0/16", "07", "Private network"},
    {"198.18.0.0/15", "08", "Private network"},
    {"224.0.0.0/4", "10", "Multicast"},
    {"224.0.0.1", "10", "All Systems on this Subnet"},
    {"224.0.0.2", "10", "All Routers on this Subnet"},
    {"224.0.0.4", "10", "DVMRP Routers"},
    {"224.0.0.5", "10", "OSPF IGP All Routers"},
    {"224.0.0.6", "10", "OSPF IGP Designated Routers"},
    {"224.0.0.9", "10", "RIP2 Routers"},
    {"224.0.0.10", "10", "EIGRP Routers"},
    {"224.0.0.12", "10", "DHCP Server / Relay Agent"},
    {"224.0.0.13", "10", "All PIM Routers"},
    {"224.0.0.18", "10", "VRRP"},
    {"224.0.0.22", "10", "IGMP"},
    {"224.0.0.102", "10", "HSRP"},
    {"224.0.0.107", "10", "PTP-pdelay"},
    {"224.0.0.251", "10", "mDNS"},
    {"224.0.0.252", "10", "Link-local Multicast Name Resolution"},
    {"224.0.0.253", "10", "Teredo"},
    {"224.0.1.1", "10", "NTP Network Time Protocol"},
    {"224.0.1.39", "10", "cisco-rp-announce"},
    {"224.0.1.40", "10", "cisco-rp-discovery"},
    {"224.0.1.129", "10", "PTP-primary"},
    {"224.0.1.187", "10", "All CoAP Nodes"},
    {"233.0.0.0/9", "10", "GLOP Block"},
    {"234.0.0.0/8", "10", "Unicast-Prefix-based Multicast Addresses"},
    {"239.0.0.0/8", "10", "Organization-Local Scope"},
    {"255.255.255.255", "11", "Broadcast"},
    {"100.64.0.0/10", "20", "Shared address space"},
    {"192.0.2.0/24", "21", "TEST-NET-1"},
    {"198.51.100.0/24", "22", "TEST-NET-2"},
    {"203.0.113.0/24", "23", "TEST-NET-3"},
    {"240.0.0.0/4", "24", "Reserved"},
    {"192.88.99.0/24", "60", "IPv6 to IPv4 relay"},
    {"::1", "01", "Loopback"},
    {"fe80::/10", "02", "Link-local"},
    {"fc00::/7", "04", "Unique local"},
    {"ff00::/8", "10", "Multicast"},
    {"ff02::1", "10", "All Nodes Address"},
    {"ff02::2", "10", "Routers Address"},
    {"ff02::16", "10", "MLDv2-capable routers"},
    {"ff02::101", "10", "NTP"},
    {"ff02::130", "10", "UPnP"},
    {"ff02::1:2", "10", "DHCP_Relay_Agents_and_Servers"},
    {"ff02::1:3", "10", "mulicast name resolution"},
    {"ff02::1:ff00:0/104", "10", "Solicited node Link-local"},
    {"100::/64", "25", "Discard prefix"},
    {"2001:20::/28", "26", "ORCHIDv2"},
    {"2001:db8::/32", "27", "doc and example source"},
    {"::ffff:0:0:0/96", "62", "IPv4 translated"},
    {"64:ff9b::/96", "63", "IPv4/6 translation"},
    {"2001::/32", "64", "Teredo"},
    {"2002::/16", "65", "6to4 (deprecated)"},
};

}  // namespace

void add_special_ranges(LabelPool& pool, RangeTable& ranges) {
  for (const Special& s : kSpecial) {
    Label l;
    l.country = s.code;
    l.organisation = s.name;
    l.latitude = l.longitude = 666;  // the reference's mark for "no place"
    l.radius = -1;
    AddressNumber first = 0, last = 0;
    if (parse_range(s.range, first, last)) ranges.add(first, last, pool.intern(l));
  }
}

}  // namespace t2
