# SPDX-License-Identifier: Apache-2.0
# tawk -n: values and lines in the manner of nfdump. On the header row they give nfdump's titles.

function _nf(title, names) { return _hrow == NR ? title : $_validate_col(names) }
function _nf_sum(title, one, two) { return _hrow == NR ? title : $_validate_col(one) + $_validate_col(two) }
function _nf_rate(title, n) { return _hrow == NR ? title : td() > 0 ? sprintf("%.0f", n / td()) : 0 }
## ts() | start of the flow, in UTC | { print ts() }
function ts() { return _hrow == NR ? "Date first seen" : utc($_validate_col("timeFirst;time")) }
## te() | end of the flow, in UTC | { print te() }
function te() { return _hrow == NR ? "Date last seen" : utc($_validate_col("timeLast;time")) }
## td() | duration | { print td() }
function td() { return _nf("Duration", "duration;flowDuration") }
## pr() | protocol | { print pr() }
function pr() { return _hrow == NR ? "Proto" : proto2str($_validate_col("l4Proto")) }
## sa() | source address | { print sa() }
function sa() { return _nf("Src IP Addr", "srcIP") }
## da() | destination address | { print da() }
function da() { return _nf("Dst IP Addr", "dstIP") }
## sp() | source port | { print sp() }
function sp() { return _nf("Src Pt", "srcPort") }
## dp() | destination port | { print dp() }
function dp() { return _nf("Dst Pt", "dstPort") }
## sap() | source address and port | { print sap() }
function sap() { return _hrow == NR ? "Src IP Addr:Port" : sa() ":" sp() }
## dap() | destination address and port | { print dap() }
function dap() { return _hrow == NR ? "Dst IP Addr:Port" : da() ":" dp() }
## ipkt() | packets sent (basicStats) | { print ipkt() }
function ipkt() { return _nf("In Pkt", "pktsSnt;numPktsSnt") }
## opkt() | packets received | { print opkt() }
function opkt() { return _nf("Out Pkt", "pktsRcvd;numPktsRcvd") }
## pkt() | packets of both directions | { print pkt() }
function pkt() { return _nf_sum("Packets", "pktsSnt;numPktsSnt", "pktsRcvd;numPktsRcvd") }
## ibyt() | payload bytes sent (basicStats) | { print ibyt() }
function ibyt() { return _nf("In Byte", "l7BytesSnt;numBytesSnt") }
## obyt() | payload bytes received | { print obyt() }
function obyt() { return _nf("Out Byte", "l7BytesRcvd;numBytesRcvd") }
## byt() | payload bytes of both directions | { print byt() }
function byt() { return _nf_sum("Bytes", "l7BytesSnt;numBytesSnt", "l7BytesRcvd;numBytesRcvd") }
## flg() | TCP flags as text | { print flg() }
function flg() { return _hrow == NR ? "Flags" : tcpflags() }
## bps() | bits per second | { print bps() }
function bps() { return _nf_rate("bps", _hrow == NR ? 0 : byt() * 8) }
## pps() | packets per second | { print pps() }
function pps() { return _nf_rate("pps", _hrow == NR ? 0 : pkt()) }
## bpp() | bytes per packet | { print bpp() }
function bpp() { return _hrow == NR ? "Bpp" : pkt() ? sprintf("%.0f", byt() / pkt()) : 0 }
## oline() | the line format of nfdump | { print oline() }
function oline() { return ts() OFS td() OFS pr() OFS sap() OFS dap() OFS pkt() OFS byt() }
## olong() | the long format | { print olong() }
function olong() { return ts() OFS td() OFS pr() OFS sap() OFS dap() OFS flg() OFS _nf("Tos", "ipToS") OFS pkt() OFS byt() }
## oextended() | the extended format | { print oextended() }
function oextended() { return olong() OFS pps() OFS bps() OFS bpp() }
