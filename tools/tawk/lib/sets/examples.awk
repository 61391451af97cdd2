# SPDX-License-Identifier: Apache-2.0
# tawk -e: short programs that answer a question, to use and to learn from.

## passwords() | user names and passwords of FTP and HTTP (Basic), with time, flow and both hosts | passwords()
function passwords() {
	if (_hrow == NR) { if (!_drop) print "timeFirst", "flowInd", "srcIP", "dstIP", "dstPort", "user", "password"; return }
	if (_has("ftpUser") || !_has("httpUser")) _passwords($_validate_col("ftpUser"), $_validate_col("ftpPass"))
	if (_has("httpUser")) _passwords($_validate_col("httpUser"), $_validate_col("httpPass"))
}
function _passwords(users, words,   n, i, user, pass) {
	n = _parts(users, ";", user)
	i = _parts(words, ";", pass)
	if (i > n) n = i
	for (i = 1; i <= n; ++i) print $_validate_col("timeFirst"), $_validate_col("flowInd"), $_validate_col("srcIP"), $_validate_col("dstIP"), $_validate_col("dstPort"), _bare(user[i]), _bare(pass[i])
}
## nonstdports() | flows of FTP control connections that use another port than 21 | nonstdports()
function nonstdports() { return _hrow == NR ? !_drop : bitsanyset($_validate_col("ftpStat"), 1) && !port(21) }
## exeDL() | flows that move a program file | exeDL()
function exeDL() { return _hrow == NR ? !_drop : tolower($_validate_col("ftpCP;httpURL")) ~ /\.(exe|dll|msi|scr|com|bat|ps1|vbs|jar|apk|elf|sh)"?(;|$)/ }
## scans() | flows that tcpFlags takes for a part of a scan | scans()
function scans() { return bitsanyset($_validate_col("tcpAnomaly"), "0x3000") }
## topTalkers([num]) | pairs of addresses with the most flows | topTalkers(3)
function topTalkers(num) { return aggr(tuple2(), "flows", num) }
## topDnsQ([num]) | the names most often asked for (dnsDecode) | topDnsQ(10)
function topDnsQ(num) { return aggrrep($_validate_col("dnsQname"), "flows", num, 1) }
