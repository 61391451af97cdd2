# SPDX-License-Identifier: Apache-2.0
# The functions of tawk (spec tools 3.5). Names that begin with `_` are not for users. A line
# `## name(arguments) | meaning | example` documents a function for -g and -d.
# Conventions: functions that test are true on the header row; functions that give values give the
# names of their columns there. Nothing here calls a shell.

# ---------------------------------------------------------------- columns and header

function _begin(names, mark, drop,   n, i, part) {
	_mark = mark; _drop = drop; _hrow = -1
	n = split(names, part, "\t")
	for (i = n; i > 0; --i) { COL[i] = part[i]; COL[part[i]] = i }
}

# A header row of the input: COL follows it. Zeek's has one cell more than its data.
function _header(shift,   i, name) {
	_hrow = NR; _shifted = shift
	if (NR == FNR && !shift && !_fresh++) return  # the launcher has read this one
	if (shift) return
	delete COL; delete _number
	for (i = NF; i > 0; --i) {
		name = $i
		if (i == 1 && substr(name, 1, length(_mark)) == _mark) name = substr(name, length(_mark) + 1)
		gsub(/^ +| +$/, "", name)
		gsub(/[ -\/()\[\]{}]/, "_", name)
		if (name ~ /^[0-9]/) name = "_" name
		COL[i] = name; COL[name] = i
	}
}

function _die(text) { print text > "/dev/stderr"; _failed = 1; exit 1 }
END { if (_failed) exit 1 }

# On the header row: a cell without the mark.
function _cell(n) { return (n == 1 || _shifted) && _hrow == NR ? COL[n] : $n }

## _validate_col(names) | number of the first existing column of a list separated by ';' | $_validate_col("srcIP;srcIP4")
function _validate_col(names,   n, i, part) {
	if (names in _number) return _number[names]
	n = split(names, part, ";")
	for (i = 1; i <= n; ++i) if (part[i] in COL) return _number[names] = COL[part[i]]
	gsub(/;/, "' or '", names)
	_die(n == 1 ? "Column '" names "' does not exist" : "None of the columns '" names "' do exist")
}

function _has(names,   n, i, part) {
	n = split(names, part, ";")
	for (i = 1; i <= n; ++i) if (part[i] in COL) return 1
	return 0
}

## hdr() | true on the header row | hdr() || $srcPort == 21
function hdr() { return _hrow == NR && !_drop }

## not(q) | negation that keeps the header | not(tcp())
function not(q) { return hdr() || !q }

## wildcard(re) | the columns whose name matches; !re: does not match | { print wildcard("^ftp") }
function wildcard(re,   i, out, any, invert) {
	invert = sub(/^!/, "", re)
	for (i = 1; i <= NF; ++i) if ((COL[i] ~ re) != invert) { out = out (any ? OFS : "") $i; any = 1 }
	return out
}

# Whether a number is in a list like "1-3;5,0x10".
function _in_list(value, list,   n, i, part, low, high) {
	if (!(list in _list_n)) {
		n = split(list, part, /[,;]/)
		for (i = 1; i <= n; ++i) {
			gsub(/^[ ]+|[ ]+$/, "", part[i])
			if (part[i] !~ /^(0[xX][0-9a-fA-F]+|[0-9]+)(-(0[xX][0-9a-fA-F]+|[0-9]+))?$/)
				_die("'" part[i] "' is not a number or range such as 4 or 1-3")
			split(part[i], low, "-")
			_list[list, i, 1] = strtonum(low[1])
			_list[list, i, 2] = part[i] ~ /-/ ? strtonum(low[2]) : strtonum(low[1])
		}
		_list_n[list] = n
	}
	if (value == "") return 0
	value = strtonum(value)
	for (i = 1; i <= _list_n[list]; ++i)
		if (value >= _list[list, i, 1] && value <= _list[list, i, 2]) return 1
	return 0
}

# A selector: the value without a list, else the test.
function _select(names, list, given,   n) {
	if (_hrow == NR && given) return !_drop
	n = _validate_col(names)
	return given ? _in_list($n, list) : _cell(n)
}
function _given(x) { return typeof(x) != "untyped" && typeof(x) != "unassigned" }

## flow([list]) | whether the flow index is in the list; without list: the index | flow("1-3;5")
function flow(list) { return _select("flowInd", list, _given(list)) }
## packet([list]) | whether the packet number is in the list; without list: the number | packet("4;10")
function packet(list) { return _select("pktNo", list, _given(list)) }

# ---------------------------------------------------------------- bits, exact for 64 of them

# _hi, _lo: the halves of a number or of hexadecimal text.
function _halves(v,   s) {
	s = v ""
	if (s ~ /^0[xX]/) {
		s = substr(s, 3)
		if (s !~ /^[0-9a-fA-F]+$/) _die("'" v "' is not a hexadecimal number")
		_hi = length(s) > 8 ? strtonum("0x" substr(s, 1, length(s) - 8)) : 0
		_lo = strtonum("0x" (length(s) > 8 ? substr(s, length(s) - 7) : s))
	} else {
		if (s != "" && s !~ /^[0-9]+(\.[0-9]*)?([eE]\+?[0-9]+)?$/) _die("'" v "' is not a number such as 0x2000")
		_hi = int(v / 4294967296)
		_lo = v - _hi * 4294967296
	}
}

## bitsanyset(v, mask) | whether v has a bit of mask; gives the common bits | bitsanyset($tcpAnomaly, 0x2000)
function bitsanyset(v, mask,   h, l) {
	if (_hrow == NR) return !_drop
	_halves(mask); h = _hi; l = _lo
	_halves(v)
	return and(h, _hi) * 4294967296 + and(l, _lo)
}
## bitsallset(v, mask) | whether v has all bits of mask | bitsallset($ftpStat, 0x09)
function bitsallset(v, mask,   h, l) {
	if (_hrow == NR) return !_drop
	_halves(mask); h = _hi; l = _lo
	_halves(v)
	return and(h, _hi) == h && and(l, _lo) == l
}
## bfeq(a, b) | whether two numbers, hexadecimal or decimal, are equal | bfeq($ftpStat, 0x09)
function bfeq(a, b,   h, l) {
	if (_hrow == NR) return !_drop
	_halves(b); h = _hi; l = _lo
	_halves(a)
	return a != "" && h == _hi && l == _lo
}
## bitshift(n, t[, right[, 16]]) | n shifted by t bits, as a byte; 16: in hexadecimal | bitshift(0x45, 4, 1)
function bitshift(n, t, right, base,   i, parts, count, out, v) {
	if (_hrow == NR) return n
	count = split(n, parts, ";")
	for (i = 1; i <= count; ++i) {
		v = strtonum(parts[i])
		v = right ? rshift(v, t) : and(lshift(v, t), 255)
		out = out (i > 1 ? ";" : "") (base == 16 ? sprintf("0x%02x", v) : v)
	}
	return out
}
## nibble_swap(n[, 16]) | a byte with its halves swapped | nibble_swap(0x45, 16)
function nibble_swap(n, base,   v) {
	if (_hrow == NR) return n
	v = strtonum(n); v = and(lshift(v, 4), 240) + rshift(and(v, 240), 4)
	return base == 16 ? sprintf("0x%02x", v) : v
}
## tobits(n) | binary digits, a multiple of eight | tobits(0x45)
function tobits(n, base,   i, out) {
	if (_hrow == NR) return n
	_halves(base == 16 && n !~ /^0[xX]/ ? "0x" n : n)
	for (i = 31; i >= 0; --i) out = out and(rshift(_hi, i), 1)
	for (i = 31; i >= 0; --i) out = out and(rshift(_lo, i), 1)
	while (length(out) > 8 && out ~ /^00000000/) out = substr(out, 9)
	return out
}

# ---------------------------------------------------------------- addresses

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
function _in_nets(a, nets,   n, i, part) {
	n = split(nets, part, /[,;] */)
	for (i = 1; i <= n; ++i) if (_in_net(a, part[i])) return 1
	return 0
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

# ---------------------------------------------------------------- ports and protocols

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
function proto2str(p,   n, i, part) {
	if (_hrow == NR) return p
	if (!(6 in _protocol_name)) {
		n = split("0 HOPOPT 1 ICMP 2 IGMP 3 GGP 4 IPv4 6 TCP 8 EGP 9 IGP 17 UDP 27 RDP 33 DCCP 41 IPv6 43 IPv6-Route 44 IPv6-Frag 46 RSVP 47 GRE 50 ESP 51 AH 58 ICMPv6 59 IPv6-NoNxt 60 IPv6-Opts 87 TCF 88 EIGRP 89 OSPF 94 IPIP 97 ETHERIP 103 PIM 108 IPComp 112 VRRP 115 L2TP 132 SCTP 136 UDPLite 137 MPLS-in-IP", part, " ")
		for (i = 1; i < n; i += 2) _protocol_name[part[i]] = part[i + 1]
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

# ---------------------------------------------------------------- text and lists

function _bare(v) { return v ~ /^".*"$/ && length(v) > 1 ? substr(v, 2, length(v) - 2) : v }
## strisempty(v) | empty or "" | strisempty($ftpUser)
function strisempty(v) { return _hrow == NR ? !_drop : v == "" || v == "\"\"" }
## streq(v, x) | equal; quotes around v do not count | streq($srcIPCC, "us")
function streq(v, x) { return _hrow == NR ? !_drop : _bare(v) "" == x "" }
## streqi(v, x) | equal, in any case | streqi($srcIPCC, "US")
function streqi(v, x) { return _hrow == NR ? !_drop : streq(tolower(v), tolower(x)) }
## strneq(v, x) | different | strneq($srcIPCC, "us")
function strneq(v, x) { return _hrow == NR ? !_drop : !streq(v, x) }
## strneqi(v, x) | different, in any case | strneqi($srcIPCC, "US")
function strneqi(v, x) { return _hrow == NR ? !_drop : !streqi(v, x) }
## hasprefix(v, x) | begins with x | hasprefix($hdrDesc, "eth")
function hasprefix(v, x) { return _hrow == NR ? !_drop : substr(_bare(v), 1, length(x)) == x }
## hasprefixi(v, x) | begins with x, in any case | hasprefixi($hdrDesc, "ETH")
function hasprefixi(v, x) { return _hrow == NR ? !_drop : hasprefix(tolower(v), tolower(x)) }
## hassuffix(v, x) | ends with x | hassuffix($hdrDesc, "tcp")
function hassuffix(v, x) { v = _bare(v); return _hrow == NR ? !_drop : length(v) >= length(x) && substr(v, length(v) - length(x) + 1) == x }
## hassuffixi(v, x) | ends with x, in any case | hassuffixi($hdrDesc, "TCP")
function hassuffixi(v, x) { return _hrow == NR ? !_drop : hassuffix(tolower(v), tolower(x)) }
## contains(v, x) | x stands somewhere in v | contains($ftpCP, ".jpg")
function contains(v, x) { return _hrow == NR ? !_drop : index(v, x) > 0 }
## containsi(v, x) | x stands somewhere in v, in any case | containsi($ftpCP, ".JPG")
function containsi(v, x) { return _hrow == NR ? !_drop : index(tolower(v), tolower(x)) > 0 }

# The parts of a list into `part`; separators inside quotes do not count.
function _parts(v, sep, part,   i, c, n, quoted, piece) {
	delete part
	if (v == "") return 0
	if (index(v, "\"") == 0) return split(v, part, sep == "." || sep == "|" || sep == " " ? "[" sep "]" : sep)
	for (i = 1; i <= length(v); ++i) {
		c = substr(v, i, 1)
		if (c == "\\" && quoted) { piece = piece c substr(v, ++i, 1); continue }
		if (c == "\"") quoted = !quoted
		if (!quoted && substr(v, i, length(sep)) == sep) { part[++n] = piece; piece = ""; i += length(sep) - 1 } else piece = piece c
	}
	part[++n] = piece
	return n
}
## t2split(v, sep[, n[, osep]]) | item n of a list, from 1, negative from the end, or several: "1;-1"; 0: all | t2split($ftpCC, ";", -1)
function t2split(v, sep, n, osep,   count, part, wanted, i, k, out, any) {
	if (_hrow == NR) return v
	if (!_given(osep)) osep = OFS
	count = _parts(v, sep, part)
	if (!_given(n) || n == "" || n == 0) {
		for (i = 1; i <= count; ++i) out = out (i > 1 ? osep : "") part[i]
		return out
	}
	k = split(n, wanted, /[,;]/)
	for (i = 1; i <= k; ++i) {
		n = wanted[i] < 0 ? count + 1 + wanted[i] : wanted[i] + 0
		out = out (any++ ? osep : "") (n >= 1 && n <= count ? part[n] : "")
	}
	return out
}
## splitr(v[, n[, osep]]) | items of a repetitive value (;), as t2split | splitr($ftpCC, 1)
function splitr(v, n, osep) { return t2split(v, ";", _given(n) ? n : 0, _given(osep) ? osep : OFS) }
## splitc(v[, n[, osep]]) | items of a compound value (_), as t2split | splitc($ip6OptCntHH_D, 2)
function splitc(v, n, osep) { return t2split(v, "_", _given(n) ? n : 0, _given(osep) ? osep : OFS) }
## valcontains(v, sep, x) | whether an item of a list equals x | valcontains($ftpCC, ";", "RETR")
function valcontains(v, sep, x,   i, n, part) {
	if (_hrow == NR) return !_drop
	n = _parts(v, sep, part)
	for (i = 1; i <= n; ++i) if (_bare(part[i]) "" == x "") return 1
	return 0
}
## valcontainsi(v, sep, x) | the same, in any case | valcontainsi($ftpCC, ";", "retr")
function valcontainsi(v, sep, x) { return valcontains(tolower(v), sep, tolower(x)) }
## rvalcontains(v, x) | the same for a repetitive value | rvalcontains($ftpCC, "RETR")
function rvalcontains(v, x) { return valcontains(v, ";", x) }
## rvalcontainsi(v, x) | the same, in any case | rvalcontainsi($ftpCC, "retr")
function rvalcontainsi(v, x) { return valcontainsi(v, ";", x) }
## cvalcontains(v, x) | the same for a compound value | cvalcontains($ip6OptCntHH_D, "0")
function cvalcontains(v, x) { return valcontains(v, "_", x) }
## cvalcontainsi(v, x) | the same, in any case | cvalcontainsi($ip6OptCntHH_D, "0")
function cvalcontainsi(v, x) { return valcontainsi(v, "_", x) }

## quote(v) | with double quotes | quote($srcIPCC)
function quote(v) { return _hrow == NR ? v : "\"" v "\"" }
## unquote(v) | without the double quotes around it | unquote($srcIPOrg)
function unquote(v) { return _hrow == NR ? v : _bare(v) }
## strip(v) | without blanks on both sides | strip(" a ")
function strip(v) { return lstrip(rstrip(v)) }
## lstrip(v) | without blanks on the left | lstrip(" a")
function lstrip(v) { sub(/^[ \t\r\n]+/, "", v); return v }
## rstrip(v) | without blanks on the right | rstrip("a ")
function rstrip(v) { sub(/[ \t\r\n]+$/, "", v); return v }
## chomp(v) | without the line ends | chomp("a\n")
function chomp(v) { sub(/[\r\n]+$/, "", v); return v }
## join(array, sep) | the items 1, 2, ... of an array | n = split("a b", x, " ") { print join(x, "-") }
function join(a, sep,   i, out) {
	for (i = 1; i in a; ++i) out = out (i > 1 ? sep : "") a[i]
	return out
}
function _ordinals(   i) { for (i = 0; i < 256; ++i) _ord[sprintf("%c", i)] = i }
## urldecode(v) | with %41 as A and + as blank | urldecode("a%20b")
function urldecode(v,   out) {
	if (_hrow == NR) return v
	gsub(/\+/, " ", v)
	while (match(v, /%[0-9a-fA-F][0-9a-fA-F]/)) {
		out = out substr(v, 1, RSTART - 1) sprintf("%c", strtonum("0x" substr(v, RSTART + 1, 2)))
		v = substr(v, RSTART + 3)
	}
	return out v
}
function _base64_digits() { return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }
# Base64 of hexadecimal digits.
function _hex64(hex,   i, n, out, digits, group) {
	digits = _base64_digits()
	for (i = 1; i <= length(hex); i += 6) {
		group = substr(hex, i, 6); n = length(group) / 2
		while (length(group) < 6) group = group "00"
		group = strtonum("0x" group)
		out = out substr(digits, rshift(group, 18) + 1, 1) substr(digits, and(rshift(group, 12), 63) + 1, 1)
		out = out (n > 1 ? substr(digits, and(rshift(group, 6), 63) + 1, 1) : "=") (n > 2 ? substr(digits, and(group, 63) + 1, 1) : "=")
	}
	return out
}
# Hexadecimal digits of text, UTF-8 in any locale.
function _hex_of(v,   i, c, n, out) {
	if (!(" " in _ord)) _ordinals()
	for (i = 1; i <= length(v); ++i) {
		c = substr(v, i, 1)
		if (!(c in _ord)) { for (n = 128; n < 1114112 && sprintf("%c", n) != c; ++n); _ord[c] = n }
		n = _ord[c]
		if (n < 128 || length(sprintf("%c", 256)) > 1) out = out sprintf("%02x", n)
		else if (n < 2048) out = out sprintf("%02x%02x", 192 + int(n / 64), 128 + n % 64)
		else if (n < 65536) out = out sprintf("%02x%02x%02x", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
		else out = out sprintf("%02x%02x%02x%02x", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
	}
	return out
}
## base64(v) | text as base64 | base64("USER")
function base64(v) { return _hrow == NR ? v : _hex64(_hex_of(v)) }
## base64d(v) | the text of base64 | base64d("VVNFUg==")
function base64d(v,   i, j, n, out, digits, bits, count) {
	if (_hrow == NR) return v
	digits = _base64_digits()
	gsub(/[=\r\n ]/, "", v)
	for (i = 1; i <= length(v); ++i) {
		j = index(digits, substr(v, i, 1))
		if (!j) return ""
		bits = bits * 64 + j - 1; count += 6
		if (count >= 8) { count -= 8; n = int(bits / 2 ^ count); out = out sprintf("%c", n); bits -= n * 2 ^ count }
	}
	return out
}
## texscape(v) | text for TeX | texscape("a_b")
function texscape(v) { if (_hrow == NR) return v; gsub(/[#$%&_{}]/, "\\\\&", v); return v }
## isset(v) | not empty | isset($ftpCC)
function isset(v) { return _hrow == NR ? !_drop : v != "" }
## isnum(v) | a number | isnum($duration)
function isnum(v) { return _hrow == NR ? !_drop : isint(v) || isfloat(v) }
## isint(v) | an integer | isint($flowInd)
function isint(v) { return _hrow == NR ? !_drop : v ~ /^[-+]?[0-9]+$/ }
## isuint(v) | an integer without sign | isuint($flowInd)
function isuint(v) { return _hrow == NR ? !_drop : v ~ /^[0-9]+$/ }
## isfloat(v) | a number with a point | isfloat($duration)
function isfloat(v) { return _hrow == NR ? !_drop : v ~ /^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/ || v ~ /^[-+]?[0-9]+[eE][-+]?[0-9]+$/ }
## isip(v) | an IPv4 address | isip($srcIP)
function isip(v) { return _hrow == NR ? !_drop : v ~ /^[0-9.]+$/ && v ~ /\./ && length(_ip(v)) == 8 }
## isip6(v) | an IPv6 address | isip6($srcIP)
function isip6(v) { return _hrow == NR ? !_drop : v ~ /:/ && length(_ip(v)) == 32 }
## isipstr(v) | an address as text | isipstr($srcIP)
function isipstr(v) { return _hrow == NR ? !_drop : isip(v) || isip6(v) }
## isiphex(v) | an address in hexadecimal | isiphex("0x01020304")
function isiphex(v) { return _hrow == NR ? !_drop : v ~ /^0[xX]([0-9a-fA-F]{8}|[0-9a-fA-F]{32})$/ }
## isipnum(v) | an IPv4 address as a number | isipnum(16909060)
function isipnum(v) { return _hrow == NR ? !_drop : v ~ /^[0-9]+$/ && v < 4294967296 }

# ---------------------------------------------------------------- time

# Seconds since 1970 of a date in UTC (valid from year 1 on).
function _seconds(y, m, d, h, mi, s,   era, doy) {
	y -= m <= 2
	era = int(y / 400)
	doy = int((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1
	y -= era * 400
	return (era * 146097 + y * 365 + int(y / 4) - int(y / 100) + doy - 719468) * 86400 + h * 3600 + mi * 60 + s
}
function _date(t, utc_,   whole, fraction) {
	if (_hrow == NR || t !~ /^[0-9]+(\.[0-9]+)?$/) return t
	whole = t; sub(/\..*/, "", whole)
	fraction = substr(t "", length(whole) + 1)
	return strftime("%Y-%m-%d %H:%M:%S", whole, utc_) fraction (utc_ ? "Z" : strftime("%z", whole))
}
## utc(t) | seconds since 1970 as a date in UTC | utc($timeFirst)
function utc(t) { return _date(t, 1) }
## localtime(t) | seconds since 1970 as a local date | localtime($timeFirst)
function localtime(t) { return _date(t, 0) }
## timestamp(date) | a date as seconds since 1970; without zone: UTC | timestamp("2007-01-07T18:49:26.739929Z")
function timestamp(v,   part, offset, seconds) {
	if (_hrow == NR) return v
	if (!match(v, /^([0-9]{4})-([0-9]{2})-([0-9]{2})([T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?$/, part)) return v
	seconds = _seconds(part[1], part[2] + 0, part[3] + 0, part[5] + 0, part[6] + 0, part[7] + 0)
	offset = part[9]
	if (offset ~ /^[-+]/) {
		gsub(/:/, "", offset)
		seconds -= (substr(offset, 1, 1) "1") * (substr(offset, 2, 2) * 3600 + substr(offset, 4, 2) * 60)
	}
	return seconds part[8]
}

# ---------------------------------------------------------------- numbers

## abs(x) | absolute value | abs(-1)
function abs(x) { return x < 0 ? -x : x }
## log2(x) | logarithm to base 2 | log2(8)
function log2(x) { return log(x) / log(2) }
## min2(a, b) | the smaller one | min2(1, 2)
function min2(a, b) { return a < b ? a : b }
## max2(a, b) | the larger one | max2(1, 2)
function max2(a, b) { return a > b ? a : b }
## min3(a, b, c) | the smallest | min3(1, 2, 3)
function min3(a, b, c) { return min2(min2(a, b), c) }
## max3(a, b, c) | the largest | max3(1, 2, 3)
function max3(a, b, c) { return max2(max2(a, b), c) }
function _scaled(n, suffix,   i, units) {
	split("K M G T P E", units, " ")
	for (i = 0; abs(n) >= 1000 && i < 6; ++i) n /= 1000
	return sprintf("%.2f %s%s", n, i ? units[i] : "", suffix)
}
## hrnum(n[, mode[, suffix]]) | short form of a number; mode 1: both, 2: as it is | hrnum(69464)
function hrnum(n, mode, suffix) {
	if (_hrow == NR || mode == 2) return n
	if (abs(n) < 1000) return n (suffix == "" ? "" : " " suffix)
	return mode == 1 ? n " (" _scaled(n, suffix) ")" : _scaled(n, suffix)
}
## hrtime(s[, mode[, unit]]) | seconds as days, hours, minutes and seconds; mode as hrnum; unit 1: min, 2: minutes | hrtime(123)
function hrtime(s, mode, unit,   i, n, v, rest, out, size, name) {
	if (_hrow == NR || mode == 2) return s
	split("86400 3600 60 1", size, " ")
	split(unit == 2 ? " days, hours, minutes, seconds" : unit == 1 ? " d, h, min, sec" : "d,h,m,s", name, ",")
	rest = s
	for (i = 1; i <= 4; ++i) {
		v = i < 4 ? int(rest / size[i]) : rest
		rest -= v * size[i]
		if (v || (i == 4 && out == "")) {
			n = name[i]
			if (unit == 2 && v == 1) sub(/s$/, "", n)
			out = out (out == "" ? "" : " ") v n
		}
	}
	return mode == 1 ? s " (" out ")" : out
}
function _column(c) { return c ~ /^[0-9]+$/ ? c : _validate_col(c) }
## min(col) | smallest value of a column so far | min(duration)
function min(c) { if (_hrow != NR && (!(c in _min) || $c + 0 < _min[c])) _min[c] = $c + 0; return _hrow == NR ? !_drop : 1 }
## max(col) | largest value of a column so far | max(duration)
function max(c) { if (_hrow != NR && (!(c in _max) || $c + 0 > _max[c])) _max[c] = $c + 0; return _hrow == NR ? !_drop : 1 }
## mean(col) | mean of a column so far | mean(duration)
function mean(c) { if (_hrow != NR) { _sum[c] += $c; ++_count[c] } return _hrow == NR ? !_drop : 1 }
## get_min(col) | what min has found | { min(duration) } END { print get_min(duration) }
function get_min(c) { return _min[c] }
## get_max(col) | what max has found | { max(duration) } END { print get_max(duration) }
function get_max(c) { return _max[c] }
## get_mean(col) | what mean has found | { mean(duration) } END { print get_mean(duration) }
function get_mean(c) { return _count[c] ? _sum[c] / _count[c] : 0 }
## print_min(col) | prints what min has found | { min(duration) } END { print_min(duration) }
function print_min(c) { print get_min(c) }
## print_max(col) | prints what max has found | { max(duration) } END { print_max(duration) }
function print_max(c) { print get_max(c) }
## print_mean(col) | prints what mean has found | { mean(duration) } END { print_mean(duration) }
function print_mean(c) { print get_mean(c) }

# ---------------------------------------------------------------- output

function _coloured(code, s, n) { printf "\033[%sm%s\033[0m%s", code, s, n ? "" : "\n" }
## printbold(s[, n]) | prints bold; n: without line end | printbold("x")
function printbold(s, n) { _coloured("1", s, n) }
## printerr(s[, n]) | prints red | printerr("x")
function printerr(s, n) { _coloured("0;31", s, n) }
## printinf(s[, n]) | prints blue | printinf("x")
function printinf(s, n) { _coloured("0;34", s, n) }
## printok(s[, n]) | prints green | printok("x")
function printok(s, n) { _coloured("0;32", s, n) }
## printwrn(s[, n]) | prints orange | printwrn("x")
function printwrn(s, n) { _coloured("0;33", s, n) }

function _packet_file() { return FILENAME ~ /_packets/ || ("pktNo" in COL) }
## aggr(fields[, vals[, num]]) | groups rows by fields and sums values, or counts rows; num > 0: the first, < 0: the last | aggr(tuple2())
function aggr(fields, vals, num,   i, n, part) {
	_aggr_num = num
	if (_hrow == NR) {
		_aggr_head = fields
		_aggr_value = vals == "" || vals == "flows" || vals == "packets" ? (_packet_file() ? "Packets" : "Flows") : vals
		_aggr_on = 1
		return
	}
	_aggr_on = 1
	if (!(fields in _aggr_seen)) { _aggr_seen[fields] = ++_aggr_n; _aggr_key[_aggr_n] = fields }
	n = vals == "" || vals == "flows" || vals == "packets" ? 0 : split(vals, part, OFS)
	_aggr_width = n ? n : 1
	if (!n) ++_aggr_sum[_aggr_seen[fields], 1]
	for (i = 1; i <= n; ++i) _aggr_sum[_aggr_seen[fields], i] += part[i] ~ /^0[xX]/ ? strtonum(part[i]) : part[i]
}
## aggrrep(field[, val[, num[, ignore_empty[, sep]]]]) | aggr for each item of a repetitive value | aggrrep($ftpCC)
function aggrrep(field, val, num, ignore_empty, sep,   i, n, part) {
	if (_hrow == NR) { aggr(field, val, num); return }
	n = _parts(field, sep == "" ? ";" : sep, part)
	if (!n) part[n = 1] = ""
	for (i = 1; i <= n; ++i) if (part[i] != "" || !ignore_empty) aggr(part[i], val, num)
}
# By first value, descending; equal ones in order of appearance.
function _by_value(a, x, b, y) { return x > y ? -1 : x < y ? 1 : a - b }
function _print_aggr(   i, j, k, n, value, order, line, limit) {
	if (_aggr_head != "" && !_drop) print _aggr_head OFS _aggr_value
	for (i = 1; i <= _aggr_n; ++i) value[i] = _aggr_sum[i, 1] + 0
	n = asorti(value, order, "_by_value")
	limit = _aggr_num ? min2(n, abs(_aggr_num)) : n
	for (i = 1; i <= limit; ++i) {
		k = order[_aggr_num < 0 ? n + 1 - i : i]
		line = _aggr_key[k]
		for (j = 1; j <= _aggr_width; ++j) line = line OFS _aggr_sum[k, j]
		print line
	}
}

function _sort(col, num, type, reverse) {
	_sort_on = 1; _sort_num = num; _sort_reverse = reverse
	if (_hrow == NR) { _sort_head = $0; return }
	if (_sort_n == 0) {
		_sort_cols = split(col, _sort_col, ";")
		for (_sort_i = 1; _sort_i <= _sort_cols; ++_sort_i) {
			_sort_col[_sort_i] = _column(_sort_col[_sort_i])
			_sort_type[_sort_i] = type != "" ? type : isipstr($_sort_col[_sort_i]) ? "ip" : $_sort_col[_sort_i] ~ /^[-+]?[0-9.]+$/ || $_sort_col[_sort_i] ~ /^0[xX]/ ? "num" : "str"
		}
	}
	_sort_row[++_sort_n] = $0
	for (_sort_i = 1; _sort_i <= _sort_cols; ++_sort_i) _sort_key[_sort_n, _sort_i] = $_sort_col[_sort_i]
}
function _sort_value(row, i,   v, t) {
	v = _sort_key[row, i]; t = _sort_type[i]
	if (t == "ip") { v = _ip(v); return sprintf("%02d", length(v)) v }
	if (t == "num") return v ~ /^0[xX]/ ? strtonum(v) : v + 0
	return v ""
}
function _by_columns(a, x, b, y,   i, v, w) {
	for (i = 1; i <= _sort_cols; ++i) {
		v = _sort_value(a, i); w = _sort_value(b, i)
		if (v != w) return (v < w ? 1 : -1) * (_sort_reverse ? -1 : 1)
	}
	return a - b
}
function _print_sorted(   i, n, order, limit) {
	if (_sort_head != "" && !_drop) print _sort_head
	n = asorti(_sort_row, order, "_by_columns")
	limit = _sort_num ? min2(n, abs(_sort_num)) : n
	for (i = 1; i <= limit; ++i) print _sort_row[order[_sort_num < 0 ? n + 1 - i : i]]
}
## t2sort(col[, num[, type[, reverse]]]) | rows by column, descending; num > 0: the first, < 0: the last; type ip, num or str | t2sort(duration, 3)
function t2sort(col, num, type, reverse) { _sort(col, num, type, reverse) }
## t2rsort(col[, num[, type]]) | rows by column, ascending | t2rsort(duration)
function t2rsort(col, num, type) { _sort(col, num, type, 1) }

function _json_text(v) {
	gsub(/\\/, "\\\\", v); gsub(/"/, "\\\"", v); gsub(/\t/, "\\t", v); gsub(/\r/, "\\r", v); gsub(/\n/, "\\n", v)
	while (match(v, /[\001-\037]/)) { if (!(" " in _ord)) _ordinals(); v = substr(v, 1, RSTART - 1) sprintf("\\u%04x", _ord[substr(v, RSTART, 1)]) substr(v, RSTART + 1) }
	return "\"" v "\""
}
## json([text]) | rows as JSON; the first gives the names | json(tuple4())
function json(text,   i, n, cell, out) {
	if (!_given(text)) { text = $0 }
	n = split(text, cell, OFS)
	if (!_json_on) {
		_json_on = 1
		if (substr(cell[1], 1, length(_mark)) == _mark) cell[1] = substr(cell[1], length(_mark) + 1)
		for (i = 1; i <= n; ++i) _json_name[i] = cell[i]
		printf "["
		return
	}
	for (i = 1; i <= n; ++i) {
		out = out (i > 1 ? ", " : "") _json_text(_json_name[i]) ": "
		out = out (cell[i] ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/ ? cell[i] : _json_text(_bare(cell[i])))
	}
	printf "%s\n{ %s }", _json_rows++ ? "," : "", out
}

## shark(field) | the column of a field of Wireshark | $shark("ftp.request.command") != ""
function shark(field,   n, i, part) {
	if (!("ip.src" in _shark)) {
		n = split("ip.src srcIP ipv6.src srcIP ip.dst dstIP ipv6.dst dstIP ip.proto l4Proto tcp.srcport srcPort udp.srcport srcPort tcp.dstport dstPort udp.dstport dstPort frame.number pktNo frame.time_epoch time eth.src srcMac eth.dst dstMac eth.type ethType vlan.id vlanID tcp.flags tcpFlags tcp.seq seq tcp.ack ack tcp.window_size_value tcpWin ip.ttl ipTTL ip.id ipID ip.checksum ipHdrChkSum tcp.checksum l4HdrChkSum ftp.request.command ftpCC ftp.response.code ftpRC ftp.request.arg ftpCP tcp.payload l7Content", part, " ")
		for (i = 1; i < n; i += 2) _shark[part[i]] = part[i + 1]
	}
	if (!(field in _shark)) _die("Wireshark query '" field "' not yet implemented")
	return _validate_col(_shark[field])
}

# ---------------------------------------------------------------- payload of a flow

# Bytes of a cell as hexadecimal digits; \r \n \t \xNN \\ \" are one byte each.
function _payload(cell,   out, i, c, n) {
	if (_follow_hex) { gsub(/[^0-9a-fA-F]|0x/, "", cell); return tolower(cell) }
	out = ""
	for (i = 1; i <= length(cell); ++i) {
		c = substr(cell, i, 1)
		if (c != "\\") { out = out _hex_of(c); continue }
		c = substr(cell, ++i, 1)
		if (c == "x") { out = out tolower(substr(cell, i + 1, 2)); i += 2 }
		else if (n = index("abefnrtv", c)) out = out substr("07081b0c0a0d090b", n * 2 - 1, 2)
		else out = out _hex_of(c)
	}
	return out
}
function _raw(hex,   i, out) {
	for (i = 1; i < length(hex); i += 2) out = out sprintf("%c", strtonum("0x" substr(hex, i, 2)))
	return out
}
function _readable(hex,   i, n, out) {
	for (i = 1; i < length(hex); i += 2) {
		n = strtonum("0x" substr(hex, i, 2))
		out = out ((n >= 32 && n < 127) || n == 10 || n == 9 ? sprintf("%c", n) : n == 13 ? "" : ".")
	}
	return out
}
function _hexdump(hex,   i, j, n, out, line, text) {
	for (i = 0; i * 32 < length(hex); ++i) {
		line = substr(hex, i * 32 + 1, 32); text = ""
		out = out sprintf("%08x ", i * 16)
		for (j = 0; j < 16; ++j) {
			out = out (j * 2 < length(line) ? " " substr(line, j * 2 + 1, 2) : "   ")
			if (j * 2 >= length(line)) continue
			n = strtonum("0x" substr(line, j * 2 + 1, 2))
			text = text (n >= 32 && n < 127 ? sprintf("%c", n) : ".")
		}
		out = out "  " text "\n"
	}
	return out
}
function _shown(hex, format) {
	if (format == 1) return _hexdump(hex)
	if (format == 2) return hex "\n"
	if (format == 3) return _hex64(hex) "\n"
	return _readable(hex) (substr(hex, length(hex) - 1) == "0a" ? "" : "\n")
}
## follow_stream(f[, of[, d[, pf[, r[, nc]]]]]) | payload of flow f of a packet file; of 0 payload, 1 with packet lines, 2 JSON, 3 hex of a file; d A or B; pf 0 text, 1 hexdump, 2 hex, 3 base64; r all packets; nc no colours | follow_stream(1)
function follow_stream(f, of, d, pf, r, nc,   n) {
	if (_hrow == NR) return
	if ($_validate_col("flowInd") != f) return
	_follow_on = 1; _follow_of = of; _follow_d = d; _follow_pf = pf; _follow_flow = f
	_follow_colour = !nc && _terminal
	_follow_all = r || !_has("seq")
	n = ++_follow_n
	_follow_hex = !_has("l7Content")
	_follow_no[n] = _has("pktNo") ? $_validate_col("pktNo") : NR
	_follow_dir[n] = bitsanyset($_validate_col("flowStat"), 1) ? "B" : "A"
	_follow_data[n] = _payload($_validate_col("l7Content;l7HexContent"))
	_follow_from[n] = $_validate_col("srcIP") ":" $_validate_col("srcPort")
	_follow_to[n] = $_validate_col("dstIP") ":" $_validate_col("dstPort")
	_follow_proto[n] = proto2str($_validate_col("l4Proto"))
	_follow_seq[n] = _has("seq") ? $_validate_col("seq") + 0 : 0
	if ($_validate_col("l4Proto") != 6) _follow_all = 1
}
# TCP: what was sent again is dropped; a segment that came early waits for its turn.
function _follow_order(   i, k, dir, next_seq, waiting, count, length_, progress) {
	count = 0
	for (i = 1; i <= _follow_n; ++i) {
		length_ = length(_follow_data[i]) / 2
		if (_follow_all) { if (length_) _follow_take[++count] = i; continue }
		dir = _follow_dir[i]
		if (!(dir in next_seq)) next_seq[dir] = _follow_seq[i]
		if (length_) waiting[dir, i] = i
		do {
			progress = 0
			for (k = 1; k <= i; ++k) {
				if (!((dir, k) in waiting)) continue
				length_ = length(_follow_data[k]) / 2
				if (_follow_seq[k] + length_ <= next_seq[dir]) { delete waiting[dir, k]; continue }
				if (_follow_seq[k] > next_seq[dir]) continue
				_follow_data[k] = substr(_follow_data[k], (next_seq[dir] - _follow_seq[k]) * 2 + 1)
				next_seq[dir] = _follow_seq[k] + length_
				delete waiting[dir, k]; _follow_take[++count] = k; progress = 1
			}
		} while (progress)
	}
	# Behind a gap: in order of sequence numbers.
	for (i = 1; i <= _follow_n; ++i) {
		dir = _follow_dir[i]
		if (!((dir, i) in waiting)) continue
		if (_follow_of == 3) for (k = next_seq[dir]; k < _follow_seq[i] && k < next_seq[dir] + 1048576; ++k) _follow_data[i] = "00" _follow_data[i]
		next_seq[dir] = _follow_seq[i] + length(_follow_data[i]) / 2
		_follow_take[++count] = i
	}
	return count
}
function _print_stream(   i, k, n, rule, packets, turns, last, colour, hex, text, open) {
	rule = sprintf("%80s", ""); gsub(/ /, "=", rule)
	n = _follow_order()
	for (i = 1; i <= n; ++i) {
		k = _follow_take[i]
		if (_follow_d != "" && _follow_dir[k] != _follow_d) continue
		++packets[_follow_dir[k]]
		if (last != "" && last != _follow_dir[k]) ++turns
		last = _follow_dir[k]
		hex = _follow_data[k]
		if (_follow_of == 3) { printf "%s", hex; continue }
		if (_follow_of == 2) {
			printf "{ \"packet\": %d, \"flow\": %d, \"dir\": \"%s\", \"src\": %s, \"dst\": %s, \"len\": %d, \"payload\": %s }\n", _follow_no[k], _follow_flow, _follow_dir[k], _json_text(_follow_from[k]), _json_text(_follow_to[k]), length(hex) / 2, _json_text(chomp(_shown(hex, _follow_pf)))
			continue
		}
		colour = _follow_colour ? "\033[0;" (_follow_dir[k] == "A" ? "31" : "34") "m" : ""
		if (_follow_of == 1) printf "%s\nPacket %d (%d bytes): flow %d %s %s -> %s %s%s\n%s\n", rule, _follow_no[k], length(hex) / 2, _follow_flow, _follow_dir[k], _follow_from[k], _follow_to[k], _follow_proto[k], (_has("seq") ? " seq: " _follow_seq[k] : ""), rule
		text = _shown(hex, _follow_pf)
		# Segments of one direction join without a line end between them.
		if (!_follow_of && !_follow_pf) {
			text = _readable(hex)
			if (open != "" && open != _follow_dir[k]) text = "\n" text
			open = text ~ /\n$/ ? "" : _follow_dir[k]
		}
		printf "%s%s%s", colour, text, colour == "" ? "" : "\033[0m"
	}
	if (open != "") printf "\n"
	if (_follow_of == 3 && n) printf "\n"
	if (_follow_of == 1) printf "%d client packets, %d server packets, %d turns.\n", packets["A"], packets["B"], turns
}

END {
	if (_aggr_on) _print_aggr()
	if (_sort_on) _print_sorted()
	if (_json_on) print "\n]"
	if (_follow_on) _print_stream()
}
