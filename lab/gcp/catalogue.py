# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Google has before anybody creates anything: regions, zones, machine and disk types, public images.

A selection: https://cloud.google.com/compute/docs/regions-zones, /machine-resource, /disks, /images/os-details.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from .store import Body, link, name_of

ZONES = {
    "asia-northeast1": "abc",
    "asia-northeast3": "abc",
    "asia-southeast1": "abc",
    "europe-north1": "abc",
    "europe-southwest1": "abc",
    "europe-west1": "bcd",
    "europe-west2": "abc",
    "europe-west3": "abc",
    "europe-west4": "abc",
    "us-central1": "abcf",
    "us-east1": "bcd",
    "us-east4": "abc",
    "us-west1": "abc",
}
ALL_ZONES = tuple(f"{region}-{letter}" for region, letters in ZONES.items() for letter in letters)
DISK_TYPES = ("hyperdisk-balanced", "local-ssd", "pd-balanced", "pd-extreme", "pd-ssd", "pd-standard")
# Family of images: its project, the smallest disk in GB.
FAMILIES = {
    "debian-11": ("debian-cloud", 10),
    "debian-12": ("debian-cloud", 10),
    "debian-13": ("debian-cloud", 10),
    "rhel-9": ("rhel-cloud", 20),
    "rocky-linux-9": ("rocky-linux-cloud", 20),
    "ubuntu-minimal-2204-lts": ("ubuntu-os-cloud", 10),
    "ubuntu-2204-lts": ("ubuntu-os-cloud", 10),
    "ubuntu-2404-lts-amd64": ("ubuntu-os-cloud", 10),
    "cos-stable": ("cos-cloud", 10),
    "centos-stream-9": ("centos-cloud", 20),
}
_SHARED = {"e2-micro": (2, 1), "e2-small": (2, 2), "e2-medium": (2, 4), "f1-micro": (1, 1), "g1-small": (1, 2)}
_MEMORY = {"standard": 4, "highmem": 8, "highcpu": 1}
_MACHINE = re.compile(r"(e2|n1|n2|n2d|c2|c2d|c3|t2d)-(standard|highmem|highcpu)-(1|2|4|8|16|30|32|48|60|64)")
_IMAGE = re.compile(r"projects/([a-z-]+)/global/images/(?:family/)?([a-z0-9-]+?)(?:-v(20\d{6}))?")


def machine(name: str) -> tuple[int, int] | None:
    """CPUs and GB of memory of a machine type; None: there is no such type."""
    if name in _SHARED:
        return _SHARED[name]
    found = _MACHINE.fullmatch(name)
    if found is None:
        return None
    cpus = int(found[3])
    return cpus, cpus * _MEMORY[found[2]]


def image(path: str) -> Body | None:
    """A public image by name or family; None: it is none of them."""
    found = _IMAGE.fullmatch(path)
    if found is None or FAMILIES.get(found[2], ("", 0))[0] != found[1]:
        return None
    project, size = FAMILIES[found[2]]
    name = f"{found[2]}-v{found[3] or '20261110'}"
    return {
        **_named("compute#image", f"projects/{project}/global/images/{name}"),
        "family": found[2],
        "status": "READY",
        "sourceType": "RAW",
        "diskSizeGb": str(size),
        "archiveSizeBytes": str(size * 100_000_000),
        "architecture": "X86_64",
        "creationTimestamp": "2026-11-10T00:00:00.000-00:00",
    }


def item(path: str) -> Body | None:
    """The resource of that path; None: Google has no such thing."""
    parts = path.split("/")
    if "images" in parts:
        return image(path)
    match parts[2:]:
        case ["regions", region] if region in ZONES:
            zones = [link(f"projects/{parts[1]}/zones/{region}-{letter}") for letter in ZONES[region]]
            return {**_named("compute#region", path), "status": "UP", "zones": zones}
        case ["zones", zone] if zone in ALL_ZONES:
            region = link(f"projects/{parts[1]}/regions/{zone.rpartition('-')[0]}")
            return {**_named("compute#zone", path), "status": "UP", "region": region}
        case ["zones", zone, "machineTypes", name] if zone in ALL_ZONES and (size := machine(name)):
            cpus, memory = size
            return {**_named("compute#machineType", path), "guestCpus": cpus, "memoryMb": memory * 1024, "zone": zone}
        case ["zones", zone, "diskTypes", name] if zone in ALL_ZONES and name in DISK_TYPES:
            return {**_named("compute#diskType", path), "zone": link(f"projects/{parts[1]}/zones/{zone}")}
        case ["regions", region, "diskTypes", name] if region in ZONES and name in DISK_TYPES:
            return {**_named("compute#diskType", path), "region": link(f"projects/{parts[1]}/regions/{region}")}
        case ["global", "gateways", "default-internet-gateway"]:
            return _named("compute#gateway", path)
    return None


def items(parent: str) -> Iterator[Body]:
    """The members of a collection."""
    name = name_of(parent)
    names: tuple[str, ...] = {"regions": tuple(ZONES), "zones": ALL_ZONES, "diskTypes": DISK_TYPES}.get(name, ())
    if name == "machineTypes":
        sizes = ("standard-1", "standard-2", "standard-4", "standard-8", "highmem-2", "highmem-4", "highcpu-2")
        names = (*_SHARED, *(f"{family}-{size}" for family in ("e2", "n1", "n2") for size in sizes))
    for one in names:
        if found := item(f"{parent}/{one}"):
            yield found


def _named(kind: str, path: str) -> Body:
    return {
        "kind": kind,
        "id": str(10**18 + zlib.crc32(path.encode())),
        "name": name_of(path),
        "description": name_of(path),
        "selfLink": link(path),
    }
