#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy and cppcheck over src, plugins and tools; needs the packages check_packages in
# scripts/packages.sh.
#   scripts/lint.sh [FILE.cc...]     all files by default
# Prints what they find; exit 1 if anything.
set -uo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")" || exit 1
for tool in clang-tidy cppcheck; do
  command -v $tool >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 1; }
done
files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(git ls-files 'src/*.cc' 'plugins/*/src/*.cc' 'tools/*.cc')
cmake --preset fuzz >/dev/null || exit 1  # Clang's own flags, for compile_commands.json
status=0
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p build/fuzz --quiet 2>/dev/null || status=1
# cppcheck 2.10 takes more than 20 GB for this file.
mapfile -t checked < <(printf '%s\n' "${files[@]}" | grep -vx 'src/plugin/plugin_set.cc')
ulimit -v 8000000
cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability --inline-suppr \
  --suppress=missingIncludeSystem --suppress=internalAstError --error-exitcode=1 -j "$(nproc)" -I include -I src \
  "${checked[@]}" || status=1
exit $status
