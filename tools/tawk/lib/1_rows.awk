# SPDX-License-Identifier: Apache-2.0
# Columns, the header row, selecting rows, bits.
# The functions of tawk (spec tools 3.5). Names that begin with `_` are not for users. A line
# `## name(arguments) | meaning | example` documents a function for -g and -d.
# Conventions: functions that test are true on the header row; functions that give values give the
# names of their columns there. Nothing here calls a shell.


function _begin(names, mark, drop, share,   n, i, part) {
	_mark = mark; _drop = drop; _share = share; _hrow = -1
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

function _die(text) { gsub(/[^ -~\n]/, "?", text); print text > "/dev/stderr"; _failed = 1; exit 1 }
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
function _needs_mask(mask) { if (!_given(mask)) _die("A bit test needs a mask such as 0x2000 behind the column") }
function _given(x) { return typeof(x) != "untyped" && typeof(x) != "unassigned" }

## flow([list]) | whether the flow index is in the list; without list: the index | flow("1-3;5")
function flow(list) { return _select("flowInd", list, _given(list)) }
## packet([list]) | whether the packet number is in the list; without list: the number | packet("4;10")
function packet(list) { return _select("pktNo", list, _given(list)) }

# ---- bits, exact for 64 of them

# The launcher puts these around fields that are compared with numbers: 0x2000 is a number, too.
function _num(v) { return v ~ /^0[xX][0-9a-fA-F]+$/ ? strtonum(v) : v }
# The same for numbers that awk would round, as text of sixteen digits.
function _hex16(v) {
	if (v !~ /^0[xX][0-9a-fA-F]+$/) return v
	v = tolower(substr(v, 3))
	while (length(v) < 16) v = "0" v
	return "0x" v
}

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
	_needs_mask(mask)
	_halves(mask); h = _hi; l = _lo
	_halves(v)
	return and(h, _hi) * 4294967296 + and(l, _lo)
}
## bitsallset(v, mask) | whether v has all bits of mask | bitsallset($ftpStat, 0x09)
function bitsallset(v, mask,   h, l) {
	if (_hrow == NR) return !_drop
	_needs_mask(mask)
	_halves(mask); h = _hi; l = _lo
	_halves(v)
	return and(h, _hi) == h && and(l, _lo) == l
}
## bfeq(a, b) | whether two numbers, hexadecimal or decimal, are equal | bfeq($ftpStat, 0x09)
function bfeq(a, b,   h, l) {
	if (_hrow == NR) return !_drop
	_needs_mask(b)
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
