# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.unit.fakes.scenario import Scenario


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario("aws_monitoring")
