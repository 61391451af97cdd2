#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the traffic, runs t2 on it, prints one row per workload; with --peers also other tools.
#   bench/run.sh [--runs N] [--dir DIR] [--peers] [--quick]
# Every program is run N times (default 5) in turn with the others; the median wall time counts.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

runs=5 dir=${TMPDIR:-/tmp}/t2bench peers=no packets=1000000
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift 2 ;;
    --dir) dir=$2; shift 2 ;;
    --peers) peers=yes; shift ;;
    --quick) packets=100000; shift ;;
    *) echo "Usage: bench/run.sh [--runs N] [--dir DIR] [--peers] [--quick]" >&2; exit 1 ;;
  esac
done

cmake --preset bench >/dev/null
cmake --build build/bench -j "$(nproc)" >/dev/null
bin=$PWD/build/bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dir" "$work/four" "$work/all" "$work/out"
for name in basicFlow tcpStates ftpDecode txtSink; do ln -s "$bin"/plugins/???_"$name".so "$work/four/"; done
for name in basicFlow tp0f basicStats tcpFlags tcpStates ftpDecode txtSink; do
  for so in "$bin"/plugins/???_"$name".so; do [ -f "$so" ] && ln -s "$so" "$work/all/"; done
done

traffic() { # KIND N [BYTES]: path of the capture, made if it is not there
  local file=$dir/$1-$2.pcap
  [ -f "$file" ] || "$bin/bench/make_traffic" "$1" "$file" "${@:2}" >/dev/null
  printf '%s\n' "$file"
}

# once COMMAND...: "seconds kB" of one run
once() {
  python3 - "$@" <<'PY'
import os, subprocess, sys, time
start = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
if os.waitstatus_to_exitcode(status) != 0:
    sys.exit(f"failed: {' '.join(sys.argv[1:])}")
print(f"{time.monotonic() - start:.6f} {usage.ru_maxrss}")
PY
}
t2() { once "$bin/bin/t2" -p "$work/$1" -r "$2" -w "$work/out/o" "${@:3}"; }
median() { sort -n | sed -n "$(((runs + 1) / 2))p"; }

printf '%-36s %10s %9s %10s %12s %11s\n' workload packets seconds ns/packet packets/s rows/s
head -c 24 examples/ftp-dpic.pcap >"$work/empty.pcap"
read -r start_up base < <(for _ in $(seq "$runs"); do t2 four "$work/empty.pcap"; done | median)
row() { # LABEL PLUGINS FILE [OPTION...]
  local label=$1 seconds kb n rows
  shift
  read -r seconds kb < <(for _ in $(seq "$runs"); do t2 "$@"; done | median)
  n=$("$bin/bin/t2" -p "$work/$1" -r "$2" -w "$work/out/o" "${@:3}" | sed -n 's/^Number of processed packets: \([0-9]*\).*/\1/p')
  rows=$(($(wc -l <"$work/out/o_flows.txt") - 1))
  awk -v l="$label" -v p="$n" -v s="$seconds" -v f="$rows" -v kb="$kb" -v base="$base" 'BEGIN {
    printf "%-36s %10d %9.3f %10.0f %12.0f %11.0f  peak %d MB", l, p, s, s * 1e9 / p, p / s, f / s, kb / 1024
    if (f >= 50000) printf ", %.0f bytes/row", (kb - base) * 1024 / f
    printf "\n" }'
}
long=$(traffic long "$packets") single=$(traffic single "$packets") mixed=$(traffic mixed "$packets")
ftp=$(traffic ftp 100)
row "$packets packets, 1,000 flows" four "$long"
row "$packets one-packet flows" four "$single" -f 4
row "100 FTP sessions of 1 MB" four "$ftp"
row "$packets packets, heavy-tailed" four "$mixed" -f 4
row "same, all plugins" all "$mixed" -f 4
row "same, packet mode" four "$mixed" -f 4 -s
printf '%-36s %10s %9.3f\n' "start-up on an empty capture" "" "$start_up"
[ $peers = yes ] || exit 0

# Side by side: each round runs every program once, so that a busy moment hits all of them.
versus() { # LABEL FILE [t2 OPTION...]
  local label=$1 file=$2 tool
  shift 2
  rm -f "$work"/time.*
  for _ in $(seq "$runs"); do
    t2 four "$file" "$@" >>"$work/time.t2, 4 plugins"
    t2 all "$file" "$@" >>"$work/time.t2, all plugins"
    command -v tcpdump >/dev/null && once tcpdump -r "$file" -w /dev/null >>"$work/time.tcpdump copy"
    if command -v nfpcapd >/dev/null; then
      rm -rf "$work/nf" && mkdir "$work/nf" && once nfpcapd -r "$file" -w "$work/nf" >>"$work/time.nfpcapd"
    fi
    command -v softflowd >/dev/null && once softflowd -r "$file" -d >>"$work/time.softflowd" || true
    command -v argus >/dev/null && { once argus -F /dev/null -r "$file" -w /dev/null >>"$work/time.argus" || true; }
  done
  printf '\n%s\n' "$label"
  read -r unit _ < <(median <"$work/time.tcpdump copy")
  for tool in "$work"/time.*; do
    [ -s "$tool" ] && median <"$tool" | awk -v n="${tool##*time.}" -v u="$unit" '{printf "  %-24s %8.3f s  %5.2f x tcpdump\n", n, $1, $1 / u}'
  done
}
versus "$packets packets, heavy-tailed flows" "$mixed" -f 4
versus "500,000 one-packet flows" "$(traffic single 500000)" -f 4
