# SPDX-License-Identifier: Apache-2.0
# What the benchmarks share: options, the build, captures, plugin folders, the list of programs that race.
# Sourced from the root of the sources.
# shellcheck shell=bash

# shellcheck disable=SC2034  # the scripts print it
common_usage="$(cat <<'EOF'
  --runs N        rounds in which every program runs once (default 5); medians count
  --dir DIR       captures, kept for the next time, and results (default $TMPDIR/t2bench)
  --out DIR       where the programs write (default: in --dir)
  --bin DIR       another build of t2 (default build/bench, built when needed)
  --around CMD    runs each measurement, e.g. "nice -n -10"
  --pause S       seconds between rounds
  --captures X    folder, or archive, of captures that real traffic is made of (default $T2_CAPTURES)
EOF
)"
PATH=$PATH:/usr/sbin # argus, softflowd
runs=5 dir=${TMPDIR:-/tmp}/t2bench out='' bin='' race_options=()
captures=${T2_CAPTURES:-}

# common_option NAME VALUE: whether it is one of the options above.
common_option() {
  case $1 in
    --runs | --dir | --out | --bin | --around | --pause | --captures)
      [ $# -ge 2 ] || { echo "Option '$1' requires an argument" >&2; exit 1; } ;;
    *) return 1 ;;
  esac
  case $1 in
    --runs) runs=$2 ;;
    --dir) dir=$2 ;;
    --out) out=$2 ;;
    --bin) bin=$(readlink -f "$2") ;;
    --captures) captures=$2 ;;
    *) race_options+=("$1" "$2") ;;
  esac
}

# prepare: builds, makes folders and the plugin folders four and all.
prepare() {
  local name tool
  for tool in hyperfine /usr/bin/time; do
    command -v $tool >/dev/null || { echo "$tool is missing. Try: apt-get install hyperfine time" >&2; exit 1; }
  done
  mkdir -p "$dir" && dir=$(readlink -f "$dir")
  { cmake --preset bench && cmake --build build/bench -j "$(nproc)" ${bin:+--target make_traffic make_real}; } >"$dir/build.log" 2>&1 ||
    { tail -n 40 "$dir/build.log" >&2; echo "Build failed, see $dir/build.log" >&2; exit 1; }
  : "${bin:=$PWD/build/bench}" "${out:=$dir/out}"
  mkdir -p "$out" "$dir/results"
  work=$(mktemp -d -p "$out") results=$dir/results
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/four" "$work/all" "$work/out"
  for name in basicFlow tcpStates ftpDecode txtSink; do ln -s "$bin"/plugins/???_"$name".so "$work/four/"; done
  for name in basicFlow tp0f basicStats tcpFlags tcpStates ftpDecode txtSink; do ln -s "$bin"/plugins/???_"$name".so "$work/all/"; done
}

# traffic KIND N [BYTES]: path of the capture, made if it is not there, read once to be in memory.
traffic() {
  local file=$dir/$1-$2${3:+-$3}.pcap
  if [ ! -f "$file" ]; then
    build/bench/bench/make_traffic "$1" "$file.part" "${@:2}" >/dev/null
    mv "$file.part" "$file"
  fi
  cat "$file" >/dev/null
  printf '%s\n' "$file"
}

# real_traffic N: the same of real traffic, at least N packets; FILE.txt says what it is. Fails without captures.
real_traffic() {
  local file=$dir/real-$1.pcap folder=$captures
  if [ ! -f "$file" ]; then
    [ -e "$captures" ] || { echo "No real traffic: no captures at '$captures'. Name some with '--captures'" >&2; return 1; }
    if [ -f "$captures" ]; then
      folder=$work/captures
      mkdir -p "$folder"
      tar -xf "$captures" -C "$folder"
    fi
    build/bench/bench/make_real "$file.part" "$1" "$folder" >"$file.txt"
    rm -rf "$work/captures"
    mv "$file.part" "$file"
  fi
  cat "$file" >/dev/null
  printf '%s\n' "$file"
}

racers=()
# racer NAME COMMAND...: takes part in the next race.
racer() {
  local command
  printf -v command '%q ' "${@:2}"
  racers+=("$1" "$command")
}
# peer NAME COMMAND...: the same, if the program is installed; it may take ten minutes.
peer() {
  if command -v "$2" >/dev/null; then
    racer "$1" timeout 600 "${@:2}"
  else
    echo "$2 is not installed: left out" >&2
  fi
}
t2_racer() { racer "$1" "$bin/bin/t2" -p "$work/$2" -r "$3" -w "$work/out/o" "${@:4}"; }
t2_racers() { # CAPTURE [OPTION...]
  t2_racer "t2, four plugins" four "$@"
  t2_racer "t2, seven plugins" all "$@"
}

# race RESULT [OPTION...]: runs what was entered, prints the table, keeps the figures as RESULT.
race() {
  local file=$results/$1.json
  shift
  python3 bench/race.py --runs "$runs" "${race_options[@]}" "$@" --to "$file" "${racers[@]}"
  racers=()
}
