#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-format decides: formats all C++ sources, or with --check only says which differ.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
command -v clang-format >/dev/null || { echo "clang-format is missing: apt-get install clang-format" >&2; exit 77; }
if [ "${1:-}" = --check ]; then
  git ls-files '*.cc' '*.h' 'tools/t2report/page/*.js' | xargs clang-format --dry-run -Werror
else
  git ls-files '*.cc' '*.h' 'tools/t2report/page/*.js' | xargs clang-format -i
fi
