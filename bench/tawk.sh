#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016
# tawk against gawk with column numbers, and tcol against cat, on one flow table with the tutorial's columns.
#   bench/tawk.sh [--runs N] [--rows N]
# The programs of a line run in turn; medians of wall and CPU time. Needs t2build's release tree (cmake --preset release).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

runs=5 rows=1000000
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift 2 ;;
    --rows) rows=$2; shift 2 ;;
    *) echo "Usage: bench/tawk.sh [--runs N] [--rows N]" >&2; exit 1 ;;
  esac
done
bin=$PWD/build/release/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/plugins" "$work/.tranalyzer"
for name in basicFlow tcpStates ftpDecode txtSink; do ln -s "$bin"/../plugins/???_$name.so "$work/plugins/"; done
export HOME=$work PATH=$bin:$PATH
t2 -p "$work/plugins" -r examples/ftp-dpic.pcap -w "$work/one" >/dev/null
number() { tawk -l "$work/one_flows.txt" | gawk -v name="$1" '$2 == name { print $1 }'; }
sp=$(number srcPort) dp=$(number dstPort) status=$(number ftpStat)
# The rows of the example again and again, with ports that differ.
gawk -F'\t' -v OFS='\t' -v rows="$rows" -v sp="$sp" -v dp="$dp" 'NR == 1 { print; next } { row[n++] = $0 }
  END { srand(7); for (i = 0; i < rows; ++i) { $0 = row[i % n]; $sp = int(rand() * 65536); $dp = int(rand() * 1024); print } }' \
  "$work/one_flows.txt" >"$work/big_flows.txt"

TIMEFORMAT='%R %U %S'
timed() { # COMMAND...: "wall cpu" in seconds; the output goes to a file
  { time "$@" >"$work/out" 2>"$work/errors"; } 2>&1 | awk '{ print $1, $2 + $3 }'
}
median() { cut -d' ' -f"$2" "$1" | sort -n | sed -n "$(((runs + 1) / 2))p"; }
versus() { # LABEL PLAIN_PROGRAM... -- OUR_PROGRAM...
  local label=$1 plain=()
  shift
  while [ "$1" != -- ]; do plain+=("$1"); shift; done
  shift
  : >"$work/plain"; : >"$work/ours"
  for _ in $(seq "$runs"); do
    timed "${plain[@]}" >>"$work/plain"
    timed "$@" >>"$work/ours"
  done
  awk -v l="$label" -v p="$(median "$work/plain" 1)" -v o="$(median "$work/ours" 1)" -v pc="$(median "$work/plain" 2)" \
    -v oc="$(median "$work/ours" 2)" 'BEGIN { printf "%-58s %6.2f s %6.2f s %5.2f   %6.2f s %6.2f s %5.2f\n", l, p, o, o / p, pc, oc, oc / pc }'
}
big=$work/big_flows.txt
printf '%s rows, %s MB\n%-58s %8s %8s %5s   %8s %8s %5s\n' "$rows" "$(($(stat -c %s "$big") / 1000000))" 'filter (tawk)' plain ours ratio \
  'CPU' ours ratio
versus '$srcPort == 4075 || $dstPort == 99' gawk -F'\t' "\$$sp == 4075 || \$$dp == 99" "$big" -- tawk '$srcPort == 4075 || $dstPort == 99' "$big"
versus 'hdr() || $srcPort == 4075 || $dstPort == 99' gawk -F'\t' "NR == 1 || \$$sp == 4075 || \$$dp == 99" "$big" -- \
  tawk 'hdr() || $srcPort == 4075 || $dstPort == 99' "$big"
versus '$srcPort < 1024 && $dstPort > 1000 { print two columns }' gawk -F'\t' -v OFS='\t' "\$$sp < 1024 && \$$dp > 1000 { print \$$sp, \$$dp }" "$big" -- \
  tawk '$srcPort < 1024 && $dstPort > 1000 { print $srcPort, $dstPort }' "$big"
versus 'sport("4075") || dport(99)' gawk -F'\t' "\$$sp == 4075 || \$$dp == 99" "$big" -- tawk 'sport("4075") || dport(99)' "$big"
versus 'bitsanyset($ftpStat, 0x08)' gawk -F'\t' "and(strtonum(\$$status), 8)" "$big" -- tawk 'bitsanyset($ftpStat, 0x08)' "$big"
versus 'tcol (plain: cat)' cat "$big" -- tcol "$big"
