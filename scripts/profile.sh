#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profile-guided build in build/release: builds with counters, runs t2 over made traffic and the
# example, and builds again for what was run. Needs GCC; takes about three times as long as a plain
# build. A plain build comes back with: cmake --preset release -DT2_PROFILE= && cmake --build build/release
#   scripts/profile.sh [CMake option...]
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
build=build/release
packets=400000 sessions=2000

build_with() {
  cmake --preset release "$@" >/dev/null
  cmake --build $build -j "$(nproc)" >$build/build.log 2>&1 ||
    { tail -n 40 $build/build.log >&2; echo "Build failed, see $build/build.log" >&2; exit 1; }
}

mkdir -p $build
# Counters of older sources would be mixed with the new ones.
find $build -name '*.gcda' -delete
build_with "$@" -DT2_PROFILE=make

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
$build/bench/make_traffic mixed "$folder/mixed.pcap" $packets >/dev/null
$build/bench/make_traffic single "$folder/single.pcap" $((packets / 10)) >/dev/null
$build/bench/make_traffic ftp "$folder/ftp.pcap" $sessions 2000 >/dev/null
cp examples/ftp-dpic.pcap "$folder/"
train() {
  # The counters are written where the sandbox allows nothing.
  FTP_F_PATH="$folder/files/" $build/bin/t2 -p $build/plugins -r "$1" -w "$folder/o" --set tranalyzer2.SANDBOX=0 "${@:2}" >/dev/null
}
for capture in mixed single ftp ftp-dpic; do
  echo "Training: $capture"
  train "$folder/$capture.pcap"
done
train "$folder/mixed.pcap" -s
train "$folder/ftp.pcap" --set ftpDecode.FTP_SAVE=1
build_with "$@" -DT2_PROFILE=use
