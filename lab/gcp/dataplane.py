# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API cannot know by itself: whether packets pass. Somebody who looks has to say so.

Until somebody does, no tunnel is established, no BGP session up, no backend healthy and no certificate active.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

# https://cloud.google.com/compute/docs/reference/rest/v1/vpnTunnels (status)
NOT_ESTABLISHED = "NO_INCOMING_PACKETS"


class DataPlane(Protocol):
    """The questions that the API asks; a resource is named by its path, ``projects/p/regions/r/vpnTunnels/t``."""

    def vpn_status(self, project: str, region: str, tunnel: str) -> str:
        """A value of ``VpnTunnel.status``."""

    def bgp_routes(self, project: str, region: str, router: str, peer: str) -> int | None:
        """How many routes a BGP session has learnt; None: it is not up."""

    def healthy(self, instance: str, service: str) -> bool:
        """Does an instance answer the health check of a backend service?"""

    def certified(self, domain: str) -> bool:
        """Has the certificate authority validated a domain?"""


@dataclass
class Observed:
    """The data plane as others report it (``POST /_lab/observe``)."""

    vpn: dict[str, str] = field(default_factory=dict)
    bgp: dict[str, int | None] = field(default_factory=dict)
    health: dict[str, bool] = field(default_factory=dict)
    certificates: dict[str, bool] = field(default_factory=dict)

    def report(self, observations: dict[str, dict[str, Any]]) -> None:
        """Take observations over: {"vpn": {PATH: STATUS}, "bgp": {ROUTER_PATH/PEER: ROUTES or null},
        "health": {INSTANCE_PATH: BOOL}, "certificates": {DOMAIN: BOOL}}. Errors: ``AttributeError`` for another kind.
        """
        for kind, values in observations.items():
            getattr(self, kind).update(values)

    def clear(self) -> None:
        """Nothing has been seen."""
        for known in (self.vpn, self.bgp, self.health, self.certificates):
            known.clear()

    def vpn_status(self, project: str, region: str, tunnel: str) -> str:
        return self.vpn.get(f"projects/{project}/regions/{region}/vpnTunnels/{tunnel}", NOT_ESTABLISHED)

    def bgp_routes(self, project: str, region: str, router: str, peer: str) -> int | None:
        return self.bgp.get(f"projects/{project}/regions/{region}/routers/{router}/{peer}")

    def healthy(self, instance: str, service: str) -> bool:
        return self.health.get(instance, False)

    def certified(self, domain: str) -> bool:
        return self.certificates.get(domain, False)
