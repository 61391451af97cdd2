#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Set-up and quick tests of the last commit on a machine that has nothing: a minimal Debian 12 in a folder. Finds the
# packages that scripts/packages.sh forgets. Needs root, mmdebstrap and a package mirror, 5 GB and half an hour.
#   scripts/fresh.sh [FOLDER]
# FOLDER keeps the Debian system for the next time (default: made anew and removed at the end).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

[ "$(id -u)" -eq 0 ] || { echo "Run it as root: it makes a chroot" >&2; exit 1; }
command -v mmdebstrap >/dev/null || { echo "Missing package: mmdebstrap" >&2; exit 1; }
source=$PWD
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  folder=$(readlink -f "$1")
else
  folder=$(mktemp -d /var/tmp/t2-fresh.XXXXXX)
  trap 'rm -rf "$folder"' EXIT
fi
[ -d "$folder/base" ] || mmdebstrap --quiet --variant=minbase bookworm "$folder/base" "${MIRROR:-http://deb.debian.org/debian}"

# Each time a copy that nothing was installed into.
rm -rf "$folder/machine"
cp -a --reflink=auto "$folder/base" "$folder/machine"
cp -L /etc/resolv.conf "$folder/machine/etc/resolv.conf"
# In root's home, which nobody else can read: that must do, too.
git clone --quiet --no-hardlinks "$source" "$folder/machine/root/t2pp"

# Mounts of its own, which end with the process. Its root is one, too: the tests make network namespaces.
cat >"$folder/machine/root/run.sh" <<'EOF'
cd /root/t2pp && ./setup.sh && ./test.sh --quick
EOF
unshare --mount --pid --fork --kill-child bash -euc '
  mount --bind "$0" "$0"
  mount -t proc proc "$0/proc"
  mount --rbind /dev "$0/dev"
  mount --rbind /sys "$0/sys"
  exec chroot "$0" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash /root/run.sh' "$folder/machine"
