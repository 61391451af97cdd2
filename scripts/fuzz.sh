#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets and runs each for a while; needs Clang.
#   scripts/fuzz.sh [SECONDS [TARGET...]]     60 seconds in all; all targets: fuzz_TARGET.cc in
#                                              tests/fuzz and plugins/*/tests, with a dictionary fuzz_TARGET.dict
#                                              beside it where words help
# The time is shared among the targets. JOBS=N runs N at a time (1). Corpora, crashers and logs lie
# outside the source tree, in T2_FUZZ_DIR (~/.cache/t2-fuzz), and grow from run to run;
# small captures of the folder T2_CAPTURES become seeds. An input that takes longer than
# T2_FUZZ_TIMEOUT (25) seconds by the clock counts as found. Prints for each target the
# executions, CPU seconds, covered edges and inputs kept. Exit 1 if an input was found that breaks
# something: it lies in T2_FUZZ_DIR/TARGET/crash-*, `build/fuzz/tests/fuzz/fuzz_TARGET FILE` repeats it.
set -uo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")" || exit 1
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "Usage: scripts/fuzz.sh [SECONDS [TARGET...]]" >&2; exit 1; }
[ $# -gt 0 ] && shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cc plugins/*/tests/fuzz_*.cc; do
    name=${source##*/fuzz_}
    targets+=("${name%.cc}")
  done
fi
# source_of TARGET: without .cc
source_of() {
  local source
  for source in tests/fuzz/fuzz_"$1".cc plugins/*/tests/fuzz_"$1".cc; do
    [ ! -f "$source" ] || echo "${source%.cc}"
  done
}
for target in "${targets[@]}"; do
  [ -n "$(source_of "$target")" ] || { echo "No fuzz target '$target', see tests/fuzz and plugins/*/tests" >&2; exit 1; }
done
command -v clang++ >/dev/null || { echo "Fuzzing needs Clang: apt-get install clang" >&2; exit 1; }

folder=${T2_FUZZ_DIR:-$HOME/.cache/t2-fuzz}
programs=$PWD/build/fuzz/tests/fuzz
mkdir -p "$folder" build/fuzz || exit 1
if ! { cmake --preset fuzz &&
       cmake --build build/fuzz -j "$(nproc)" --target decode_seeds "${targets[@]/#/fuzz_}"; } >"build/fuzz/build.log" 2>&1
then
  grep -E -A5 'error|Error' build/fuzz/build.log | head -n 40
  echo "build of the fuzz targets failed, see build/fuzz/build.log" >&2
  exit 1
fi
mkdir -p "$folder/seeds/decode"
python3 tests/fuzz/make_seeds.py "$folder/seeds" ${T2_CAPTURES:+"$T2_CAPTURES"} >/dev/null &&
  "$programs/decode_seeds" "$folder/seeds/decode" >/dev/null || exit 1

# run_target NAME SECONDS
run_target() {
  local target=$1 log=$folder/$1/log words
  words=$(source_of "$1").dict
  [ -f "$words" ] && words=-dict=$words || words=
  mkdir -p "$folder/$target/corpus"
  /usr/bin/env -i PATH="$PATH" HOME="$HOME" bash -c 'time "$@"' fuzz "$programs/fuzz_$target" \
    -max_total_time="$2" -timeout="${T2_FUZZ_TIMEOUT:-25}" -rss_limit_mb=4096 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$folder/$target/" ${words:+"$words"} \
    "$folder/$target/corpus" "$folder/seeds/$target" >"$log" 2>&1
  local status=$? runs coverage inputs cpu
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
  coverage=$(grep -aoE 'cov: [0-9]+' "$log" | tail -n 1 | cut -c 6-)
  inputs=$(find "$folder/$target/corpus" -type f | wc -l)
  cpu=$(sed -n 's/^\(user\|sys\)\t\([0-9]*\)m\([0-9.]*\)s/\2 \3/p' "$log" | awk '{s += 60 * $1 + $2} END {printf "%.0f", s}')
  printf '%-10s %12s executions %7s CPU s %7s edges %7s inputs  %s\n' "$target" "${runs:-?}" "$cpu" "${coverage:-?}" \
    "$inputs" "$([ $status -eq 0 ] && echo ok || echo "FOUND: $(grep -a -m1 -oE 'ERROR: .*|runtime error: .*' "$log")")"
  echo "$(date +%s) ${runs:-0} $cpu ${coverage:-0} $status" >>"$folder/$target/history"
  return $status
}

jobs=${JOBS:-1}
each=$((seconds * jobs / ${#targets[@]}))
[ $each -gt 0 ] || each=1
failures=$(mktemp)
trap 'rm -f "$failures"' EXIT
for target in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  { run_target "$target" "$each" || echo "$target" >>"$failures"; } &
done
wait
[ ! -s "$failures" ]
