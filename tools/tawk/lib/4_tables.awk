# SPDX-License-Identifier: Apache-2.0
# Groups, sorting, JSON, bits in words.

# The launcher's filter makes a colour of this: it shows every other escape as \x1b.
function _colour(code) { return (_tell == "" ? "\033" : _tell) "[" code "m" }
function _coloured(code, s, n) { printf "%s%s%s%s", _colour(code), s, _colour("0"), n ? "" : "\n" }
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
# Rows go to the launcher, which knows the types of the columns and makes them JSON (docs/json.md).
function _json_row(kind, separator, text) { printf "%s%s%s%s%s%sE", _tell, kind, separator, _tell, text, _tell }
function _json_cells(   i, out) {
	if (FS == OFS && length(FS) == 1) { _json_sep = FS; return $0 }
	_json_sep = "\037"
	for (i = 1; i <= NF; ++i) out = out (i > 1 ? _json_sep : "") $i
	return out
}
function _json_begin(text, given,   i, names) {
	_json_on = 1
	if (given) {
		if (_hrow != NR) _die("json: the header row must come first, it has the names: hdr() || ...")
		if (substr(text, 1, length(_mark)) == _mark) text = substr(text, length(_mark) + 1)
		_json_row("N", OFS, text)
		return
	}
	for (i = 1; i in COL; ++i) names = names (i > 1 ? "\037" : "") COL[i]
	_json_row("N", "\037", names)
}
function _json_put(text, given, lines) {
	if (!lines) printf "%s\n", _json_rows++ ? "," : ""
	if (given) _json_row("R", OFS, text)
	else { text = _json_cells(); _json_row("R", _json_sep, text) }
	if (lines) printf "\n"
}
## json([text]) | rows as one JSON array, types as docs/json.md says; with text: its cells, the header row has their names | json(tuple4())
function json(text,   given) {
	given = _given(text)
	if (!_json_on) { _json_array = 1; printf "["; _json_begin(text, given) }
	if (_hrow != NR) _json_put(text, given, 0)
}
## jsonl([text]) | the same, one object a line, for pipes and large tables | jsonl()
function jsonl(text,   given) {
	given = _given(text)
	if (!_json_on) _json_begin(text, given)
	if (_hrow != NR) _json_put(text, given, 1)
}

## why([columns]) | the bits of a row in words, of all columns or of some | { print $flowInd, why("tcpAnomaly;tcpStatesAFlags") }
function why(columns,   n, i, part, out, words) {
	if (_hrow == NR) return "why"
	if (_given(columns)) {
		n = split(columns, part, /[,;] */)
		for (i = 1; i <= n; ++i) {
			part[i] = _column(part[i])
			if (!(COL[part[i]] in _why_column)) _die("why: '" COL[part[i]] "' has no bits")
		}
	} else for (i = 1; i <= NF; ++i) if (COL[i] in _why_column) part[++n] = i
	for (i = 1; i <= n; ++i) {
		words = _why_bits(COL[part[i]], $part[i])
		if (words != "") out = out (out == "" ? "" : "; ") COL[part[i]] ": " words
	}
	return out
}
function _why_bits(name, value,   i, k, n, part, hi, lo, out) {
	n = split(value, part, ";")
	for (i = 1; i <= n; ++i) {
		if (part[i] !~ /^0[xX][0-9a-fA-F]+$/) continue
		_halves(part[i])
		hi = or(hi, _hi); lo = or(lo, _lo)
	}
	for (k = 0; k < 64; ++k) {
		if (!and(rshift(k < 32 ? lo : hi, k % 32), 1)) continue
		out = out (out == "" ? "" : ", ") ((name, k) in _why_text ? _why_text[name, k] : "bit " k)
	}
	return out
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
