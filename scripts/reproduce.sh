#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the program and the plugins of the last commit again in a folder of another name and depth,
# without caches, and compares them byte by byte with build/release (which is built first).
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
[ -z "$(git status --porcelain -- src include plugins cmake CMakeLists.txt)" ] ||
  { echo "Commit your changes first: the second build is made from the last commit" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
other=$folder/another/place
mkdir -p "$other"
git archive HEAD | tar -x -C "$other"
targets=(t2)
for number in plugins/*/NUMBER; do targets+=("$(basename "$(dirname "$number")")"); done
cmake --preset release >/dev/null
cmake --build build/release -j "$(nproc)" --target "${targets[@]}" >/dev/null
(cd "$other" && CCACHE_DISABLE=1 cmake --preset release -DT2_TESTS=OFF >/dev/null &&
  CCACHE_DISABLE=1 cmake --build build/release -j "$(nproc)" --target "${targets[@]}" >/dev/null)
status=0
for file in bin/t2 $(cd build/release && ls plugins/*.so); do
  [ -f "$other/build/release/$file" ] || continue
  if cmp -s "build/release/$file" "$other/build/release/$file"; then
    echo "$(sha256sum <"build/release/$file" | cut -c 1-16)  $file"
  else
    echo "differs: $file"
    status=1
  fi
done
exit $status
