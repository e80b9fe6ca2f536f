# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.fakes import gcp as google
from tests.unit.fakes.aws import Aws, running


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The lab's AWS API with a data plane."""
    with running(tmp_path_factory.mktemp("aws"), data_plane=True) as api:
        yield api


@pytest.fixture(scope="session")
def google_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[google.Gcp]:
    """The lab's Google API."""
    with google.running(tmp_path_factory.mktemp("gcp")) as api:
        yield api


@pytest.fixture
def gcp(google_cloud: google.Gcp) -> google.Gcp:
    """The same, with nothing in it."""
    google_cloud.post("reset")
    return google_cloud
