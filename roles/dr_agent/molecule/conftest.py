# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair of sites as an operator sees it: the record, two agents, two databases, and clients that write."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import testinfra

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
SQL = "mysql --batch --raw --skip-column-names -e"


class Site:
    """One database host with its agent."""

    def __init__(self, host: str, address: str, port: int) -> None:
        self.host = testinfra.get_host(f"ansible://{host}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])
        self._url = f"http://{address}:{port}"
        self._address = address

    def run(self, command: str) -> Any:
        return self.host.run(command)

    def do(self, command: str) -> str:
        output: str = self.host.check_output(command)
        return output

    def code(self, path: str) -> str:
        """The HTTP status; 000 without an answer in time."""
        output: str = self.host.run(f"curl -s -o /dev/null -w '%{{http_code}}' --max-time 2 '{self._url}{path}'").stdout
        return output

    def status(self) -> dict[str, Any]:
        done = self.host.run(f"curl -s --max-time 2 {self._url}/status")
        found: dict[str, Any] = json.loads(done.stdout) if done.succeeded else {"role": "silent"}
        return found

    def sql(self, statement: str) -> str:
        return self.do(f'{SQL} "{statement}"')

    def closed(self) -> bool:
        return self.sql("SELECT @@super_read_only") == "1"

    def write(self, item: str) -> bool:
        """As a client over the network."""
        password = (EPHEMERAL / "secrets" / "clerk").read_text()
        client = f"MYSQL_PWD={password} timeout 5 mysql -h {self._address} -u clerk --ssl-ca=/etc/mysql/tls/ca.crt"
        return bool(self.host.run(f"{client} -e \"INSERT INTO store.item VALUES ('{item}')\"").succeeded)

    def has(self, item: str) -> bool:
        return self.sql(f"SELECT COUNT(*) FROM store.item WHERE name = '{item}'") == "1"


class Table:
    """The witness's table, written as any other party would."""

    def __init__(self, name: str, region: str) -> None:
        self._name = name
        self._client = boto3.client(
            "dynamodb",
            endpoint_url=(EPHEMERAL / "witness").read_text(),
            region_name=region,
            aws_access_key_id="lab",
            aws_secret_access_key="lab",
        )

    def record(self) -> dict[str, str]:
        item = self._client.get_item(TableName=self._name, Key={"id": {"S": "record"}}, ConsistentRead=True)["Item"]
        return {name: str(next(iter(value.values()))) for name, value in item.items()}

    def set(self, **fields: str | int) -> None:
        """Overwrite fields of the record."""
        names = {f"#{name}": name for name in fields}
        values = {
            f":{name}": {"S": value} if isinstance(value, str) else {"N": str(value)} for name, value in fields.items()
        }
        self._client.update_item(
            TableName=self._name,
            Key={"id": {"S": "record"}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def promote(self, site: str) -> int:
        """The next epoch belongs to ``site``; returns it."""
        epoch = int(self.record()["epoch"]) + 1
        self.set(epoch=epoch, active_site=site, reason="a test")
        return epoch


@pytest.fixture(scope="session")
def wait() -> Callable[..., None]:
    def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain: {what}"
            time.sleep(0.2)

    return until
