#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need, builds, runs all tests, ends in "N passed, N failed".
#   ./test.sh           release build: all tests; sanitizer build: unit tests and real runs; a
#                       minute of fuzzing, if Clang is there
#   ./test.sh --quick   release build only
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")" || exit 1

quick=no
case ${1:-} in
  --quick) quick=yes ;;
  "") ;;
  *) echo "Unknown option '$1'. Usage: ./test.sh [--quick]" >&2; exit 1 ;;
esac

# shellcheck source=scripts/packages.sh
. scripts/packages.sh
install_packages "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" || exit 1

passed=0 failed=0
jobs=$(nproc)

# run_tests PRESET [ctest option...]
run_tests() {
  local preset=$1 log; shift
  log=build/$preset/build.log
  mkdir -p "build/$preset"
  echo "== $preset: build"
  if ! { cmake --preset "$preset" -DT2_TESTS=ON && cmake --build "build/$preset" -j "$jobs"; } >"$log" 2>&1; then
    grep -E -A5 'error|Error' "$log" | head -n 60
    echo "build of preset $preset failed, see $log"
    failed=$((failed + 1))
    return
  fi
  echo "== $preset: tests"
  ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure "$@" >"build/$preset/test.log" 2>&1
  grep -E '^ *[0-9]+% tests passed|\*\*\*|Failed|SKIP' "build/$preset/test.log" | head -n 60
  local ok bad
  ok=$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed' "build/$preset/test.log")
  bad=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*(\*\*\*(Failed|Timeout|Exception|Not Run))' "build/$preset/test.log")
  [ $((ok + bad)) -gt 0 ] || { echo "no tests were run in preset $preset"; bad=1; }
  [ "$bad" -eq 0 ] || sed -n '/\*\*\*/,/^ *[0-9]*\/[0-9]* Test/p' "build/$preset/test.log" | head -n 200
  passed=$((passed + ok)) failed=$((failed + bad))
}

run_tests release
# Real servers and live captures are about timing, not memory: once, in the release build, is enough.
[ $quick = yes ] || run_tests dev -LE release-only -E '^(plugin.test_servers|e2e.test_live|e2e.test_progress)$'

# A minute of fuzzing finds what a change broke at once; scripts/fuzz.sh 7200 looks deeper.
if [ $quick = no ] && command -v clang++ >/dev/null; then
  echo "== fuzz: a minute in all"
  folder=$(mktemp -d)
  if T2_FUZZ_DIR=$folder JOBS=$jobs scripts/fuzz.sh 60; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  rm -rf "$folder"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
