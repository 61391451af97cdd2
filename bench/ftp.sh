#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What carving costs, beside `cp` of the same files: 1 GB in 1,000 transfers, and 100,000 small sessions.
#   bench/ftp.sh [--runs N] [--dir DIR] [--files DIR] [--bin DIR] [--only transfers|sessions]
# DIR of --files holds what is carved (default: --dir); --bin: a build with make_traffic (default build/bench).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

runs=5 dir=${TMPDIR:-/tmp}/t2bench files='' bin=$PWD/build/bench only=''
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift 2 ;;
    --dir) dir=$2; shift 2 ;;
    --files) files=$2; shift 2 ;;
    --bin) bin=$2; shift 2 ;;
    --only) only=$2; shift 2 ;;
    *) echo "Usage: bench/ftp.sh [--runs N] [--dir DIR] [--files DIR] [--bin DIR] [--only transfers|sessions]" >&2; exit 1 ;;
  esac
done
mkdir -p "$dir" "${files:=$dir}"
work=$(mktemp -d -p "$files")
trap 'rm -rf "$work"' EXIT
mkdir "$work/plugins"
for name in basicFlow tcpStates ftpDecode txtSink; do ln -s "$bin"/plugins/???_"$name".so "$work/plugins/"; done

capture() { # KIND N [BYTES]
  local file=$dir/$1-$2-${3:-}.pcap
  [ -f "$file" ] || "$bin/bench/make_traffic" "$1" "$file" "${@:2}" >/dev/null
  cat "$file" >/dev/null
  printf '%s\n' "$file"
}

once() { # LABEL COMMAND...: appends "seconds, CPU seconds, kB" of one run
  local label=$1
  shift
  python3 - "$@" >>"$work/time.$label" <<'PY'
import os, subprocess, sys, time
start = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
if os.waitstatus_to_exitcode(status) != 0:
    sys.exit(f"failed: {' '.join(sys.argv[1:])}")
print(f"{time.monotonic() - start:.3f} {usage.ru_utime + usage.ru_stime:.3f} {usage.ru_maxrss}")
PY
}

t2() { # LABEL CAPTURE [OPTION...]
  once "$1" env FTP_F_PATH="$work/carved/" "$bin/bin/t2" -p "$work/plugins" -r "$2" -w "$work/out" "${@:3}"
}

table() { # LABEL: medians of all rows measured so far
  printf '\n%-28s %9s %9s %8s\n' "$1" seconds "CPU s" "peak MB"
  for row in "$work"/time.*; do
    sort -n "$row" | sed -n "$(((runs + 1) / 2))p" | awk -v n="${row##*time.}" '{printf "%-28s %9.2f %9.2f %8d\n", n, $1, $2, $3 / 1024}'
  done
  rm "$work"/time.*
}

measure() { # LABEL CAPTURE: without and with carving, and a copy of the carved files
  for _ in $(seq "$runs"); do
    t2 "decode" "$2"
    t2 "decode and carve" "$2" --set ftpDecode.FTP_SAVE=1
    once "cp of the carved files" cp -r "$work/carved" "$work/copy"
    rm -rf "$work/carved" "$work/copy"
  done
  table "$1"
}

[ "$only" = sessions ] || measure "1 GB in 1,000 transfers" "$(capture ftp 1000 1000000)"
[ "$only" = transfers ] && exit 0
sessions=$(capture ftp 100000 1000) mixed=$(capture mixed 2500000)
for _ in $(seq "$runs"); do t2 "2.5 million mixed packets" "$mixed"; done
measure "100,000 sessions, 1 kB each" "$sessions"
