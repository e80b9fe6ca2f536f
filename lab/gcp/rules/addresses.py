# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Static addresses, regional and global.

https://cloud.google.com/vpc/docs/ip-addresses; REST: compute/docs/reference/rest/v1/addresses, /globalAddresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import invalid, missing
from ..store import Body, link, path_of
from . import values
from .kit import Change, Kind
from .networks import take_address

if TYPE_CHECKING:
    from ..cloud import Cloud

ADDRESSES = Kind(
    "addresses",
    "Address",
    defaults={"addressType": "EXTERNAL", "networkTier": "PREMIUM", "status": "RESERVED", "description": ""},
    fixed=("address", "addressType", "networkTier", "subnetwork", "purpose"),
)


@ADDRESSES.saving
def address(change: Change) -> None:
    """An address of our own subnetwork, or one of Google's."""
    new = change.new
    values.labels("labels", new.get("labels", {}))
    if change.old is not None:
        return
    external = new["addressType"] == "EXTERNAL"
    if external and new.get("subnetwork"):
        raise invalid("subnetwork", new["subnetwork"], "An EXTERNAL address cannot be in a subnetwork.")
    if external:
        if "address" in new:
            raise invalid("address", new["address"], "The specified external IP address is not a reserved one.")
        new["address"] = change.cloud.public_addresses()[0]
    elif change.region:
        del new["networkTier"]
        if "subnetwork" not in new:
            raise missing("subnetwork")
        subnetwork = path_of(new["subnetwork"])
        if subnetwork.split("/")[3] != change.region:
            raise invalid("subnetwork", new["subnetwork"], f"It is not in region {change.region}.")
        new.setdefault("purpose", "GCE_ENDPOINT")
        new["address"] = take_address(change.cloud, subnetwork, new.get("address", ""), "address")
    elif new.get("purpose") != "VPC_PEERING":
        raise invalid("addressType", "INTERNAL", "A global internal address needs purpose VPC_PEERING.")
    else:
        if "network" not in new or "prefixLength" not in new:
            raise missing("network" if "network" not in new else "prefixLength")
        new.setdefault("address", "10.200.0.0")


@ADDRESSES.viewing
def address_view(cloud: Cloud, path: str, body: Body) -> Body:
    """In use, and by whom."""
    store = cloud.store("compute")
    users = set(store.users(path))
    for user, item in store.items():
        numbers = [item.body.get("IPAddress"), *_numbers(item.body)]
        if user != path and body["address"] in numbers:
            users.add(user)
    if not users:
        return body
    return {**body, "status": "IN_USE", "users": [link(user) for user in sorted(users)]}


def _numbers(body: Body) -> list[str]:
    """The public and private addresses of an instance."""
    nics = body.get("networkInterfaces", [])
    public = [access.get("natIP") for nic in nics for access in nic.get("accessConfigs", [])]
    return [*public, *(nic.get("networkIP") for nic in nics)]
