# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent answers, and to whom."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from dr_agent import http_api, peer


class Agent:
    """A site whose facts are attributes."""

    def __init__(self, **facts: Any) -> None:
        self.facts = {"writes": False, "leads": False, "active": False, "lag": None, "cache": False, **facts}
        self.asked: list[tuple[int, str]] = []

    def writes(self) -> bool:
        return bool(self.facts["writes"])

    def leads(self) -> bool:
        return bool(self.facts["leads"])

    def active(self) -> bool:
        return bool(self.facts["active"])

    def serves_reads(self, max_lag: float | None) -> bool:
        lag = self.facts["lag"]
        return lag is not None and (max_lag is None or lag <= max_lag)

    def grant(self, epoch: int, asker: str) -> bool:
        self.asked.append((epoch, asker))
        return epoch == 7

    def status(self) -> dict[str, Any]:
        return {
            "site": "gcp",
            "epoch": 7,
            "role": "active",
            "lease_remaining_seconds": 6.5,
            "record_age_seconds": None,
            "database": {"answers": True, "writable": True, "lag_seconds": 0.0, "diverged": None},
            "cache": {"answers": self.facts["cache"], "role": "master"},
            "peer": {"answers": False},
        }


@pytest.mark.parametrize(
    ("path", "facts", "code"),
    [
        ("/primary", {"writes": True}, 200),
        ("/primary", {"active": True, "leads": True, "lag": 0.0}, 503),
        ("/dr/active", {"active": True}, 200),
        ("/dr/active", {"writes": True}, 503),
        ("/redis/primary", {"leads": True}, 200),
        ("/redis/primary", {"writes": True}, 503),
        ("/redis/replica", {"cache": True}, 200),
        ("/redis/replica", {}, 503),
        ("/replica", {"lag": 99.0}, 200),
        ("/replica?max_lag=5", {"lag": 4.0}, 200),
        ("/replica?max_lag=5", {"lag": 6.0}, 503),
        ("/replica?max_lag=soon", {"lag": 0.0}, 400),
        ("/replica", {}, 503),
        ("/elsewhere", {}, 404),
    ],
)
def test_each_path_has_its_own_condition(path: str, facts: dict[str, Any], code: int) -> None:
    assert http_api.respond(path, Agent(**facts))[0] == code


def test_metrics_leave_out_what_is_not_known() -> None:
    text = http_api.respond("/metrics", Agent())[2]
    assert 'dr_epoch{site="gcp"} 7.0' in text
    assert 'dr_role{site="gcp",role="active"} 1' in text
    assert "dr_record_age_seconds" not in text
    assert "dr_database_diverged" not in text


@pytest.fixture
def served() -> Iterator[tuple[Agent, str]]:
    agent = Agent(writes=True)
    server = http_api.server("127.0.0.1", 0, "a secret of 24 letters..", agent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield agent, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_grant_over_the_wire(served: tuple[Agent, str]) -> None:
    agent, url = served
    other = peer.Peer("a secret of 24 letters..", peer.sender(url))
    assert other.grant(7, "gcp") is True
    assert other.grant(6, "gcp") is False
    assert agent.asked == [(7, "gcp"), (6, "gcp")]
    status = other.status()
    assert status is not None and status["epoch"] == 7


def test_a_grant_without_the_secret_asks_nobody(served: tuple[Agent, str]) -> None:
    agent, url = served
    assert peer.Peer("another secret", peer.sender(url)).grant(7, "gcp") is False
    assert agent.asked == []


@pytest.mark.parametrize("body", [b"", b"x" * 5000])
def test_a_question_of_a_wrong_size(served: tuple[Agent, str], body: bytes) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(f"{served[1]}/grant", body, method="POST"), timeout=5)
    assert error.value.code == 413
    error.value.close()


def answering(secret: str, **changes: Any) -> Any:
    """A peer that answers yes, but with ``changes`` to its answer."""

    def send(method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        question = json.loads(body)
        answer = json.dumps(
            {"nonce": question["nonce"], "epoch": question["epoch"], "granted": True, **changes}
        ).encode()
        return answer, {peer.SIGNATURE: peer.sign(secret, answer)}

    return send


@pytest.mark.parametrize(
    ("secret", "changes", "granted"),
    [
        ("ours", {}, True),
        ("ours", {"nonce": "of an old answer"}, False),
        ("ours", {"epoch": 6}, False),
        ("ours", {"granted": "yes"}, False),
        ("theirs", {}, False),
    ],
)
def test_only_a_signed_answer_to_this_very_question_is_a_yes(
    secret: str, changes: dict[str, Any], granted: bool
) -> None:
    assert peer.Peer("ours", answering(secret, **changes)).grant(7, "gcp") is granted


def test_silence_is_a_no() -> None:
    def send(*_: Any) -> tuple[bytes, Any]:
        raise TimeoutError

    assert peer.Peer("ours", send).grant(7, "gcp") is False
    assert peer.Peer("ours", send).status() is None
