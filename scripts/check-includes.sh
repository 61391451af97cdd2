#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Folders under src/ stand in pipeline order: an include may only point to the same or an earlier one.
# Plugins include t2/ and their own files only. Every source names its licence.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

order=(base process settings capture decode flow stream label record output carve plugin engine cli)
bad=0
for i in "${!order[@]}"; do
  for later in "${order[@]:i+1}"; do
    if grep -rn "^#include \"$later/" "src/${order[i]}" 2>/dev/null; then
      echo "src/${order[i]} must not include from src/$later" >&2; bad=1
    fi
  done
done
for folder in "${order[@]}"; do
  if grep -rn "^#include \"$folder/" include plugins 2>/dev/null; then
    echo "include/t2 and plugins must not include from src/$folder" >&2; bad=1
  fi
  if [ ! -f "src/$folder/README.md" ]; then echo "src/$folder has no README.md" >&2; bad=1; fi
done
while read -r file; do
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || { echo "$file: no SPDX line" >&2; bad=1; }
done < <(git ls-files | grep -vE '(\.(md|txt|pcap|jpg|png|json|svg)|/NUMBER|LICENSE|\.gitignore|\.clang-[a-z]+)$|^examples/'; git ls-files '*CMakeLists.txt')
exit $bad
