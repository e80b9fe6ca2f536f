# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process behind a socket is found, frozen or not, and nobody else is ever killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr_agent.mysql import MySQL, listener_of

LISTEN = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(1)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    path = str(tmp_path / "socket")
    process = subprocess.Popen([sys.executable, "-c", LISTEN, path], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield path, process
        process.kill()


def database(path: str, killed: list[tuple[int, int]]) -> MySQL:
    def kill(pid: int, number: int) -> None:
        killed.append((pid, number))
        os.kill(pid, number)

    return MySQL(lambda patience: None, path, dict, kill=kill)


def test_a_frozen_listener_is_found_and_killed(listening: tuple[str, subprocess.Popen[str]]) -> None:
    path, process = listening
    process.send_signal(signal.SIGSTOP)
    assert listener_of(path) == process.pid
    killed: list[tuple[int, int]] = []
    assert database(path, killed).kill() is True
    assert killed == [(process.pid, signal.SIGKILL)]
    assert process.wait(10) == -signal.SIGKILL


def test_nobody_listens(tmp_path: Path) -> None:
    killed: list[tuple[int, int]] = []
    assert database(str(tmp_path / "none"), killed).kill() is False
    dead = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(dead))
    assert database(str(dead), killed).kill() is False
    assert killed == []


def test_a_listener_that_cannot_be_asked_is_not_taken_for_dead(
    listening: tuple[str, subprocess.Popen[str]],
) -> None:
    """Its queue is full: there is a process, and nobody may say that it is closed."""
    path, process = listening
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
        one.connect(path)
        two.connect(path)
        killed: list[tuple[int, int]] = []
        frozen = database(path, killed)
        with pytest.raises(BlockingIOError):
            frozen.kill()
        frozen._pid = process.pid
        assert frozen.kill() is True
        assert killed == [(process.pid, signal.SIGKILL)]
