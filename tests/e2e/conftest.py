# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Without a running lab (`make lab`) these tests fail; they do not skip."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .lab import Lab, running, wait_for
from .sites import agent, failover, rejoin, set_mode, settled


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outage", type=int, default=30, help="seconds for which the record cannot be reached")


@pytest.fixture(scope="session")
def lab() -> Lab:
    return running()


@pytest.fixture
def at_home(lab: Lab) -> None:
    """The test begins with the writer at gcp and aws following, whatever the one before it left behind."""
    if agent(lab, "aws").get("database", {}).get("writable"):
        rejoin(lab, "gcp")
        wait_for(lambda: settled(lab, "aws"), "aws writes and gcp follows", 60)
        done, answer = failover("gcp", planned=True)
        assert done, answer["msg"]
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)


@pytest.fixture
def automatic(at_home: None) -> Iterator[None]:
    """The arbiter may promote without asking anybody."""
    set_mode("automatic")
    yield
    set_mode("manual")
