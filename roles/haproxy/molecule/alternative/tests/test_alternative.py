"""Real hosts that vanish, and settings other than the defaults."""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import testinfra

testinfra_hosts = ["ansible://web1"]
WRITER, READER = 13306, 13307
DB1, DB2 = "10.10.0.11", "10.10.0.12"


def on(name: str) -> Any:
    return testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])


def client(host: Any, *words: object) -> Any:
    quoted = " ".join(f"'{word}'" for word in words)
    return json.loads(host.check_output(f"python3 /opt/mock/client.py {quoted}"))


def await_true(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def cut_off(db: Any) -> None:
    """No packet of the site network comes or goes, and nobody is told."""
    chain = "type filter hook {} priority -300; {} eth0 drop;"
    chains = f"chain i {{ {chain.format('input', 'iifname')} }}; chain o {{ {chain.format('output', 'oifname')} }};"
    db.check_output(f"echo 'table inet cut {{ {chains} }}' | nft -f -")


@pytest.fixture
def vanishing() -> Any:
    db = on("db1")
    yield db
    db.run("nft delete table inet cut")


def test_writer_and_reader(host: Any) -> None:
    assert client(host, "who", WRITER) == client(host, "who", READER) == DB1


def test_host_vanishes_silently(host: Any, vanishing: Any) -> None:
    """The session is cut although nobody says so, not even TCP."""
    with ThreadPoolExecutor() as pool:
        session = pool.submit(client, host, "hold", WRITER, 10, "touch /run/mock/open")
        await_true(lambda: bool(host.file("/run/mock/open").exists))
        cut_off(vanishing)
        on("db2").check_output(f"echo primary > /run/mock/{DB2}")
        assert session.result() == {"server": DB1, "cut": True}
    await_true(lambda: bool(client(host, "who", WRITER) == DB2))
    # D: because the server was marked down, not because of the idle time.
    assert " writer/db1 " in host.check_output("journalctl -u haproxy -o cat --grep ' D[CD] '")
    vanishing.check_output(f"nft delete table inet cut; echo replica > /run/mock/{DB1}")
    await_true(lambda: bool(client(host, "who", READER) == DB1))
    assert client(host, "who", WRITER) == DB2


def test_idle_session_is_cut(host: Any) -> None:
    assert client(host, "hold", READER, 3)["cut"] is False
    assert client(host, "hold", READER, 30)["cut"] is True


def test_settings(host: Any) -> None:
    listening = host.check_output("ss -Hltnp | grep haproxy | awk '{print $4}' | sort -u").split()
    assert listening == ["127.0.0.1:13306", "127.0.0.1:13307", "127.0.0.1:9404"]
    info = host.check_output("echo show info | socat - UNIX-CONNECT:/run/haproxy/admin.sock")
    assert "Maxconn: 100\n" in info
    assert host.check_output("curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9404/metrics") == "200"
