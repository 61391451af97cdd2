#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and installs T2++, activates the tutorial's plugins and shows the flows of the example.
# Safe to run again. Nothing but PREFIX and ~/.tranalyzer/plugins is written.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

usage() {
  cat <<EOF
Usage: ./setup.sh [--prefix DIR] [--no-packages] [--profile]

  --prefix DIR    where to install (default: /usr/local as root, else ~/.local)
  --no-packages   do not install Debian packages; fail if one is missing
  --profile       build twice, the second time for what the first one did most (GCC): slower to
                  build, faster to run (docs/performance.md)

Examples:
  ./setup.sh
  ./setup.sh --prefix ~/t2
EOF
}

prefix=$HOME/.local
[ "$(id -u)" -eq 0 ] && prefix=/usr/local
packages=yes profile=no
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || { echo "Option '--prefix' requires an argument" >&2; exit 1; }
              prefix=$2; shift 2 ;;
    --prefix=*) prefix=${1#*=}; shift ;;
    --no-packages) packages=no; shift ;;
    --profile) profile=yes; shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "Unknown option '$1'. Try './setup.sh --help'" >&2; exit 1 ;;
  esac
done

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
cmake --install build/release >/dev/null
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
echo "Setup complete. Next: t2 -r YOUR.pcap -w results/ && tcol results/YOUR_flows.txt"
