#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Time against the number of one-packet flows, 1,000 to 10 million: writes docs/scale.txt and docs/scale.svg.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<EOF
Usage: bench/scale.sh [--up-to N] [common option...]

  --up-to N       end at N flows (default 10000000, which needs 5 GB of memory and of disk and some minutes)
$common_usage

From a million flows on every program runs once.
EOF
}

most=10000000
while [ $# -gt 0 ]; do
  case $1 in
    --up-to) most=${2:?--up-to needs a number}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) common_option "$@" || { usage >&2; exit 1; }; shift 2 ;;
  esac
done
prepare

measured=()
for n in 1000 10000 100000 500000 1000000 10000000; do
  [ "$n" -le "$most" ] || break
  echo "bench/scale.sh: $n flows ..." >&2
  file=$(traffic single $n)
  t2_racers "$file" -f 64
  peer nfpcapd nfpcapd -r "$file" -w "$work/out"
  peer softflowd softflowd -r "$file" -d
  [ "$n" -lt 1000000 ] || runs=1
  race "scale-$n" --clear "$work/out" --flows "$n" >&2
  measured+=("$n=$results/scale-$n.json")
done
python3 bench/scale.py collect "${measured[@]}" >docs/scale.txt
python3 bench/scale.py plot <docs/scale.txt >docs/scale.svg
cat docs/scale.txt
