#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a sanitizer build of t2, all plugins, packet mode and --carve, over every capture below a folder.
#   scripts/sanitize-captures.sh PRESET [FOLDER [t2 option...]]     FOLDER: $T2_CAPTURES
# Prints one line per finding and a summary; exit 1 if there was any.
set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
folder=${2:-${T2_CAPTURES:-}}
[ $# -ge 1 ] && [ -d "$folder" ] || {
  echo "Usage: scripts/sanitize-captures.sh PRESET [FOLDER [t2 option...]]; without FOLDER: that of T2_CAPTURES" >&2
  exit 1
}
build=$root/build/$1
shift $(($# > 1 ? 2 : 1))
[ -x "$build/bin/t2" ] || { echo "No t2 in $build: cmake --preset ... && cmake --build $build" >&2; exit 1; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
runs=0 refused=0 carved=0 findings=0
while read -r capture; do
  runs=$((runs + 1))
  rm -rf "$out/carved"
  timeout 300 "$build/bin/t2" -p "$build/plugins" -s -r "$capture" -w "$out/o" --carve "$out/carved" "$@" >"$out/log" 2>&1
  status=$?
  [ $status -ne 1 ] || refused=$((refused + 1))
  [ -z "$(find "$out/carved" -mindepth 2 -type f -print -quit 2>/dev/null)" ] || carved=$((carved + 1))
  # 0: read; 1: refused with one line. Everything else is a crash or a sanitizer's report.
  if [ $status -gt 1 ] || grep -qE 'runtime error|Sanitizer' "$out/log"; then
    findings=$((findings + 1))
    echo "$capture: status $status: $(grep -m1 -E 'runtime error|ERROR: |WARNING: ThreadSanitizer|Sanitizer' "$out/log")"
  fi
done < <(find "$folder" -type f ! -name '*.txt' ! -name '*.report' ! -name '*.json' | sort)
echo "$runs captures, $refused refused, $carved with carved files, $findings findings"
[ $findings -eq 0 ]
