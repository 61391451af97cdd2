#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy and cppcheck over src, plugins and tools; needs the packages check_packages in
# scripts/packages.sh.
#   scripts/lint.sh [FILE.cc...]     all files by default
# Prints what they find; exit 1 if anything. A first run takes minutes, later ones only look at
# what changed.
set -uo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")" || exit 1
for tool in clang-tidy cppcheck; do
  command -v $tool >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 1; }
done
files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(git ls-files 'src/*.cc' 'plugins/*/src/*.cc' 'tools/*.cc')
cmake --preset fuzz >/dev/null || exit 1  # Clang's own flags, for compile_commands.json
status=0
ulimit -v 8000000
# passedByValue: a view of 16 bytes is passed by value on purpose; clang-tidy's
# performance-unnecessary-value-param sees what is dear to copy.
found=$(cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability --inline-suppr \
  --suppress=missingIncludeSystem --suppress=passedByValue -j "$(nproc)" -I include -I build/fuzz/include -I src -I tools "${files[@]}" 2>&1)
# A file that it gave up on counts, too; its exit status would not tell.
[ -z "$found" ] || { printf '%s\n' "$found"; status=1; }
scripts/tidy.py "${files[@]}" || status=1
exit $status
