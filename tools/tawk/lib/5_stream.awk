# SPDX-License-Identifier: Apache-2.0
# The payload of a flow, from a packet file.

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
## follow_stream(f[, of[, d[, pf[, r[, nc]]]]]) | payload of flow f of a packet file; of 0 payload, 1 with packet lines, 2 JSON, 3 hex of a file; d A or B; pf 0 text, 1 hexdump, 2 hex, 3 base64; r all packets; nc no colours. Exact bytes (of 3, pf 1 to 3) need l7HexContent: t2 -s --set tranalyzer2.SPKTMD_PCNTH=1 | follow_stream(1)
function follow_stream(f, of, d, pf, r, nc,   n) {
	# l7Content shows bytes that cannot be printed as dots: what they were is lost.
	if ((of == 3 || pf) && !_has("l7HexContent"))
		_die("follow_stream: exact bytes need the column l7HexContent: run t2 -s with --set tranalyzer2.SPKTMD_PCNTH=1")
	if (_hrow == NR) return
	if ($_validate_col("flowInd") != f) return
	_follow_on = 1; _follow_of = of; _follow_d = d; _follow_pf = pf; _follow_flow = f
	_follow_colour = !nc && _terminal
	_follow_all = r || !_has("seq")
	n = ++_follow_n
	_follow_hex = _has("l7HexContent")
	_follow_no[n] = _has("pktNo") ? $_validate_col("pktNo") : NR
	_follow_dir[n] = bitsanyset($_validate_col("flowStat"), 1) ? "B" : "A"
	_follow_data[n] = _payload($_validate_col("l7HexContent;l7Content"))
	_follow_from[n] = $_validate_col("srcIP") ":" $_validate_col("srcPort")
	_follow_to[n] = $_validate_col("dstIP") ":" $_validate_col("dstPort")
	_follow_proto[n] = proto2str($_validate_col("l4Proto"))
	_follow_seq[n] = _has("seq") ? $_validate_col("seq") + 0 : 0
	# A SYN takes one sequence number.
	_follow_start[n] = _follow_seq[n] + (_has("tcpFlags") && and(strtonum($_validate_col("tcpFlags")), 2) ? 1 : 0)
	if ($_validate_col("l4Proto") != 6) _follow_all = 1
}
# TCP: what was sent again is dropped; a segment that came early waits for its turn.
function _follow_order(   i, k, dir, next_seq, waiting, count, length_, progress) {
	count = 0
	for (i = 1; i <= _follow_n; ++i) {
		length_ = length(_follow_data[i]) / 2
		if (_follow_all) { if (length_) _follow_take[++count] = i; continue }
		dir = _follow_dir[i]
		if (!(dir in next_seq)) next_seq[dir] = _follow_start[i]
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
		colour = _follow_colour ? _colour("0;" (_follow_dir[k] == "A" ? "31" : "34")) : ""
		if (_follow_of == 1) printf "%s\nPacket %d (%d bytes): flow %d %s %s -> %s %s%s\n%s\n", rule, _follow_no[k], length(hex) / 2, _follow_flow, _follow_dir[k], _follow_from[k], _follow_to[k], _follow_proto[k], (_has("seq") ? " seq: " _follow_seq[k] : ""), rule
		text = _shown(hex, _follow_pf)
		# Segments of one direction join without a line end between them.
		if (!_follow_of && !_follow_pf) {
			text = _readable(hex)
			if (open != "" && open != _follow_dir[k]) text = "\n" text
			open = text ~ /\n$/ ? "" : _follow_dir[k]
		}
		printf "%s%s%s", colour, text, colour == "" ? "" : _colour("0")
	}
	if (open != "") printf "\n"
	if (_follow_of == 3 && n) printf "\n"
	if (_follow_of == 1) printf "%d client packets, %d server packets, %d turns.\n", packets["A"], packets["B"], turns
}

END {
	if (_aggr_on) _print_aggr()
	if (_sort_on) _print_sorted()
	if (_json_array || (_json_used && !_json_on)) printf "%s\n]\n", _json_array ? "" : "["
	if (_follow_on) _print_stream()
}
