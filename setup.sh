#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and installs T2++, activates the tutorial's plugins, shows the flows of the example and makes its report.
# Safe to run again. Nothing but build/, PREFIX and ~/.tranalyzer/plugins is written; --uninstall takes the latter two away.
set -euo pipefail
start=$PWD
cd "$(dirname "$(readlink -f "$0")")"

usage() {
  cat <<EOF
Usage: ./setup.sh [--prefix DIR] [--no-packages] [--profile]
       ./setup.sh --uninstall [--prefix DIR]

  --prefix DIR    where to install (default: /usr/local as root, else ~/.local)
  --no-packages   do not install Debian packages; fail if one is missing
  --profile       build twice, the second time for what the first one did most (GCC): slower to
                  build, faster to run (docs/performance.md)
  --uninstall     remove what was installed into DIR, and the plugins that were activated from it;
                  settings, own plugins and Debian packages stay

Examples:
  ./setup.sh
  ./setup.sh --prefix ~/t2
EOF
}

prefix=$HOME/.local
[ "$(id -u)" -eq 0 ] && prefix=/usr/local
packages=yes profile=no uninstall=no
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || { echo "Option '--prefix' requires an argument" >&2; exit 1; }
              prefix=$2; shift 2 ;;
    --prefix=*) prefix=${1#*=}; shift ;;
    --no-packages) packages=no; shift ;;
    --profile) profile=yes; shift ;;
    --uninstall) uninstall=yes; shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "Unknown option '$1'. Try './setup.sh --help'" >&2; exit 1 ;;
  esac
done

prefix=$(cd "$start" && realpath -m "$prefix")
# What was installed, one path a line: files, then the folders that were made for them, deepest first.
record=$prefix/share/tranalyzer/installed

uninstall() {
  local path library active kept=0 gone=()
  [ -f "$record" ] || { echo "Nothing is installed in '$prefix': there is no '$record'" >&2; exit 1; }
  # The plugins that t2build activated; one that differs is the user's.
  while read -r path; do
    case $path in */[0-9][0-9][0-9]_*.so) ;; *) continue ;; esac
    library=$prefix/$path active=$HOME/.tranalyzer/plugins/$(basename "$path")
    if cmp -s "$library" "$active"; then rm -f "$active"; path=${path##*/???_}; gone+=("${path%.so}"); elif [ -e "$active" ]; then kept=$((kept + 1)); fi
  done <"$record"
  [ $kept -eq 0 ] || echo "$kept plugin(s) in '$HOME/.tranalyzer/plugins' differ from those installed and stay"
  rm -f "$HOME/.tranalyzer/t2build.lock"
  rmdir "$HOME/.tranalyzer/plugins" "$HOME/.tranalyzer" 2>/dev/null || true
  local status=0 list
  list=$(cat "$record")
  rm -f "$record" || exit 1
  while read -r path; do
    case $path in
      ''|/*|..|../*|*/..|*/../*) ;;
      */) rmdir "$prefix/$path" 2>/dev/null || [ ! -d "$prefix/$path" ] || [ -n "$(ls -A "$prefix/$path")" ] || status=1 ;;
      *) rm -f "$prefix/$path" || status=1 ;;
    esac
  done <<<"$list"
  [ $status -eq 0 ] || { echo "Not everything could be removed from '$prefix'" >&2; exit 1; }
  echo "Uninstalled from $prefix"
  [ ${#gone[@]} -eq 0 ] || echo "No longer active; behind a new set-up this activates them again: t2build ${gone[*]}"
  if [ -d "$HOME/.tranalyzer" ]; then echo "Your settings and plugins are kept in $HOME/.tranalyzer"; fi
}

# install_and_record: a trial run into an empty folder says what will be there
install_and_record() {
  local stage path new
  stage=$(mktemp -d) new=$(mktemp)
  DESTDIR=$stage cmake --install build/release >/dev/null
  (cd "$stage$prefix" && find . -mindepth 1 ! -type d -printf '%P\n' | sort) >"$new"
  echo share/tranalyzer/installed >>"$new"
  (cd "$stage$prefix" && find . -mindepth 1 -depth -type d -printf '%P/\n') | while read -r path; do
    # Folders that were there before stay, unless an earlier set-up has made them.
    [ -d "$prefix/$path" ] && ! grep -qsxF -- "$path" "$record" || printf '%s\n' "$path"
  done >>"$new"
  rm -rf "$stage"
  cmake --install build/release >/dev/null
  install -m 644 "$new" "$record"
  rm -f "$new"
}

if [ $uninstall = yes ]; then uninstall; exit; fi

# shellcheck source=scripts/packages.sh
. scripts/packages.sh
if [ $packages = yes ]; then
  install_packages "${build_packages[@]}" "${run_packages[@]}"
else
  absent=$(missing_packages "${build_packages[@]}" gawk | tr '\n' ' ')
  [ -z "$absent" ] || { echo "Missing packages: $absent" >&2; exit 1; }
fi

echo "Building (release) ..."
options=(-DT2_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$prefix")
if [ $profile = yes ]; then
  scripts/profile.sh "${options[@]}"
else
  cmake --preset release -DT2_PROFILE= "${options[@]}" >/dev/null
  cmake --build build/release -j "$(nproc)" >build/release/build.log 2>&1 ||
    { tail -n 40 build/release/build.log >&2; echo "Build failed, see build/release/build.log" >&2; exit 1; }
fi
install_and_record
echo "Installed into $prefix"

export PATH="$prefix/bin:$PATH"
t2build tranalyzer2 basicFlow tcpStates ftpDecode txtSink

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
t2 -r examples/ftp-dpic.pcap -w "$results/"
echo
tcol "$results/ftp-dpic_flows.txt"
echo
case ":${SETUP_PATH:-$(bash -lc 'echo "$PATH"' 2>/dev/null)}:" in
  *":$prefix/bin:"*) ;;
  *) echo "Add the commands to your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
active=("$HOME"/.tranalyzer/plugins/[0-9][0-9][0-9]_*.so)
active=("${active[@]##*/???_}")
echo "Active plugins, to which 't2build NAME...' adds others: ${active[*]%.so}"
echo "Setup complete. Next: t2 -r YOUR.pcap -w results/ && tcol results/YOUR_flows.txt"

# The set-up is complete without it.
page=$PWD/build/example/report.html
if { mkdir -p build/example && t2report -r examples/ftp-dpic.pcap -o "$page"; } >"$results/report.log" 2>&1; then
  echo "The example as a page: xdg-open ${page@Q}"
else
  sed 's/^/No page of the example: /' "$results/report.log" | tail -n 1 >&2
fi
