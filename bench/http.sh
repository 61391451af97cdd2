#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What carving HTTP takes, beside tcpflow and tshark, in turn: 1 GB of downloads.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<EOF
Usage: bench/http.sh [--bytes N] [common option...]

$common_usage

  --bytes N       of bodies (default 1000000000)
EOF
}

bytes=1000000000
while [ $# -gt 0 ]; do
  case $1 in
    --bytes) bytes=${2:?--bytes needs a number}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) common_option "$@" || { usage >&2; exit 1; }; shift 2 ;;
  esac
done
prepare
capture=$dir/http-$bytes.pcap
[ -s "$capture" ] || python3 bench/http_traffic.py "$capture" "$bytes"
mkdir -p "$work/web"
for name in basicFlow tcpStates httpSniffer txtSink; do
  ln -sf "$(echo "$bin"/plugins/[0-9]*_"$name".so)" "$work/web/"
done
racers+=("t2 --carve"
  "${bin@Q}/bin/t2 -p ${work@Q}/web --set tranalyzer2.CARVE_DIGEST=0 --carve ${work@Q}/carved-{round} -r ${capture@Q} -w ${work@Q}/out/h")
for tool in tcpflow tshark; do
  command -v $tool >/dev/null || { echo "$tool is missing: left out" >&2; continue; }
  case $tool in
    tcpflow) racers+=("tcpflow -e http" "tcpflow -e http -o ${work@Q}/tcpflow-{round} -r ${capture@Q}") ;;
    tshark) racers+=("tshark --export-objects" "tshark -q -r ${capture@Q} --export-objects http,${work@Q}/tshark-{round}") ;;
  esac
done
printf '%s bytes of HTTP downloads (\x60http_traffic.py FILE %s\x60):\n\n' "$bytes" "$bytes"
race http --sync
rm -rf "$work"/carved-* "$work"/tcpflow-* "$work"/tshark-*
