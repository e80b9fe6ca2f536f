# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both APIs have, behind the role's back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

REGIONS = {"default": "ap-northeast-2", "alternative": "eu-west-1"}


def folder() -> Path:
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])


@pytest.fixture(scope="session")
def connections() -> list[dict[str, Any]]:
    """AWS's, those that are not deleted."""
    environment = json.loads((folder() / "aws.json").read_text())["environment"]
    ec2 = boto3.client(
        "ec2",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=REGIONS[os.environ["MOLECULE_SCENARIO_NAME"]],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    found: list[dict[str, Any]] = ec2.describe_vpn_connections()["VpnConnections"]
    return [one for one in found if one["State"] != "deleted"]


@pytest.fixture(scope="session")
def google() -> dict[str, dict[str, Any]]:
    """Google's resources, by path."""
    door = json.loads((folder() / "gcp.json").read_text())["door"]
    found: dict[str, dict[str, Any]] = requests.get(f"{door}/_lab/state", timeout=10).json()["compute"]
    return found


@pytest.fixture(scope="session")
def beyond() -> list[str]:
    """What the APIs were asked for and cannot do."""
    lines = [line for name in ("aws.log", "gcp.log") for line in (folder() / name).read_text().splitlines()]
    return [line for line in lines if " ERROR " in line or "Traceback" in line]
