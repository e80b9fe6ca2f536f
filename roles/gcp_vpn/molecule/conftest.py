# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API has, behind the role's back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

Names = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def stored() -> Callable[[str], Names]:
    """``stored(collection)``: the resources, by name."""
    door = json.loads(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "gcp.json").read_text())["door"]

    def read(collection: str) -> Names:
        state = requests.get(f"{door}/_lab/state", timeout=10).json()
        start = f"projects/multicloud-dr/{collection}/"
        return {path.removeprefix(start): body for path, body in state["compute"].items() if path.startswith(start)}

    return read


@pytest.fixture(scope="session")
def api_errors() -> Callable[[], list[str]]:
    """What the role asked of the API that it does not do, and where it broke."""

    def read() -> list[str]:
        lines = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "gcp.log").read_text().splitlines()
        return [line for line in lines if " ERROR " in line or "Traceback" in line]

    return read
