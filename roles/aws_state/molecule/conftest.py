# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent reads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest


@pytest.fixture(scope="session")
def record() -> Callable[[str, str], dict[str, Any]]:
    """``record(region, table)``: the stored item, by name."""
    environment = json.loads(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "aws.json").read_text())["environment"]

    def read(region: str, table: str) -> dict[str, Any]:
        client = boto3.client(
            "dynamodb",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=region,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
        item = client.get_item(TableName=table, Key={"id": {"S": "record"}}, ConsistentRead=True)["Item"]
        return {name: next(iter(value.values())) for name, value in item.items()}

    return read
