#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What carving costs, beside `cp` of the same files: 1 GB in 1,000 transfers, and 100,000 small sessions.
# Every round carves and copies into fresh folders, and every program starts with nothing left to write. Files go at the
# end only (in tmpfs, large ones before the next round): ext4 looks for minutes at every file that was deleted before it
# makes a new one, so that whoever comes first after a deletion pays for it. For the same reason nothing much should
# have been deleted on that disk for five minutes.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=bench/common.sh
. bench/common.sh

usage() {
  cat <<EOF
Usage: bench/ftp.sh [--only transfers|sessions] [common option...]

$common_usage

Carved files and their copies take 2 GB per round in --out, small files 2.5 GB.
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
  name=ftp-transfers before=()
  if [ "$where" = tmpfs ]; then # the target is about disks; and memory ends sooner
    name=ftp-transfers-tmpfs before=(--before-round "find ${work@Q} -depth -path '*/c*-ftp-transfers*-*' -delete")
  fi
  carve $name "$(traffic ftp 1000 1000000)" "${before[@]}"
fi
[ "$only" != transfers ] || exit 0
[ -n "$only" ] || echo
sessions=$(traffic ftp 100000 1000) mixed=$(traffic mixed 2500000)
printf '100,000 sessions of one 1-kB file (\x60make_traffic ftp FILE 100000 1000\x60), 300,001 files on %s:\n\n' "$where"
t2_racer "t2, 2.5 million packets of mixed traffic" four "$mixed"
carve ftp-sessions "$sessions"
