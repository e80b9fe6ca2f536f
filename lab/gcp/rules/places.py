# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places and types, which are only read: https://cloud.google.com/compute/docs/reference/rest/v1/zones."""

from __future__ import annotations

from .. import catalogue, quotas
from ..errors import not_found
from ..store import Body, link, name_of
from .kit import Call, Kind

REGIONS = Kind("regions", "Region")
ZONES = Kind("zones", "Zone")
MACHINE_TYPES = Kind("machineTypes", "MachineType")
DISK_TYPES = Kind("diskTypes", "DiskType")
PROJECTS = Kind("projects", "Project")


@REGIONS.verb("get")
def region(call: Call) -> Body:
    """Zones and quotas of a region."""
    body = catalogue.item(call.path)
    if body is None:
        raise not_found(call.path)
    return {**body, "quotas": quotas.of_region(call.store, call.project, name_of(call.path))}


@PROJECTS.verb("get")
def project(call: Call) -> Body:
    """Quotas and metadata of a project."""
    return {
        "kind": "compute#project",
        "id": "123456789012",
        "name": name_of(call.path),
        "selfLink": link(call.path),
        "quotas": quotas.of_project(call.store, call.project),
        "commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": "AAAAAAAAAAA="},
        "defaultServiceAccount": "123456789012-compute@developer.gserviceaccount.com",
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
    }
