# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from roles.aws_lambda.molecule.surroundings import FOLDER, Account


@pytest.fixture(scope="session")
def lab() -> dict[str, Any]:
    """Ports and environment, as create.yml wrote them down."""
    found: dict[str, Any] = json.loads((FOLDER / "aws.json").read_text())
    return found


@pytest.fixture(scope="session")
def account(lab: dict[str, Any]) -> Account:
    return Account(lab["environment"])
