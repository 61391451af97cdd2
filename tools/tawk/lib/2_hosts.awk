# SPDX-License-Identifier: Apache-2.0
# Addresses, ports, protocols.

# Hexadecimal digits of an address in any form: 8 for IPv4, 32 for IPv6, "" for none.
function _ip(a,   n, i, part, out, tail, fill) {
	if (a in _ip_of) return _ip_of[a]
	if (length(_ip_of) > 100000) delete _ip_of
	gsub(/^["[ ]+|["\] ]+$/, "", a)
	if (a ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/) {
		split(a, part, ".")
		for (i = 1; i <= 4; ++i) { if (part[i] > 255) return ""; out = out sprintf("%02x", part[i]) }
	} else if (a ~ /^0[xX][0-9a-fA-F]+$/) {
		out = tolower(substr(a, 3))
		n = length(out) > 8 ? 32 : 8
		while (length(out) < n) out = "0" out
	} else if (a ~ /^[0-9]+$/) {
		if (a + 0 < 4294967296) out = sprintf("%08x", a)
	} else if (a ~ /:/ && a ~ /^[0-9a-fA-F:.]+$/) {
		if (match(a, /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/)) {
			tail = _ip(substr(a, RSTART))
			a = substr(a, 1, RSTART - 1) substr(tail, 1, 4) ":" substr(tail, 5)
		}
		n = split(a, part, ":")
		if (a ~ /^::/) part[1] = "0"
		if (a ~ /::$/) part[n] = "0"
		for (i = 1; i <= n; ++i) {
			if (part[i] == "" && !fill) {
				for (fill = 9 - n; fill > 0; --fill) out = out "0000"
				fill = 1
			} else out = out sprintf("%04x", strtonum("0x" part[i]))
		}
		if (length(out) > 32 && a ~ /^::|::$/) out = a ~ /^::/ ? substr(out, length(out) - 31) : substr(out, 1, 32)
		if (length(out) != 32) out = ""
	}
	return _ip_of[a] = out
}

function _prefix(mask, bits,   hex, n) {
	if (mask ~ /^[0-9]+$/) return mask + 0
	hex = _ip(mask)
	if (hex == "") return -1
	while (substr(hex, n + 1, 1) == "f") ++n
	return n * 4 + (substr(hex, n + 1, 1) == "" ? 0 : index("08ce", substr(hex, n + 1, 1)) - 1)
}

# Whether an address lies in "address", "address/24", "address/255.255.255.0" or "/0xffffff00".
function _in_net(a, net,   part, hex, bits, full, rest) {
	hex = _ip(a)
	if (!(net in _net_hex)) {
		split(net, part, "/")
		_net_hex[net] = _ip(part[1])
		_net_bits[net] = net ~ /\// ? _prefix(part[2]) : length(_net_hex[net]) * 4
		if (_net_hex[net] == "" || _net_bits[net] < 0 || _net_bits[net] > length(_net_hex[net]) * 4)
			_die("'" net "' is not an address or a network such as 10.0.0.0/8")
	}
	if (length(hex) != length(_net_hex[net]) || hex == "") return 0
	bits = _net_bits[net]; full = int(bits / 4); rest = bits % 4
	if (substr(hex, 1, full) != substr(_net_hex[net], 1, full)) return 0
	if (!rest) return 1
	return rshift(strtonum("0x" substr(hex, full + 1, 1)), 4 - rest) == rshift(strtonum("0x" substr(_net_hex[net], full + 1, 1)), 4 - rest)
}
# Tables name the same addresses again and again: answers are remembered.
function _in_nets(a, nets,   n, i, part) {
	if ((a, nets) in _in_nets_of) return _in_nets_of[a, nets]
	if (length(_in_nets_of) > 100000) delete _in_nets_of
	n = split(nets, part, /[,;] */)
	for (i = 1; i <= n; ++i) if (_in_net(a, part[i])) return _in_nets_of[a, nets] = 1
	return _in_nets_of[a, nets] = 0
}

## host([net]) | whether source or destination address is in a network; without: both | host("10.0.0.0/8")
function host(n) {
	if (!_given(n)) return shost() OFS dhost()
	return shost(n) || dhost(n)
}
## shost([net]) | the same for the source address | shost("10.1.2.3")
function shost(n) {
	if (!_given(n)) return _cell(_validate_col("srcIP"))
	return _hrow == NR ? !_drop : _in_nets($_validate_col("srcIP"), n)
}
## dhost([net]) | the same for the destination address | dhost("2001:db8::/32")
function dhost(n) {
	if (!_given(n)) return _cell(_validate_col("dstIP"))
	return _hrow == NR ? !_drop : _in_nets($_validate_col("dstIP"), n)
}
## net([net]) | the same as host | net("10.0.0.0/8")
function net(n) { if (!_given(n)) return host(); return host(n) }
## snet([net]) | the same as shost | snet("10.0.0.0/8")
function snet(n) { if (!_given(n)) return shost(); return shost(n) }
## dnet([net]) | the same as dhost | dnet("10.0.0.0/8")
function dnet(n) { if (!_given(n)) return dhost(); return dhost(n) }

## ipinnet(ip, net[, mask]) | whether an address lies in a network | ipinnet($srcIP, "10.0.0.0/8")
function ipinnet(a, n, mask) {
	if (_hrow == NR) return !_drop
	return _in_net(a, _given(mask) ? n "/" mask : n)
}
## ipinrange(ip, low, high) | whether an address lies between two others | ipinrange($srcIP, "10.0.0.1", "10.0.0.9")
function ipinrange(a, low, high) {
	if (_hrow == NR) return !_drop
	a = _ip(a); low = _ip(low); high = _ip(high)
	return a != "" && length(a) == length(low) && a "" >= low "" && a "" <= high ""
}
## privip(ip) | whether an IPv4 address is private | privip($srcIP)
function privip(a) { return _hrow == NR ? !_drop : _in_nets(a, "10.0.0.0/8;172.16.0.0/12;192.168.0.0/16") }
## mcast(ip) | whether an address is a multicast address | mcast($dstIP)
function mcast(a) { return _hrow == NR ? !_drop : _in_nets(a, "224.0.0.0/4;ff00::/8") }
## loopback(ip) | whether an address is that of the machine itself | loopback($dstIP)
function loopback(a) { return _hrow == NR ? !_drop : _in_nets(a, "127.0.0.0/8;::1") }
## ip2hex(ip) | hexadecimal form of an address | ip2hex("1.2.3.4")
function ip2hex(a) { if (_hrow == NR) return a; a = _ip(a); return a == "" ? "" : "0x" a }
## ip2num(ip) | an IPv4 address as a number | ip2num("1.2.3.4")
function ip2num(a) { if (_hrow == NR) return a; a = _ip(a); return a == "" ? "" : strtonum("0x" a) }
## ip2str(ip) | text form of an IPv4 address | ip2str(0x01020304)
function ip2str(a) {
	if (_hrow == NR) return a
	a = _ip(a)
	if (length(a) != 8) return ""
	return strtonum("0x" substr(a, 1, 2)) "." strtonum("0x" substr(a, 3, 2)) "." strtonum("0x" substr(a, 5, 2)) "." strtonum("0x" substr(a, 7, 2))
}
## ip6expand(ip[, trim]) | all digits of an IPv6 address; trim: without leading zeros | ip6expand("::1")
function ip6expand(a, trim,   i, out, part) {
	if (_hrow == NR) return a
	a = _ip(a)
	if (length(a) != 32) return ""
	for (i = 1; i < 32; i += 4) {
		part = substr(a, i, 4)
		if (trim) sub(/^0{1,3}/, "", part)
		out = out (i > 1 ? ":" : "") part
	}
	return out
}
## ip6compress(ip) | the shortest form of an IPv6 address | ip6compress("2001:0db8:0:0:0:0:0:1")
function ip6compress(a,   out, best, i) {
	if (_hrow == NR) return a
	out = ":" ip6expand(a, 1) ":"
	if (out == "::") return ""
	for (i = 8; i > 1; --i) {
		best = ":0"; while (length(best) < i * 2) best = best ":0"
		if (index(out, best ":")) { sub(best ":", "::", out); break }
	}
	if (out !~ /^::/) sub(/^:/, "", out)
	if (out !~ /::$/) sub(/:$/, "", out)
	return out
}
## ip62str(ip) | the same as ip6compress | ip62str("0x20010db8000000000000000000000001")
function ip62str(a) { return ip6compress(a) }
## ip2mask(ip) | prefix length of an address with its network bits set | ip2mask("255.255.255.0")
function ip2mask(a) { return _hrow == NR ? a : _prefix(a ~ /^[0-9]+$/ ? ip2hex(a) : a) }
## mask2ip(n) | an IPv4 mask in hexadecimal | mask2ip(24)
function mask2ip(n) { return _hrow == NR ? n : sprintf("0x%08x", n <= 0 ? 0 : 4294967296 - 2 ^ (32 - n)) }
## mask2ipstr(n) | an IPv4 mask as text | mask2ipstr(24)
function mask2ipstr(n) { return _hrow == NR ? n : ip2str(mask2ip(n)) }

## mask2ip6(n) | an IPv6 mask in hexadecimal | mask2ip6(64)
function mask2ip6(n,   i, out) {
	if (_hrow == NR) return n
	for (i = 0; i < 32; ++i) out = out substr("08cef", (n >= i * 4 + 4 ? 4 : n > i * 4 ? n - i * 4 : 0) + 1, 1)
	return "0x" out
}
## mask2ip6str(n) | an IPv6 mask as text | mask2ip6str(64)
function mask2ip6str(n) { return _hrow == NR ? n : ip6compress(mask2ip6(n)) }

# ---- ports and protocols

## port([list]) | whether source or destination port is in the list; without: both | port("20-21")
function port(list) {
	if (!_given(list)) return sport() OFS dport()
	return sport(list) || dport(list)
}
## sport([list]) | the same for the source port | sport(21)
function sport(list) { return _select("srcPort", list, _given(list)) }
## dport([list]) | the same for the destination port | dport("20-21")
function dport(list) { return _select("dstPort", list, _given(list)) }
## proto([list]) | whether the protocol number is in the list; without: the number | proto("6;17")
function proto(list) { return _select("l4Proto", list, _given(list)) }

function _status(mask) { return bitsanyset($_validate_col("flowStat"), mask) != 0 }
## ip() | IPv4 or IPv6 | ip()
function ip() { return _hrow == NR ? !_drop : _status("0xc000") }
## ipv4() | IPv4 | ipv4()
function ipv4() { return _hrow == NR ? !_drop : _status("0x4000") }
## ipv6() | IPv6 | ipv6()
function ipv6() { return _hrow == NR ? !_drop : _status("0x8000") }

function _protocol(number, p) {
	if (_given(p)) return _hrow == NR ? !_drop : p == number
	return _hrow == NR ? !_drop : $_validate_col("l4Proto") == number
}
## icmp([p]) | protocol 1 | icmp()
function icmp(p) { return _protocol(1, p) }
## igmp([p]) | protocol 2 | igmp()
function igmp(p) { return _protocol(2, p) }
## tcp([p]) | protocol 6 | tcp()
function tcp(p) { return _protocol(6, p) }
## udp([p]) | protocol 17 | udp()
function udp(p) { return _protocol(17, p) }
## rsvp([p]) | protocol 46 | rsvp()
function rsvp(p) { return _protocol(46, p) }
## gre([p]) | protocol 47 | gre()
function gre(p) { return _protocol(47, p) }
## esp([p]) | protocol 50 | esp()
function esp(p) { return _protocol(50, p) }
## ah([p]) | protocol 51 | ah()
function ah(p) { return _protocol(51, p) }
## icmp6([p]) | protocol 58 | icmp6()
function icmp6(p) { return _protocol(58, p) }
## sctp([p]) | protocol 132 | sctp()
function sctp(p) { return _protocol(132, p) }
## proto2str(p) | short name of a protocol, or the number | proto2str(6)
function proto2str(p,   line, part, inside) {
	if (_hrow == NR) return p
	if (!(6 in _protocol_name)) {
		while ((getline line < (_share "/values.txt")) > 0) {
			if (line ~ /^\[/) inside = line == "[l4Proto]"
			else if (inside && split(line, part, "\t") == 2 && part[1] !~ /-/ && part[2] !~ /^any |^Reserved/) {
				sub(/:.*/, "", part[2])
				_protocol_name[part[1]] = part[2]
			}
		}
		close(_share "/values.txt")
	}
	return p in _protocol_name ? _protocol_name[p] : p
}

function _cells(names,   n, i, part, out) {
	n = split(names, part, " ")
	for (i = 1; i <= n; ++i) out = out (i > 1 ? OFS : "") _cell(_validate_col(part[i]))
	return out
}
## tuple2() | source and destination address | { print tuple2() }
function tuple2() { return _cells("srcIP dstIP") }
## tuple3() | addresses and destination port | { print tuple3() }
function tuple3() { return _cells("srcIP dstIP dstPort") }
## tuple4() | addresses and ports | { print tuple4() }
function tuple4() { return _cells("srcIP srcPort dstIP dstPort") }
## tuple5() | addresses, ports and protocol | { print tuple5() }
function tuple5() { return _cells("srcIP srcPort dstIP dstPort l4Proto") }
## tuple6() | addresses, ports, protocol and VLAN | { print tuple6() }
function tuple6() { return _cells("srcIP srcPort dstIP dstPort l4Proto vlanID") }

function _mac(column, list,   n, i, j, m, part, cells) {
	if (!_given(list)) return _cell(_validate_col(column))
	if (_hrow == NR) return !_drop
	m = split(tolower($_validate_col(column)), cells, ";")
	n = split(tolower(list), part, /[,;] */)
	for (i = 1; i <= n; ++i) for (j = 1; j <= m; ++j) {
		gsub(/[-:.]|^0x/, "", part[i]); gsub(/[-:.]|^0x/, "", cells[j])
		if (part[i] == cells[j]) return 1
	}
	return 0
}
## smac([list]) | whether the source MAC address is in the list | smac("00:16:36:a9:08:20")
function smac(list) { return _mac("srcMac", list) }
## dmac([list]) | whether the destination MAC address is in the list | dmac("00:16:36:a9:08:20")
function dmac(list) { return _mac("dstMac", list) }
## mac([list]) | one of both | mac("00:16:36:a9:08:20")
function mac(list) { if (!_given(list)) return smac() OFS dmac(); return smac(list) || dmac(list) }
## sether([list]) | the same as smac | sether("00:16:36:a9:08:20")
function sether(list) { return _mac("srcMac", list) }
## dether([list]) | the same as dmac | dether("00:16:36:a9:08:20")
function dether(list) { return _mac("dstMac", list) }
## ether([list]) | the same as mac | ether("00:16:36:a9:08:20")
function ether(list) { if (!_given(list)) return mac(); return mac(list) }

## tcpflags([spec]) | flags as text WEUAPRSF; with spec: those that must be set, behind ! those that must not | tcpflags("S!A")
function tcpflags(spec,   names, i, c, value, out, want) {
	if (_hrow == NR) return _given(spec) ? !_drop : _cell(_validate_col("tcpFlags"))
	names = "FSRPAUEW"
	value = strtonum($_validate_col("tcpFlags"))
	if (!_given(spec)) {
		for (i = 8; i > 0; --i) out = out (and(value, 2 ^ (i - 1)) ? substr(names, i, 1) : ".")
		return out
	}
	want = 1
	for (i = 1; i <= length(spec); ++i) {
		c = substr(spec, i, 1)
		if (c == "!") { want = 0; continue }
		if (!index(names, c)) _die("'" c "' is not a TCP flag: expected letters of WEUAPRSF and !")
		if ((and(value, 2 ^ (index(names, c) - 1)) != 0) != want) return 0
	}
	return 1
}
function _active(column, ignored) { return _hrow == NR ? !_drop : bitsanyset($_validate_col(column), "0xffffffff") && !bfeq($_validate_col(column), ignored) }
## dhcp() | rows of dhcpDecode | dhcp()
function dhcp() { return _active("dhcpStat", "0x0") }
## dns() | rows of dnsDecode | dns()
function dns() { return _active("dnsStat", "0x2") }
## http() | rows of httpSniffer | http()
function http() { return _active("httpStat", "0x0") }
