#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make-page.sh NAME PROGRAM TEXT PAGE: a man page from TEXT and from what PROGRAM says to --help.
# TEXT: the first line is the summary; `== TITLE` begins a section; indented lines are shown as they are.
set -euo pipefail
name=$1 program=$2 text=$3 page=$4
mkdir -p "$(dirname "$page")"
escape() { sed -e 's/\\/\\e/g' -e "s/'/\\\\(aq/g" -e 's/-/\\-/g' -e 's/^\./\\\&./'; }
help=$("$program" --help | sed '/^Examples:/,$ { /^Examples:/,/^$/d; }')
{
  printf '.TH %s 1 "" "T2++" "User Commands"\n.SH NAME\n%s \\- %s\n' "${name^^}" "$name" "$(head -n 1 "$text" | escape)"
  printf '.SH SYNOPSIS AND OPTIONS\n.EX\n%s\n.EE\n' "$(escape <<<"$help")"
  tail -n +2 "$text" | escape | awk '
    /^== / { if (shown) print ".EE"; shown = 0; print ".SH " substr($0, 4); next }
    /^  / { if (!shown) print ".PP\n.EX"; shown = 1; print; next }
    /^$/ { if (shown) print ".EE"; shown = 0; print ".PP"; next }
    { if (shown) print ".EE"; shown = 0; print }
    END { if (shown) print ".EE" }'
  # The library documents itself; HOME may hold functions of whoever builds.
  if [ "$name" = tawk ]; then
    printf '.SH FUNCTIONS\nArgument lists, meaning, example. Those of the options \\-n and \\-e are among them.\n.EX\n%s\n.EE\n' "$(HOME=/ "$program" -d all | escape)"
  fi
} >"$page.new"
mv "$page.new" "$page"
