# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.gcp.cloud import Cloud
from lab.gcp.documents import Documents, installed
from tests.unit.lab.gcp.client import PROJECT, Gcp


@pytest.fixture(scope="session")
def documents() -> Documents:
    """Read once: the largest of them takes a while."""
    return Documents(installed())


@pytest.fixture
def gcp(documents: Documents) -> Gcp:
    """An empty cloud."""
    return Gcp(Cloud(documents, [PROJECT]))


@pytest.fixture(scope="session")
def _built(documents: Documents) -> tuple[Gcp, bytes]:
    gcp = Gcp(Cloud(documents, [PROJECT]))
    gcp.build()
    return gcp, gcp.cloud.saved()


@pytest.fixture
def site(_built: tuple[Gcp, bytes]) -> Iterator[Gcp]:
    """The whole primary site, as new for every test."""
    gcp, saved = _built
    gcp.cloud.restore(saved)
    gcp.cloud.observed.clear()
    gcp.cloud.faults.clear()
    yield gcp
