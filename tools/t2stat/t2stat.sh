#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# t2stat: asks the running t2 for an interim report, by a signal (spec tools 5.1).
set -uo pipefail

{ : >&1; } 2>/dev/null || exec >/dev/null
{ : >&2; } 2>/dev/null || exec 2>/dev/null

usage() {
  cat <<EOF
Usage: t2stat [OPTION...] [N]
Asks every running t2 for a report of what it has seen so far; with N every N seconds.

  -SIGNAME      send this signal instead of USR1 (-INT: end the run and write all flows)
  -p            print the process numbers only
  -l            list number, running time and command
  -i            ask for each process
  -s            send the signal with sudo
  -h, --help    this help

Examples:
  t2stat -l
  t2stat
  t2stat -i -INT
EOF
}

fail() { printf '%s\n' "$@" >&2; exit 1; }

shown() { # TEXT: nothing in it that a terminal would obey
  case $1 in *[!a-zA-Z0-9_./:=,+@%\'\"\ -]*) (LC_ALL=C; printf '%q' "$1") ;; *) printf '%s' "$1" ;; esac
}

# The processes whose program is t2: a name in a command line would also match an editor.
running() {
  local exe
  for exe in /proc/[0-9]*/exe; do
    case $(basename "$(readlink "$exe" 2>/dev/null)" 2>/dev/null) in
      t2|tranalyzer|'t2 (deleted)') basename "$(dirname "$exe")" ;;
    esac
  done | sort -n
}

command_of() { # PROCESS
  local command
  command=$(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null)
  shown "${command% }"
}

send() { # one round
  local pid reply
  for pid in $(running); do
    if [ $ask = yes ]; then
      printf 'Send %s to %s (y/N)? ' "$signal" "$(command_of "$pid")"
      read -r reply || reply=n
      case ${reply,,} in y|yes) ;; *) continue ;; esac
    fi
    "${with[@]}" kill "-$signal" "$pid" || status=1
  done
}

action=send signal=USR1 ask=no interval='' status=0 with=()
for word in "$@"; do
  case $word in
    -h|-\?|--help) usage || exit 1; exit 0 ;;
    -p) action=pids ;;
    -l) action=list ;;
    -i) ask=yes ;;
    -s) with=(sudo) ;;
    -[A-Z0-9]*) signal=${word#-}; signal=${signal#SIG}
      kill -l "$signal" >/dev/null 2>&1 || fail "Unknown signal '$(shown "$signal")'" "Try 't2stat --help' for more information." ;;
    -*) fail "Unknown option '$(shown "$word")'" "Try 't2stat --help' for more information." ;;
    *) [[ $word =~ ^[0-9]*[1-9][0-9]*$ ]] || fail "'$(shown "$word")' is not a number of seconds" "Try 't2stat --help' for more information."
      interval=$word ;;
  esac
done

[ -n "$(running)" ] || { echo "No running instance of Tranalyzer found"; exit 0; }
case $action in
  pids) running ;;
  list) for pid in $(running); do printf '%s %s\n' "$(ps -o pid=,etime= -p "$pid")" "$(command_of "$pid")"; done ;;
  send)
    send
    while [ -n "$interval" ] && sleep "$interval" && [ -n "$(running)" ]; do send; done ;;
esac
exit $status
