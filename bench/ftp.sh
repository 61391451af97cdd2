#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What carving costs, beside `cp` of the same files: 1 GB in 1,000 transfers, and 100,000 small sessions.
# Every round carves and copies into fresh folders, and every program starts with nothing left to write. Large files go
# before the next round, so that they do not fill the memory; small ones at the end only: a file system that was told to
# delete a hundred thousand files is slow in making new ones.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<EOF
Usage: bench/ftp.sh [--only transfers|sessions] [common option...]

$common_usage

Carved files and their copies take 2 GB in --out, small files 2.5 GB per round.
EOF
}

only=''
while [ $# -gt 0 ]; do
  case $1 in
    --only) only=${2:?--only needs transfers or sessions}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) common_option "$@" || { usage >&2; exit 1; }; shift 2 ;;
  esac
done
prepare

carve() { # RESULT CAPTURE [OPTION of race...]: without and with carving, and a copy of the carved files
  local folder="$work/carved-$1" copy="$work/copy-$1"
  t2_racer "t2, decoding only" four "$2"
  racers+=("t2, decoding and carving"
    "env FTP_F_PATH=${folder@Q}-{round}/ ${bin@Q}/bin/t2 -p ${work@Q}/four -r ${2@Q} -w ${work@Q}/out/o --set ftpDecode.FTP_SAVE=1")
  racers+=(cp "cp -r ${folder@Q}-{round} ${copy@Q}-{round}")
  race "$1" --sync "${@:3}"
  rm -rf "$folder"-* "$copy"-*
}

where=$(df --output=fstype "$out" | tail -n 1)
if [ "$only" != sessions ]; then
  printf '1 GB in 1,000 transfers (\x60make_traffic ftp FILE 1000 1000000\x60), files on %s:\n\n' "$where"
  name=ftp-transfers
  [ "$where" != tmpfs ] || name=ftp-transfers-tmpfs # the target is about disks
  carve $name "$(traffic ftp 1000 1000000)" --before-round "find ${work@Q} -depth -path '*/c*-ftp-transfers*-*' -delete"
fi
[ "$only" != transfers ] || exit 0
[ -n "$only" ] || echo
sessions=$(traffic ftp 100000 1000) mixed=$(traffic mixed 2500000)
printf '100,000 sessions of one 1-kB file (\x60make_traffic ftp FILE 100000 1000\x60), 300,001 files on %s:\n\n' "$where"
t2_racer "t2, 2.5 million packets of mixed traffic" four "$mixed"
carve ftp-sessions "$sessions"
