# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API has."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

# The alternative scenario's region is not the environment's.
REGIONS = {"default": "ap-northeast-2", "alternative": "eu-west-1"}


@pytest.fixture(scope="session")
def ec2() -> Any:
    environment = json.loads(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "aws.json").read_text())["environment"]
    return boto3.client(
        "ec2",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=REGIONS[os.environ["MOLECULE_SCENARIO_NAME"]],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture(scope="session")
def api_errors() -> list[str]:
    """What the role asked of the API that it does not do, and where it broke."""
    lines = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "aws.log").read_text().splitlines()
    return [line for line in lines if " ERROR " in line or "Traceback" in line]
