# SPDX-License-Identifier: Apache-2.0
# Figures of a flow table for filters, by the words of docs/report.md and without the tool's code: gawk -M -f figures.awk -f
# CHOSEN, which defines filters() and chosen(f, k): whether filter f (from 0) takes conversation k. Prints "f TAB name TAB value".
BEGIN { FS = "\t"; columns = split("flowStat ipFlags tcpFlags tcpAnomaly tcpStatesAFlags ftpStat tp0fStat tcpFStat httpAFlags", column, " ")
  known[20] = "ftp-data"; known[21] = "ftp"; known[22] = "ssh"; known[53] = "dns"; known[80] = "http"; known[443] = "https"; known[8080] = "http-alt" }

# An address as its family and all hexadecimal digits, so that a net is what a text begins with; nothing for others.
function hex(text,   part, n, i, half, groups, out) {
  if (text ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/) {
    split(text, part, ".")
    return sprintf("4%02x%02x%02x%02x", part[1], part[2], part[3], part[4])
  }
  if (text !~ /:/ || text ~ /[^0-9a-fA-F:]/) return ""
  n = split(text, half, "::")
  for (i = 1; i <= n; i++) groups[i] = half[i] == "" ? 0 : split(half[i], part, ":")
  out = words(half[1])
  if (n == 2) { for (i = groups[1] + groups[2]; i < 8; i++) out = out "0000"; out = out words(half[2]) }
  return "6" out
}
function words(text,   part, n, i, out) {
  if (text == "") return ""
  n = split(text, part, ":")
  for (i = 1; i <= n; i++) out = out substr("0000" tolower(part[i]), length(part[i]) + 1)
  return out
}
function ns(text,   part) { split(text, part, "."); return part[1] * 1000000000 + substr(part[2] "000000000", 1, 9) }
function private(h) { return h ~ /^4(0a|ac1|c0a8|7f|a9fe)/ || h ~ /^6(f[cd]|fe[89ab])/ || h == "60000000000000000000000000000001" }

function flag(k, name, n) { return (k, name, n) in set }
function host(k, text) { return client_hex[k] == hex(text) || server_hex[k] == hex(text) }
# The digits that all addresses of the net begin with.
function net(k, text, digits,   h) { h = substr(hex(text), 1, 1 + digits); return index(client_hex[k], h) == 1 || index(server_hex[k], h) == 1 }
function port(k, low, high) { return low <= client_port[k] && client_port[k] <= high || low <= server_port[k] && server_port[k] <= high }
function in_text(list, text) { return index(list, text) > 0 }

function take_bits(k, name, cell,   i, digit, b) {
  for (i = length(cell); i > 2; i--) {
    digit = strtonum("0x" substr(cell, i, 1))
    for (b = 0; b < 4; b++) if (int(digit / 2 ^ b) % 2 && !((k, name, 4 * (length(cell) - i) + b) in set)) {
      set[k, name, 4 * (length(cell) - i) + b] = 1
      bits[k] = bits[k] " flag." name "." (4 * (length(cell) - i) + b)
    }
  }
}
function service_of(k,   low) {
  if (flag(k, "ftpStat", 0) || flag(k, "ftpStat", 3)) return "ftp"
  if (flag(k, "ftpStat", 1) || flag(k, "ftpStat", 2)) return "ftp-data"
  if (l2[k] || (proto[k] != 6 && proto[k] != 17)) return "other"
  if (server_port[k] in known) return known[server_port[k]]
  if (server_port[k] >= 1024 && client_port[k] in known) return known[client_port[k]]
  low = proto[k] == 6 ? "tcp" : "udp"
  return server_port[k] >= 32768 ? low " dynamic" : low " " server_port[k]
}
function end_of(side,   mac) {
  if (hex($at[side "IP"]) != "") return $at[side "IP"]
  split($at[side "Mac"], mac, ";")
  return "mac " mac[1]
}

NR == 1 { sub(/^%/, ""); for (i = 1; i <= NF; i++) at[$i] = i; next }
{
  i = $at["flowInd"]
  if (!(i in number)) {
    k = number[i] = n++
    index_of[k] = i
    proto[k] = $at["l4Proto"] + 0
    a = end_of("src"); b = end_of("dst"); ap = $at["srcPort"] + 0; bp = $at["dstPort"] + 0
    flipped = $at["dir"] == "B" || strtonum("0x" substr($at["flowStat"], length($at["flowStat"]))) % 2
    client[k] = flipped ? b : a; server[k] = flipped ? a : b
    client_port[k] = flipped ? bp : ap; server_port[k] = flipped ? ap : bp
    client_hex[k] = hex(client[k]); server_hex[k] = hex(server[k])
    l2[k] = client[k] ~ /^mac /
    begin[k] = ns($at["timeFirst"]); last[k] = 0
    answered[k] = 1
  }
  k = number[i]
  rows[k]++
  if (ns($at["timeFirst"]) < begin[k]) begin[k] = ns($at["timeFirst"])
  if (ns($at["timeLast"]) > last[k]) last[k] = ns($at["timeLast"])
  packets[k] += $at["pktsSnt"]; bytes[k] += $at["l7BytesSnt"]
  if ($at["pktsSnt"] + 0 == 0) answered[k] = 0
  countries[k] = countries[k] " " tolower($at["srcIPCC"]) " " tolower($at["dstIPCC"]) " "
  orgs[k] = orgs[k] "\t" tolower($at["srcIPOrg"]) "\t" tolower($at["dstIPOrg"])
  for (c = 1; c <= columns; c++) if (column[c] in at) take_bits(k, column[c], $at[column[c]])
}
END {
  for (k = 0; k < n; k++) { if (rows[k] != 2) answered[k] = 0; us[k] = int((last[k] - begin[k]) / 1000); service[k] = service_of(k) }
  for (f = 0; f < filters(); f++) {
    delete hosts; delete flags; delete services
    pairs = all_rows = all_packets = all_bytes = 0
    for (k = 0; k < n; k++) {
      if (!chosen(f, k)) continue
      pairs++; all_rows += rows[k]; all_packets += packets[k]; all_bytes += bytes[k]
      hosts[client[k]]; hosts[server[k]]
      m = split(bits[k], name, " ")
      for (b = 1; b <= m; b++) flags[name[b]]++
      services[service[k]] += bytes[k]
    }
    printf "%d\tpairs\t%d\n%d\trows\t%d\n%d\thosts\t%d\n", f, pairs, f, all_rows, f, length(hosts)
    printf "%d\tpackets\t%d\n%d\tbytes\t%d\n", f, all_packets, f, all_bytes
    for (b in flags) printf "%d\t%s\t%d\n", f, b, flags[b]
    for (b in services) printf "%d\tbar.%s\t%d\n", f, b, services[b]
  }
}
