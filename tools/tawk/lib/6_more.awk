# SPDX-License-Identifier: Apache-2.0
# Comparing, splitting and measuring whole tables; labels of addresses.

## t2whois(ip[, fields]) | organisation and country of an address; fields out of org, cc, asn, county, city, lat, lng | t2whois($srcIP, "cc;asn")
function t2whois(a, fields,   n, i, part, cell, line, out) {
	if (!_given(fields)) fields = "org;cc"
	n = split(fields, part, /[,;] */)
	if (!("org" in _whois_field)) {
		i = split("org Org cc CC asn ASN county County city City lat Lat lng Lng", cell, " ")
		for (; i > 1; i -= 2) { _whois_field[cell[i - 1]] = i / 2; _whois_title[cell[i - 1]] = cell[i] }
	}
	for (i = 1; i <= n; ++i) if (!(part[i] in _whois_field)) _die("t2whois: '" part[i] "' is not one of org, cc, asn, county, city, lat, lng")
	if (_hrow == NR) {
		for (i = 1; i <= n; ++i) out = out (i > 1 ? OFS : "") a _whois_title[part[i]]
		return out
	}
	if (!(a in _whois_of)) {
		if (length(_whois_of) > 100000) delete _whois_of
		# A process beside this one knows the labels; only the address goes there.
		line = _ip(a); line = length(line) == 8 ? ip2str(a) : length(line) == 32 ? ip6expand(a) : "-"
		print line > _whois_ask; fflush(_whois_ask)
		if ((getline line < _whois_answer) <= 0) line = ""
		_whois_of[a] = line
	}
	split(_whois_of[a], cell, "\t")
	for (i = 1; i <= n; ++i) out = out (i > 1 ? OFS : "") cell[_whois_field[part[i]]]
	return out
}

## diff(file[, mode]) | cells that differ from those of another table with the same rows; mode 1: how many per column | diff("other_flows.txt")
function diff(file, mode,   i, n, line, cell, name) {
	if (_hrow == NR || !_diff_on) {
		_diff_on = 1; _diff_mode = mode; _diff_file = file
		if ((getline line < file) < 0) _die("Failed to open file '" file "' for reading: " ERRNO)
		n = split(line, cell, FS)
		for (i = 1; i <= n; ++i) {
			name = cell[i]
			if (i == 1 && substr(name, 1, length(_mark)) == _mark) name = substr(name, length(_mark) + 1)
			_diff_at[name] = i
		}
		if (!mode && !_drop) print "row", "column", FILENAME == "" ? "-" : FILENAME, file
		if (_hrow == NR) return
	}
	++_diff_row
	if ((getline line < file) <= 0) { ++_diff_left; return }
	split(line, cell, FS)
	for (i = 1; i <= NF; ++i) {
		name = COL[i]
		if (!(name in _diff_at) || $i "" == cell[_diff_at[name]] "") continue
		++_diff_cells[name]
		if (!mode) print _diff_row, name, $i, cell[_diff_at[name]]
	}
}
function _print_diff(   i, line, right) {
	while ((getline line < _diff_file) > 0) ++right
	for (i = 1; i in COL && _diff_mode; ++i) if (COL[i] in _diff_cells) print COL[i], _diff_cells[COL[i]]
	if (_diff_left) print "rows only here: " _diff_left
	if (right) print "rows only in '" _diff_file "': " right
}

## ffsplit([names[, all[, cols]]]) | rows with a status into a file per status column (flows_ftpStat.txt, ...); names: which; all: with every column; cols: more columns | ffsplit("ftpStat")
function ffsplit(names, all, cols,   i, k, n, part, want) {
	if (_hrow == NR) {
		n = split(names, part, /[,;] */)
		for (k = 1; k <= n; ++k) want[COL[_validate_col(part[k])]] = 1
		for (i = 1; i <= NF; ++i) {
			if (COL[i] !~ /Stat$/ || COL[i] == "flowStat" || (n && !(COL[i] in want))) continue
			_ffsplit[i] = "flows_" COL[i] ".txt"
			_ffsplit_row(i, all, cols)
		}
		return
	}
	for (i in _ffsplit) if (bitsanyset($i, "0xffffffffffffffff")) _ffsplit_row(i, all, cols)
}
# The columns of every flow and those of the plugin: names that begin like the status column.
function _ffsplit_row(at, all, cols,   i, out, name) {
	name = substr(COL[at], 1, length(COL[at]) - 4)
	for (i = 1; i <= NF; ++i) {
		if (!all && index(COL[i], name) != 1 && index(";dir;flowInd;flowStat;timeFirst;timeLast;duration;srcIP;srcPort;dstIP;dstPort;l4Proto;" cols ";", ";" COL[i] ";") == 0) continue
		out = out (out == "" ? "" : OFS) $i
	}
	print out > _ffsplit[at]
}

## ientropy([num[, sort[, rev[, min]]]]) | entropy of each column in bits; num: the first; sort: by colNum, colName or iEntropy; rev: ascending; min: least entropy shown | ientropy(5, "iEntropy")
function ientropy(num, sort, rev, least,   i) {
	_ient_on = 1; _ient_num = num; _ient_sort = sort; _ient_rev = rev; _ient_min = least
	if (_hrow == NR) return
	++_ient_rows
	for (i = 1; i <= NF; ++i) ++_ient[i][$i]
}
function _by_entropy(a, x, b, y,   d) {
	d = _ient_sort == "iEntropy" ? y - x : _ient_sort == "colName" ? (COL[a] < COL[b] ? -1 : COL[a] > COL[b]) : a - b
	return _ient_rev ? -d : d
}
function _print_ientropy(   i, v, p, h, n, order, limit) {
	if (!_drop) print "colNum", "colName", "iEntropy"
	for (i in _ient) {
		h[i] = 0
		for (v in _ient[i]) { p = _ient[i][v] / _ient_rows; h[i] -= p * log2(p) }
		if (_ient_min != "" && h[i] < _ient_min) delete h[i]
	}
	n = asorti(h, order, "_by_entropy")
	limit = _ient_num ? min2(n, _ient_num) : n
	for (i = 1; i <= limit; ++i) print order[i], COL[order[i]], sprintf("%.6f", h[order[i]] + 0)
}

END {
	if (_diff_on) _print_diff()
	if (_ient_on) _print_ientropy()
}
