# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service accounts, their keys, custom roles, and the policies of projects.

https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts, .../projects.roles,
/resource-manager/reference/rest/v3/projects/setIamPolicy.
"""

from __future__ import annotations

from ..store import Body
from .kit import Call, Kind

TRUST = Kind("serviceAccounts", "ServiceAccountAllowedLocations", "iamcredentials")


@TRUST.verb("getAllowedLocations")
def locations(call: Call) -> Body:
    """google-auth asks by itself; there is no restriction of places."""
    return {"locations": [], "encodedLocations": "0x0"}
