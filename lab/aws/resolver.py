# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a health checker finds the address of an endpoint that is given by name: IPv4 only, asked anew every time."""

from __future__ import annotations

import dns.asyncresolver
import dns.exception

from ..route53.checker import Resolve


def resolver(server: str | None, port: int = 53) -> Resolve:
    """A function from name to address, asking ``server`` or, if None, what the system asks."""
    stub = dns.asyncresolver.Resolver(configure=server is None)
    if server is not None:
        stub.nameservers = [server]
        stub.port = port

    async def resolve(name: str) -> str:
        try:
            found = await stub.resolve(name, "A")
        except dns.exception.DNSException as error:
            raise OSError(str(error)) from error
        return str(next(iter(found)).address)

    return resolve
