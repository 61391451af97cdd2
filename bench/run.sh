#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The benchmark: makes the traffic, runs t2 and, where installed, other programs in turn, and prints the tables of
# docs/performance.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<EOF
Usage: bench/run.sh [--capture FILE] [--large] [--quick] [--only PART]... [--also DIR] [--update] [common option...]

  --capture FILE  a capture of your own: the part capture, and threads on it in place of the mixed traffic
  --large         also 10 million one-packet flows (5 GB of memory and of disk, some minutes)
  --quick         a tenth of the packets, without ftp and targets
  --only PART     targets mixed capture single packets start ftp sinks threads real lanes jobs tshark large; may be repeated
  --also DIR      a second build of t2, in the parts mixed, capture and single
  --update        puts the tables into the documents, in place of those that stand there
$common_usage

FTP carving in full, and small sessions: bench/ftp.sh. Time against number of flows: bench/scale.sh.
EOF
}

capture='' also='' large=no scale=1 update=no only=()
while [ $# -gt 0 ]; do
  case $1 in
    --capture) capture=$(readlink -f "${2:?--capture needs a file}"); shift 2 ;;
    --also) also=$(readlink -f "${2:?--also needs a folder}"); shift 2 ;;
    --large) large=yes; shift ;;
    --quick) scale=10; shift ;;
    --update) update=yes; shift ;;
    --only) only+=("${2:?--only needs a part}"); shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) common_option "$@" || { usage >&2; exit 1; }; shift 2 ;;
  esac
done
if [ $update = yes ] && [ $scale -gt 1 ]; then
  echo "Option '--update' puts figures into the documentation: not with '--quick'" >&2
  exit 1
fi
prepare
if [ $scale -gt 1 ]; then results=$dir/results-quick && mkdir -p "$results"; fi

wanted() {
  [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

# part NAME FUNCTION: runs it if it is wanted; its text goes to the screen and into the document.
part() {
  wanted "$1" || return 0
  echo "bench/run.sh: $1 ..." >&2
  "part_$1" >"$work/text"
  cat "$work/text"
  [ ! -s "$work/text" ] || echo
  [ $update = no ] || python3 bench/paste.py "$1" "$(grep -l "^<!-- bench $1 -->" docs/*.md)" <"$work/text"
}

packets_of() { "$bin/bin/t2" -p "$work/four" -r "$1" -w "$work/out/o" -f 64 | sed -n 's/^Number of processed packets: \([0-9]*\).*/\1/p'; }

second_build() { # CAPTURE [OPTION...]
  [ -n "$also" ] || return 0
  mkdir -p "$work/also4" "$work/also7"
  local so
  for so in "$work"/four/*; do ln -sf "$also/plugins/${so##*/}" "$work/also4/"; done
  for so in "$work"/all/*; do ln -sf "$also/plugins/${so##*/}" "$work/also7/"; done
  racer "second build, four plugins" "$also/bin/t2" -p "$work/also4" -r "$1" -w "$work/out/o" "${@:2}"
  racer "second build, seven plugins" "$also/bin/t2" -p "$work/also7" -r "$1" -w "$work/out/o" "${@:2}"
}

everyone() { # CAPTURE [OPTION of t2...]
  peer tcpdump tcpdump -r "$1" -w /dev/null
  peer nfpcapd nfpcapd -r "$1" -w "$work/out"
  peer softflowd softflowd -r "$1" -d
  peer argus argus -F /dev/null -r "$1" -w /dev/null
  t2_racers "$@"
  second_build "$@"
}

heading() { # FILE TEXT
  printf '%s, %s MB:\n\n' "$2" "$(($(stat -L -c %s "$1") / 1000000))"
}

part_mixed() {
  local file n=$((3000000 / scale))
  file=$(traffic mixed $n)
  heading "$file" "\`make_traffic mixed FILE $n\`"
  everyone "$file"
  race mixed --clear "$work/out" --packets "$(packets_of "$file")"
}

part_capture() {
  local n
  [ -n "$capture" ] || return 0
  cat "$capture" >/dev/null
  n=$(packets_of "$capture")
  heading "$capture" "$n packets of \`${capture##*/}\`"
  everyone "$capture"
  race capture --clear "$work/out" --packets "$n"
  echo "$n" >"$results/capture.packets"
}

part_single() {
  local file n=$((500000 / scale))
  file=$(traffic single $n)
  heading "$file" "\`make_traffic single FILE $n\`, t2 with \`-f 64\`"
  everyone "$file" -f 64
  race single --clear "$work/out" --flows $n
}

part_large() {
  local file n=$((10000000 / scale))
  [ $large = yes ] || return 0
  file=$(traffic single $n)
  heading "$file" "\`make_traffic single FILE $n\`, t2 with \`-f 64\`, one run each"
  peer nfpcapd nfpcapd -r "$file" -w "$work/out"
  peer softflowd softflowd -r "$file" -d
  t2_racers "$file" -f 64
  runs=1 race large --clear "$work/out" --flows $n
}

# What a row per packet costs, and what verifying checksums, which are all right in this traffic.
part_packets() {
  local file bytes value n=$((3000000 / scale))
  file=$(traffic mixed $n)
  "$bin/bin/t2" -p "$work/four" -s -r "$file" -w "$work/out/o" >/dev/null
  bytes=$(stat -c %s "$work/out/o_packets.txt")
  t2_racer "t2 -s, four plugins" four "$file" -s
  for value in 0 1 2; do
    t2_racer "seven plugins, \`tcpFlags.IPCHECKSUM=$value\`" all "$file" --set tcpFlags.IPCHECKSUM=$value
  done
  printf '\x60make_traffic mixed FILE %s\x60, %s MB; \x60-s\x60 writes a packet table of %s MB; ' $n \
    $(($(stat -L -c %s "$file") / 1000000)) $((bytes / 1000000))
  printf 'IPCHECKSUM 1 verifies headers, 2 also TCP, UDP and ICMP:\n\n'
  race packets --clear "$work/out" --packets $n
  echo "$bytes" >"$results/packets.bytes"
}

part_start() {
  head -c 24 examples/ftp-dpic.pcap >"$work/empty.pcap"
  t2_racers "$work/empty.pcap"
  printf 'An empty capture, labels included:\n\n'
  runs=$((4 * runs + 1)) race start --clear "$work/out"
}

part_ftp() {
  [ $scale -eq 1 ] || return 0
  bench/ftp.sh --only transfers --runs "$runs" --dir "$dir" --out "$out" --bin "$bin" "${race_options[@]}"
}

# The same rows to other places; text first, for comparison.
part_sinks() {
  sinks_on sinks "$(traffic single $((500000 / scale)))" $((500000 / scale)) "make_traffic single FILE $((500000 / scale))"
  echo
  sinks_on sinks-long "$(traffic talks $((500000 / scale)))" $((1000000 / scale)) "make_traffic talks FILE $((500000 / scale))"
}
sinks_on() { # NAME FILE FLOWS MADE
  local file=$2 sink so
  t2_racer "text" four "$file" -f 64
  for sink in jsonSink parquetSink sqliteSink; do
    so=("$bin"/plugins/???_$sink.so)
    [ -e "${so[0]}" ] || continue
    mkdir -p "$work/$sink"
    ln -sf "$bin"/plugins/???_{basicFlow,tcpStates,ftpDecode}.so "${so[0]}" "$work/$sink/"
  done
  t2_racer "JSON lines" jsonSink "$file" -f 64
  t2_racer "JSON lines, zstd" jsonSink "$file" -f 64 --set jsonSink.JSON_COMPRESS=2
  t2_racer "Parquet" parquetSink "$file" -f 64
  if [ -d "$work/sqliteSink" ]; then
    t2_racer "SQLite without indexes" sqliteSink "$file" -f 64 --set sqliteSink.SQLITE_INDEX=0
    t2_racer "SQLite" sqliteSink "$file" -f 64
  fi
  heading "$file" "\`$4\`, three plugins and a sink"
  race "$1" --clear "$work/out" --flows "$3"
}

part_threads() {
  local file=$capture
  if [ -z "$file" ]; then
    file=$(traffic mixed $((3000000 / scale)))
  else
    cat "$file" >/dev/null
  fi
  printf 'CPU seconds per thread, \x60%s\x60:\n\n' "${file##*/}"
  python3 bench/threads.py --runs "$runs" "${race_options[@]}" \
    "four plugins" "$bin/bin/t2 -p $work/four -r $file -w $work/out/o" \
    "seven plugins" "$bin/bin/t2 -p $work/all -r $file -w $work/out/o"
}

# Fewer packets and one run: tshark keeps everything it saw.
part_tshark() {
  local file n=$((1000000 / scale))
  file=$(traffic mixed $n)
  heading "$file" "\`make_traffic mixed FILE $n\`, one run each; tshark with \`-q -z conv,ip\`"
  peer tshark tshark -r "$file" -q -z conv,ip
  t2_racers "$file"
  runs=1 race tshark --clear "$work/out" --packets $n
}

filesystem() { df --output=fstype "$work/out" | tail -n 1; }

# On public captures: what -j gives beside tcpdump's copy.
part_real() {
  local file jobs n=$((4000000 / scale))
  file=$(real_traffic $n) || return 0
  peer tcpdump tcpdump -r "$file" -w "$work/out/copy.pcap"
  for jobs in 1 2; do
    t2_racer "\`-j $jobs\`, four plugins" four "$file" -j $jobs
    t2_racer "\`-j $jobs\`, seven plugins" all "$file" -j $jobs
  done
  fold -s -w 120 "$file.txt"
  printf '%s MB; all write to %s:\n\n' "$(($(stat -c %s "$file") / 1000000))" "$(filesystem)"
  race real --clear "$work/out" --packets "$(packets_of "$file")"
}

# What -j would give on more of them: its tasks timed here, put together by lanes_model.py.
part_lanes() {
  local file n=$((4000000 / scale))
  file=$(real_traffic $n) || return 0
  printf 'The capture of \x60--only real\x60, all write to %s:\n\n' "$(filesystem)"
  python3 bench/lanes.py --runs "$runs" "${race_options[@]}" --packets "$(packets_of "$file")" "$bin/tests/t2_lanes" \
    "four plugins" "-p $work/four -r $file -w $work/out/o" "seven plugins" "-p $work/all -r $file -w $work/out/o"
}

# What -j gives on this machine's processors.
part_jobs() {
  local file jobs n=$((3000000 / scale))
  file=$(traffic mixed $n)
  peer tcpdump tcpdump -r "$file" -w "$work/out/copy.pcap"
  for jobs in 1 2 4; do
    t2_racer "\`-j $jobs\`, four plugins" four "$file" -j $jobs
    t2_racer "\`-j $jobs\`, seven plugins" all "$file" -j $jobs
  done
  heading "$file" "\`make_traffic mixed FILE $n\`"
  race jobs --clear "$work/out" --packets $n
  echo
  file=$(traffic single $((500000 / scale)))
  for jobs in 1 2 4; do t2_racer "\`-j $jobs\`" four "$file" -f 64 -j $jobs; done
  heading "$file" "\`make_traffic single FILE $((500000 / scale))\`, four plugins"
  race jobs-single --clear "$work/out" --flows $((500000 / scale))
  echo
  n=$((1000000 / scale))
  file=$(traffic mixed $n)
  for jobs in 1 2; do t2_racer "\`-s -j $jobs\`" four "$file" -s -j $jobs; done
  heading "$file" "\`make_traffic mixed FILE $n\`, a row per packet, four plugins"
  race jobs-packets --clear "$work/out" --packets $n
  echo
  file=$(traffic ftp $((1000 / scale)) 1000000)
  for jobs in 1 2; do
    racers+=("\`-j $jobs\`" "env FTP_F_PATH=${work@Q}/out/c/ ${bin@Q}/bin/t2 -p ${work@Q}/four -r ${file@Q} -w ${work@Q}/out/o --set ftpDecode.FTP_SAVE=1 -j $jobs")
  done
  heading "$file" "\`make_traffic ftp FILE $((1000 / scale)) 1000000\`, four plugins, all files carved to $(filesystem)"
  race jobs-ftp --clear "$work/out"
}

part_targets() {
  [ $scale -eq 1 ] || return 0
  python3 bench/targets.py "$results"
}

parts=(mixed capture single large packets start ftp sinks threads real lanes jobs tshark targets)
for name in "${only[@]}"; do
  [[ " ${parts[*]} " == *" $name "* ]] || { echo "No part '$name'. Parts: ${parts[*]}" >&2; exit 1; }
done
for name in "${parts[@]}"; do
  part "$name"
done
