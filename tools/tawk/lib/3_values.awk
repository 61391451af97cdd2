# SPDX-License-Identifier: Apache-2.0
# Text, lists, time, numbers.

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

# ---- time

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

# ---- numbers

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
