# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, with redis-py's client replaced."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.modules import redis_role_info
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.redis import REPLICA, Redis


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(redis_role_info.main, capsys, {})


def test_reading_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Redis(REPLICA)
    monkeypatch.setattr(redis_role_info, "connect", lambda _: client)
    result = run()
    assert (result["changed"], result["role"], result["offset"], client.commands) == (False, "replica", 95, [])


def test_no_server_is_a_failure(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_role_info, "connect", lambda _: Redis(RedisConnectionError("refused")))
    assert run()["msg"] == "Redis does not tell its role: refused"
