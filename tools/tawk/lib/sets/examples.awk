# SPDX-License-Identifier: Apache-2.0
# tawk -e: short programs that answer a question, to use and to learn from.

# Whether a text is one that ftpDecode may have cut to `most` bytes: the bit tells that something was
# cut, not what. A character that is no ASCII has up to four bytes.
function _may_be_cut(v, most) { gsub(/[^ -~]/, "....", v); return bitsanyset($_validate_col("ftpStat"), "0x80") && length(v) >= most }
## passwords([num]) | user names and passwords of FTP and HTTP (Basic), with time, flow and both hosts; "...": the run may have cut an FTP password to num characters (FTP_PXNMLN, 15), whole ones stand in the manifest of FTP_SAVE=1 or t2 --carve | passwords()
function passwords(num) {
	if (_hrow == NR) { if (!_drop) print "timeFirst", "flowInd", "srcIP", "dstIP", "dstPort", "user", "password"; return }
	if (_has("ftpUser") || !_has("httpUser")) _passwords($_validate_col("ftpUser"), $_validate_col("ftpPass"), _given(num) ? num : 15)
	if (_has("httpUser")) _passwords($_validate_col("httpUser"), $_validate_col("httpPass"), 0)
}
function _passwords(users, words, most,   n, i, user, pass) {
	n = _parts(users, ";", user)
	i = _parts(words, ";", pass)
	if (i > n) n = i
	for (i = 1; i <= n; ++i) print $_validate_col("timeFirst"), $_validate_col("flowInd"), $_validate_col("srcIP"), $_validate_col("dstIP"), $_validate_col("dstPort"), _bare(user[i]), _bare(pass[i]) (most && _may_be_cut(_bare(pass[i]), most) ? "..." : "")
}
## nonstdports() | flows of FTP control connections that use another port than 21 | nonstdports()
function nonstdports() { return _hrow == NR ? !_drop : bitsanyset($_validate_col("ftpStat"), 1) && !port(21) }
## exeDL() | flows that move a program file | exeDL()
function exeDL() { return _hrow == NR ? !_drop : tolower($_validate_col("ftpCP;httpURL")) ~ /\.(exe|dll|msi|scr|com|bat|ps1|vbs|jar|apk|elf|sh)"?(;|$)/ }
## scans() | flows that tcpFlags takes for a part of a scan | scans()
function scans() { return bitsanyset($_validate_col("tcpAnomaly"), "0x3000") }
## scanners([num]) | hosts that scan by tcpAnomaly: flows, those that were successful, different targets and ports, from when to when; num > 0: the first, < 0: the last | scanners(10)
function scanners(num,   h, t, p) {
	_scan_on = 1; _scan_num = num
	if (_hrow == NR || $_validate_col("dir") == "B" || !scans()) return
	h = $_validate_col("srcIP"); t = $_validate_col("dstIP"); p = $_validate_col("dstPort")
	if (!(h in _scan_flows)) { _scan_first[h] = $_validate_col("timeFirst"); _scan_last[h] = $_validate_col("timeLast") }
	++_scan_flows[h]
	if (bitsanyset($_validate_col("tcpAnomaly"), "0x2000")) ++_scan_hits[h]
	if (!((h, "t", t) in _scan_seen)) { _scan_seen[h, "t", t]; ++_scan_targets[h] }
	if (!((h, "p", p) in _scan_seen)) { _scan_seen[h, "p", p]; ++_scan_ports[h] }
	if ($_validate_col("timeFirst") + 0 < _scan_first[h] + 0) _scan_first[h] = $_validate_col("timeFirst")
	if ($_validate_col("timeLast") + 0 > _scan_last[h] + 0) _scan_last[h] = $_validate_col("timeLast")
}
function _by_flows(a, x, b, y) { return x != y ? y - x : a < b ? -1 : a > b }
END {
	if (_scan_on) {
		if (!_drop) print "srcIP", "flows", "successful", "targets", "ports", "timeFirst", "timeLast"
		_scan_n = asorti(_scan_flows, _scan_order, "_by_flows")
		for (_scan_i = 1; _scan_i <= (_scan_num ? min2(_scan_n, abs(_scan_num)) : _scan_n); ++_scan_i) {
			_scan_h = _scan_order[_scan_num < 0 ? _scan_n + 1 - _scan_i : _scan_i]
			print _scan_h, _scan_flows[_scan_h], _scan_hits[_scan_h] + 0, _scan_targets[_scan_h], _scan_ports[_scan_h], _scan_first[_scan_h], _scan_last[_scan_h]
		}
	}
}
## topTalkers([num]) | pairs of addresses with the most flows | topTalkers(3)
function topTalkers(num) { return aggr(tuple2(), "flows", num) }
## topDnsQ([num]) | the names most often asked for (dnsDecode) | topDnsQ(10)
function topDnsQ(num) { return aggrrep($_validate_col("dnsQname"), "flows", num, 1) }
