# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verb `python -m lab blackout`, against a server in the place of the lab's AWS API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from lab import __main__ as command
from lab.aws.server import Api
from lab.topology import Daemon, Host, Topology


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, Api(str, Response("fine")), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def lab_with(monkeypatch: pytest.MonkeyPatch, *daemons: Daemon) -> None:
    """What the inventory describes from now on."""
    host = Host("cloud", IPv4Address("10.30.0.202"), daemons=daemons)
    topology = Topology("lab", IPv4Network("10.30.0.0/24"), (), (), (host,))
    monkeypatch.setattr(command, "load", lambda _: topology)


def test_begin_ask_and_end(endpoint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lab_with(monkeypatch, Daemon("aws", "lab.aws", (), f"{endpoint}/lab/ready"))

    def say(*words: str) -> object:
        assert command.main(["blackout", *words]) == 0
        return json.loads(capsys.readouterr().out)

    assert say() is None
    assert say("route53", "ec2", "--how", "hang") == {"services": ["route53", "ec2"], "except": [], "how": "hang"}
    everything = {"services": ["*"], "except": ["dynamodb"], "how": "refuse"}
    assert say("--except", "dynamodb") == everything
    assert say() == everything
    assert say("--end") is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rout53"], "lab: The AWS API refuses: there is no service 'rout53'"),
        (["ec2", "--except", "s3"], "except goes"),
    ],
)
def test_a_mistake_is_one_sentence(
    words: list[str],
    sentence: str,
    endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab_with(monkeypatch, Daemon("aws", "lab.aws", (), f"{endpoint}/lab/ready"))
    assert command.main(["blackout", *words]) == 1
    assert sentence in capsys.readouterr().err


def test_an_api_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lab_with(monkeypatch, Daemon("aws", "lab.aws", (), "http://127.0.0.1:9/lab/ready"))
    assert command.main(["blackout"]) == 1
    assert "does not answer at http://127.0.0.1:9/lab/blackout" in capsys.readouterr().err
    lab_with(monkeypatch)
    assert command.main(["blackout"]) == 1
    assert capsys.readouterr().err == "lab: This lab has no AWS API.\n"
