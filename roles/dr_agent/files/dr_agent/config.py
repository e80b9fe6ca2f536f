# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role writes to config.json."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Config:
    """Addresses are IPv4; times are seconds; paths are on this host."""

    site: str
    peer_site: str
    address: str
    peer_address: str
    secret: str
    table: str
    region: str
    mysql_replication_user: str
    mysql_replication_password: str
    port: int = 8008
    endpoint_url: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    arbiter: str = ""
    mysql_socket: str = "/run/mysqld/mysqld.sock"
    mysql_user: str = "dr_agent"
    mysql_port: int = 3306
    mysql_ca: str = "/etc/mysql/tls/ca.crt"
    redis_address: str = ""
    redis_peer_address: str = ""
    redis_port: int = 6379
    redis_user: str = "admin"
    redis_password: str = ""
    redis_ca: str = "/etc/dr-agent/ca.crt"
    times: dict[str, float] = field(default_factory=dict)

    def aws(self) -> dict[str, Any]:
        """boto3.client's options; without keys boto3 finds the machine's own."""
        options = {
            "region_name": self.region,
            "endpoint_url": self.endpoint_url,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
        }
        return {name: value for name, value in options.items() if value}


def load(path: str) -> Config:
    return Config(**json.loads(Path(path).read_text()))
