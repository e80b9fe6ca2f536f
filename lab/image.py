# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host images, built from Debian's packages.

``debian``  what a cloud's own Debian 13 image holds; the roles install the rest.
``cached``  the same, with package lists and the roles' packages already downloaded (not installed): a cache, no more.
``tools``   hosts that belong to the lab, not to the product: routers, the client, the resolver, the CDN.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError
from .machine import PODMAN, STORAGE, Machine

SUITE = "trixie"
CLOUD_IMAGE = (
    "ca-certificates",
    "chrony",
    "curl",
    "dbus",
    "gnupg",
    "iproute2",
    "iputils-ping",
    "less",
    "libpam-systemd",
    "nftables",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "sudo",
    "systemd",
    "systemd-sysv",
    "unattended-upgrades",
)
# What the roles install; only downloaded into the image. A package missing here costs seconds, nothing else.
ROLE_PACKAGES = (
    "charon-systemd",
    "frr",
    "haproxy",
    "libcharon-extra-plugins",
    "libnginx-mod-http-modsecurity",
    "libstrongswan-extra-plugins",
    "libstrongswan-standard-plugins",
    "modsecurity-crs",
    "nginx",
    "python3-pymysql",
    "python3-redis",
    "python3-venv",
    "redis-server",
    "redis-tools",
    "strongswan-swanctl",
)
UNSTABLE_PACKAGES = ("mysql-server", "mysql-client")
TOOLS = (
    "bind9-dnsutils",
    "frr",
    "libnginx-mod-stream",
    "nginx",
    "python3-pymysql",
    "python3-redis",
    "python3-requests",
    "redis-tools",
    "tcpdump",
    "unbound",
)


@dataclass(frozen=True)
class Image:
    """One image; ``key`` changes when its definition does."""

    name: str
    packages: tuple[str, ...]
    cache: bool = False

    @property
    def key(self) -> str:
        return hashlib.sha256(repr(command(self, Path("image.tar"))).encode()).hexdigest()[:12]

    @property
    def tag(self) -> str:
        return f"localhost/multicloud-{self.name}:{self.key}"


HOOKS = (
    # One identity a host, not one an image: machine id (MAC addresses derive from it), SSH host keys.
    ': > "$1/etc/machine-id"; rm -f "$1/var/lib/dbus/machine-id" "$1"/etc/ssh/ssh_host_*',
    # The operator's account, as a cloud's first-boot service would make it.
    'chroot "$1" useradd -m -s /bin/bash ops',
    'echo "ops ALL=(ALL) NOPASSWD:ALL" > "$1/etc/sudoers.d/90-ops"; chmod 0440 "$1/etc/sudoers.d/90-ops"',
    # Importing a tar drops file capabilities.
    'chmod u+s "$1/usr/bin/ping"',
    # A lab's disk content is thrown away: no fsync for each unpacked file.
    'echo force-unsafe-io > "$1/etc/dpkg/dpkg.cfg.d/lab"',
    # No hardware and no upgrades behind the roles' back; services of the tools are started by name.
    'chroot "$1" systemctl mask --quiet getty@tty1.service console-getty.service systemd-udevd.service '
    "systemd-resolved.service systemd-modules-load.service systemd-firstboot.service "
    "apt-daily.timer apt-daily-upgrade.timer",
)
CACHE_HOOK = f"""\
cp /etc/resolv.conf "$1/etc/resolv.conf"
printf 'deb [check-valid-until=no] %s unstable main\\n' "$(sed -n 's/^deb \\(\\[.*\\] \\)\\?\\(http[^ ]*\\) .*/\\2/p' \
"$1/etc/apt/sources.list" | head -1)" > "$1/etc/apt/sources.list.d/unstable.list"
printf 'Package: *\\nPin: release a=unstable\\nPin-Priority: 50\\n' > "$1/etc/apt/preferences.d/unstable"
chroot "$1" apt-get -q update
chroot "$1" apt-get -qy --no-install-recommends -d install {" ".join(ROLE_PACKAGES)}
chroot "$1" apt-get -qy --no-install-recommends -d -t unstable install {" ".join(UNSTABLE_PACKAGES)}
rm "$1/etc/apt/sources.list.d/unstable.list" "$1/etc/apt/preferences.d/unstable"
"""

IMAGES = {
    "debian": Image("debian", CLOUD_IMAGE),
    "cached": Image("cached", CLOUD_IMAGE, cache=True),
    "tools": Image("tools", (*CLOUD_IMAGE, *TOOLS)),
}


def ensure(machine: Machine, name: str) -> str:
    """Build the image unless it exists; its tag."""
    image = IMAGES.get(name)
    if image is None:
        raise LabError(f"lab_image is {name!r}; known images are {', '.join(sorted(IMAGES))}.")
    if machine.succeeds([*PODMAN, "image", "exists", image.tag]):
        return image.tag
    if not shutil.which("mmdebstrap"):
        raise LabError("Building a host image needs mmdebstrap; `make setup` installs it.")
    print(f"building image {name} (once)", file=sys.stderr, flush=True)
    STORAGE.mkdir(parents=True, exist_ok=True)
    tar = STORAGE / f"{image.name}-{image.key}.tar"
    try:
        machine.do(command(image, tar))
        machine.do([*PODMAN, "import", "--quiet", str(tar), image.tag])
    finally:
        tar.unlink(missing_ok=True)
    return image.tag


def command(image: Image, tar: Path) -> list[str]:
    """The mmdebstrap call that makes ``tar``."""
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(image.packages)}"]
    # Fewer files to unpack on fourteen hosts.
    argv += ["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*"]
    argv += ["--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=force-unsafe-io"]
    hooks = list(HOOKS)
    if image.name == "tools":
        # The lab starts by name what a tools host needs.
        hooks.append('chroot "$1" systemctl disable --quiet unbound.service frr.service chrony.service nginx.service')
    if image.cache:
        hooks.append(CACHE_HOOK)
    for hook in hooks:
        argv.append(f"--customize-hook={hook}")
    if image.cache:
        # Keep what the hook downloaded.
        argv += ["--skip=cleanup/apt/lists", "--skip=cleanup/apt/cache"]
    else:
        # As old as a cloud's image: apt's empty lists must not pass for lists of today.
        argv = ["env", "SOURCE_DATE_EPOCH=1", *argv]
    return [*argv, SUITE, str(tar)]
