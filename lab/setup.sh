#!/bin/sh
# Everything the lab and the tests need from Debian 12 or 13; asks apt only if something is missing.
set -eu
packages="conntrack crun curl iproute2 mmdebstrap nftables openssh-client podman procps python3-venv tcpdump util-linux"
missing=""
for package in $packages "$@"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
[ "$(id -u)" = 0 ] || { echo "setup: run as root; to be installed:$missing" >&2; exit 1; }
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
# shellcheck disable=SC2086
apt-get -qy --no-install-recommends install $missing
