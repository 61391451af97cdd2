#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the traffic, runs t2 with the tutorial's plugins, prints one row per workload.
#   bench/run.sh [--runs N] [--dir DIR]
# Each workload is run N times (default 5); the median wall time counts.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

runs=5 dir=${TMPDIR:-/tmp}/t2bench
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift 2 ;;
    --dir) dir=$2; shift 2 ;;
    *) echo "Usage: bench/run.sh [--runs N] [--dir DIR]" >&2; exit 1 ;;
  esac
done

cmake --preset bench >/dev/null
cmake --build build/bench -j "$(nproc)" >/dev/null
bin=build/bench
plugins=$(mktemp -d)
trap 'rm -rf "$plugins"' EXIT
for name in basicFlow tcpStates ftpDecode txtSink; do
  for so in "$bin"/plugins/???_"$name".so; do ln -s "$PWD/$so" "$plugins/"; done
done
mkdir -p "$dir/out"

# measure FILE OPTION...: "seconds kB" of the median run
measure() {
  local file=$1; shift
  for _ in $(seq "$runs"); do
    python3 - "$bin/bin/t2" -p "$plugins" -r "$file" -w "$dir/out/" "$@" <<'PY'
import os, subprocess, sys, time
start = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
if status != 0:
    sys.exit("t2 failed")
print(f"{time.monotonic() - start:.6f} {usage.ru_maxrss}")
PY
  done | sort -n | sed -n "$(((runs + 1) / 2))p"
}

printf '%-34s %10s %10s %10s %12s %10s\n' workload packets seconds ns/packet packets/s rows/s
empty=$(mktemp --suffix .pcap)
head -c 24 examples/ftp-dpic.pcap >"$empty"
read -r _ base < <(measure "$empty")
row() {
  local label=$1 kind=$2 n=$3; shift 3
  local file=$dir/$kind-$n.pcap packets seconds kb flows
  [ -f "$file" ] || "$bin/bench/make_traffic" "$kind" "$file" "$n" >/dev/null
  read -r seconds kb < <(measure "$file" "$@")
  packets=$("$bin/bin/t2" -p "$plugins" -r "$file" -w "$dir/out/" "$@" | sed -n 's/^Number of processed packets: \([0-9]*\).*/\1/p')
  flows=$(($(wc -l <"$dir/out/$kind-$n"_flows.txt) - 1))
  awk -v l="$label" -v p="$packets" -v s="$seconds" -v f="$flows" -v kb="$kb" -v base="$base" 'BEGIN {
    printf "%-34s %10d %10.3f %10.0f %12.0f %10.0f  peak %d kB", l, p, s, s * 1e9 / p, p / s, f / s, kb
    if (f >= 100000) printf ", %.0f bytes/flow", (kb - base) * 1024 / f
    printf "\n" }'
}
row "1 M packets, 1,000 flows" long 1000000
row "1 M one-packet flows" single 1000000 -f 4
row "100 FTP sessions of 1 MB" ftp 100
row "1 M packets, heavy-tailed flows" mixed 1000000 -f 4
rm -f "$empty"
