#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A live capture under a steady load: tcpreplay sends over a veth pair in a network namespace of its
# own, t2 listens at the other end; needs root and tcpreplay.
#   scripts/soak.sh [MINUTES [PACKETS_PER_SECOND]]     15 minutes, 20000 packets/s
# Every minute prints packets, drops, flows and resident memory. At the end: what was sent, received
# and dropped, and the memory after the first third beside that at the end. Exit 1 if a packet was
# dropped, lost, or if memory grew by more than a tenth.
set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
t2=$root/build/release/bin/t2
minutes=${1:-15} rate=${2:-20000}
[[ $minutes =~ ^[1-9][0-9]*$ && $rate =~ ^[1-9][0-9]*$ ]] || { echo "Usage: scripts/soak.sh [MINUTES [PACKETS_PER_SECOND]]" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || { echo "Needs root: a network namespace and a capture" >&2; exit 1; }
command -v tcpreplay >/dev/null || { echo "tcpreplay is missing: apt-get install tcpreplay" >&2; exit 1; }
[ -x "$t2" ] || { echo "No t2: cmake --preset release && cmake --build build/release" >&2; exit 1; }

space=t2soak$$
folder=$(mktemp -d)
sender='' listener=''
finish() {
  [ -z "$sender" ] || kill "$sender" 2>/dev/null
  [ -z "$listener" ] || kill "$listener" 2>/dev/null
  ip netns del "$space" 2>/dev/null
  rm -rf "$folder"
}
trap finish EXIT
ip netns add "$space" || exit 1
ip -n "$space" link add from type veth peer name to || exit 1
for i in from to; do
  ip netns exec "$space" sysctl -qw "net.ipv6.conf.$i.disable_ipv6=1"
  ip -n "$space" link set "$i" up
done

# Long connections, one-packet flows and FTP, mixed.
for kind in normal syn ports; do python3 "$root/tests/support/floods.py" $kind 20000 "$folder/$kind.pcap" >/dev/null; done
python3 - "$folder" <<'PYTHON'
import struct, sys
folder = sys.argv[1]
def records(kind):
    data = open(f"{folder}/{kind}.pcap", "rb").read()
    at, out = 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        out.append(data[at:at + 16 + size])
        at += 16 + size
    return data[:24], out
head, normal = records("normal")
with open(f"{folder}/mix.pcap", "wb") as out:
    out.write(head)
    for three in zip(normal, records("syn")[1], records("ports")[1]):
        out.write(b"".join(three))
PYTHON

HOME=$folder ip netns exec "$space" "$t2" -p "$root/build/release/plugins" -i to -w "$folder/o" -l -m -M 1 \
  --set tranalyzer2.MACHINE_REPORT=1 --set tranalyzer2.FLOW_TIMEOUT=10 &
listener=$!
for _ in $(seq 100); do grep -qs 'Snapshot length' "$folder/o_log.txt" && break; sleep 0.1; done
ip netns exec "$space" tcpreplay -q -i from --pps "$rate" --duration $((minutes * 60)) --loop 0 --preload-pcap "$folder/mix.pcap" \
  >"$folder/sent" 2>&1 &
sender=$!

memory() { awk '/^VmRSS/ {print $2}' "/proc/$listener/status"; }
# column NAME: its last value in the monitoring file
column() { awk -F'\t' -v n="$1" 'NR == 1 {for (i = 1; i <= NF; ++i) if ($i == n) c = i} END {print $c}' "$folder/o_monitoring.txt"; }
early=0
for ((m = 1; m <= minutes; ++m)); do
  sleep 59
  kill -USR1 "$listener" || break
  sleep 1
  now=$(memory)
  [ "$m" -ne $(((minutes + 2) / 3)) ] || early=$now
  echo "minute $m: $(column numPkts) packets, $(column pktsDrp) dropped, $(column numFlows) flows, $now kB resident"
done
late=$(memory)
wait "$sender"
sender=''
sleep 2
kill -TERM "$listener"
wait "$listener"
status=$?
listener=''
sent=$(sed -n 's/^Actual: \([0-9]*\) packets.*/\1/p' "$folder/sent")
processed=$(sed -n 's/^Number of processed packets: \([0-9]*\).*/\1/p' "$folder/o_log.txt")
dropped=$(sed -n 's/^Number of packets dropped by the kernel: \([0-9]*\).*/\1/p' "$folder/o_log.txt")
grep '^Rated' "$folder/sent"
grep 'Sandbox' "$folder/o_log.txt"
echo "sent $sent, processed $processed, dropped $dropped; memory $early kB early, $late kB at the end; exit status $status"
[ "$status" -eq 0 ] && [ "$sent" = "$processed" ] && [ "$dropped" = 0 ] && [ "$late" -le $((early + early / 10)) ]
