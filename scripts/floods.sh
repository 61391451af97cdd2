#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Hostile traffic in bulk through the release build, all plugins, rows to a file.
#   scripts/floods.sh [KIND...]     kinds: see tests/support/floods.py
# SCALE=N divides the numbers of packets (1: 10 million flows, a line of 1 GB). Prints for each flood
# the packets, CPU time per packet (beside that of ordinary traffic), peak memory, and the lines of
# the report that tell of limits; exit 1 if a run fails, takes more than 1 GB, or more than 3 times
# as long per packet as ordinary traffic. Needs about 2 GB in TMPDIR.
set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
t2=$root/build/release/bin/t2
[ -x "$t2" ] || { echo "No t2: cmake --preset release && cmake --build build/release" >&2; exit 1; }
scale=${SCALE:-1}
declare -A counts=([normal]=1000000 [jumbo]=50000 [short]=200000 [control]=1000000 [transfer]=767000 [files]=200000
  [syn]=10000000 [fragments]=2000000 [teardrop]=2000000 [pieces]=1000000 [farthest]=2000000 [heaviest]=50000
  [tunnels]=50000 [extensions]=500000 [tiny]=1000000
  [sequence]=1000000 [ports]=2000000 [line]=767000 [holes]=500000 [names]=500000
  [web]=900000 [uploads]=200000 [heads]=1000000 [chunks]=500000 [unanswered]=500000 [backlog]=800000
  [windows]=200000 [requests2]=200000 [streams]=200000 [openings]=100000 [ranges]=500000)
# Ordinary traffic that makes the same kind of work: flows, files, large frames.
declare -A beside=([syn]=short [fragments]=short [heaviest]=jumbo [tunnels]=jumbo
  [sequence]=control [line]=transfer [holes]=transfer [names]=files
  [heads]=web [chunks]=web [unanswered]=web [backlog]=web [windows]=web
  [streams]=requests2 [openings]=requests2 [ranges]=uploads)
declare -A costs
kinds=("$@")
[ $# -gt 0 ] || kinds=(syn fragments teardrop pieces farthest heaviest tunnels extensions tiny sequence ports line holes names
  heads chunks unanswered backlog windows streams openings ranges)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0

# run KIND, beside $ordinary
run() {
  local kind=$1 packets cpu each ratio memory note
  [ -n "${counts[$kind]:-}" ] || { echo "Unknown kind '$kind'" >&2; return 1; }
  packets=$(python3 "$root/tests/support/floods.py" "$kind" $((counts[$kind] / scale)) "$folder/c.pcap") || return 1
  TIMEFORMAT='%U %S'
  cpu=$({ time HOME=$folder "$t2" -p "$root/build/release/plugins" -r "$folder/c.pcap" -w "$folder/o" \
    --carve "$folder/files" >"$folder/report" 2>"$folder/errors"; } 2>&1)
  if ! grep -q "^Number of processed packets: $packets\b" "$folder/report" || [ -s "$folder/errors" ]; then
    echo "$kind: FAILED: $(head -n 1 "$folder/errors")"
    return 1
  fi
  each=$(awk -v n="$packets" '{printf "%.0f", ($1 + $2) * 1e9 / n}' <<<"$cpu")
  costs[$kind]=$each
  memory=$(sed -n 's/^Memory usage: \([0-9.]*\) GB.*/\1/p' "$folder/report")
  ratio=$(awk -v e="$each" -v n="${costs[$ordinary]}" 'BEGIN {printf "%.1f", e / n}')
  [ "$kind" = "$ordinary" ] && note=ordinary || note="$ratio x $ordinary"
  printf '%-10s %9s packets %6s ns/packet %17s %6s GB\n' "$kind" "$packets" "$each" "$note" "$memory"
  grep -E 'terminated by autopilot|evicted|given up|in conflict' "$folder/report" | sed 's/^/             /'
  rm -rf "$folder/files" "$folder"/o_*
  awk -v r="$ratio" -v m="$memory" 'BEGIN {exit !(r <= 3 && m <= 1)}' ||
    { echo "$kind: FAILED: more than 3 times ordinary traffic, or more than 1 GB"; return 1; }
}

for kind in "${kinds[@]}"; do
  ordinary=${beside[$kind]:-normal}
  [ -n "${costs[$ordinary]:-}" ] || run "$ordinary" || exit 1
  run "$kind" || status=1
done
exit $status
