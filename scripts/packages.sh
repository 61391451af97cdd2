# SPDX-License-Identifier: Apache-2.0
# Debian packages by purpose, and the function that installs what is missing. Sourced by setup.sh and
# test.sh; the reason for each library stands in docs/decisions/dependencies.md.
# shellcheck shell=bash disable=SC2034

build_packages=(g++ cmake ninja-build pkg-config git libpcap-dev libfmt-dev libxxhash-dev zlib1g-dev
  libzstd-dev libssl-dev libmaxminddb-dev libseccomp-dev libelf-dev nlohmann-json3-dev libsqlite3-dev
  libbrotli-dev libnghttp2-dev libmagic-dev)
run_packages=(gawk less libloc-database p0f)
test_packages=(clang-format clang libclang-rt-dev groff-base zsh libgtest-dev libgmock-dev python3 iproute2 tcpdump
  util-linux xz-utils curl lftp tnftp vsftpd python3-pyftpdlib python3-openssl nginx-light
  apache2-bin python3-h2 jq zstd chromium
  sqlite3 python3-pandas dpkg-dev lintian)
# scripts/lint.sh, scripts/soak.sh
check_packages=(cppcheck clang-tidy tcpreplay)
# bench/: what measures, and the programs that t2 is measured beside
bench_packages=(hyperfine time libbenchmark-dev tcpdump nfdump argus-server softflowd tshark tcpflow)

# missing_packages NAME...: prints those that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || echo "$name"
  done
}

# install_packages NAME...: installs what is missing, or says in one line what to do and fails.
install_packages() {
  local missing sudo=()
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      echo "Missing packages, and no right to install them. Ask for: apt-get install ${missing[*]}" >&2
      return 1
    fi
    sudo=(sudo)
  fi
  echo "Installing packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq || true
  # The tests want the programs of vsftpd and nginx, not servers on this machine: no service is started or enabled.
  local policy=/usr/sbin/policy-rc.d made=no status=0
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null && "${sudo[@]}" chmod 755 $policy && made=yes
  fi
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || status=1
  local service
  for service in vsftpd nginx; do
    if [[ " ${missing[*]} " == *" $service"* ]] && command -v systemctl >/dev/null; then
      "${sudo[@]}" systemctl disable $service >/dev/null 2>&1 || true
    fi
  done
  [ $made = no ] || "${sudo[@]}" rm -f $policy
  [ $status -eq 0 ] || echo "Packages could not be installed. Try: apt-get install ${missing[*]}" >&2
  return $status
}
