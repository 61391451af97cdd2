#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh FLOWS_FILE [ROWS]: a filter with two named columns against gawk with their numbers.
set -euo pipefail
flows=$1 rows=${2:-1000000}
big=$(mktemp)
trap 'rm -f "$big"' EXIT
gawk -v rows="$rows" 'NR == 1 { print; next } { row[n++] = $0 } END { for (i = 0; i < rows; ++i) print row[i % n] }' "$flows" >"$big"
column() { tawk -l "$flows" | gawk -v name="$1" '$2 == name { print $1 }'; }
source_port=$(column srcPort) destination_port=$(column dstPort)
TIMEFORMAT='%3U s'
for _ in 1 2 3; do
  printf 'gawk '; time gawk -F'\t' "\$$source_port == 4075 || \$$destination_port == 99" "$big" >/dev/null
  printf 'tawk '; time tawk "\$srcPort == 4075 || \$dstPort == 99" "$big" >/dev/null
done
