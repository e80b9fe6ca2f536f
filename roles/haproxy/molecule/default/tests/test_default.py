"""What a program on the host sees when the agents change their mind."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

GCP, AWS = "127.0.1.1", "127.0.1.2"
WRITER, READER, REDIS = 3306, 3307, 6379
FLIP = f"echo replica > /run/mock/{GCP}; echo primary > /run/mock/{AWS}"


class Web:
    """The host under test, with both database hosts on its loopback."""

    def __init__(self, host: Any) -> None:
        self.host = host

    def client(self, *words: object) -> Any:
        quoted = " ".join(f"'{word}'" for word in words)
        return json.loads(self.host.check_output(f"python3 /opt/mock/client.py {quoted}"))

    def say(self, gcp: str, aws: str) -> None:
        """Have the agents say so, and wait until HAProxy has heard it."""
        self.host.check_output(f"echo {gcp} > /run/mock/{GCP}; echo {aws} > /run/mock/{AWS}")
        self.host.check_output(f"systemctl kill -s CONT mock@{GCP} mock@{AWS}; systemctl start mock@{GCP} mock@{AWS}")
        services = (
            ("mysql_writer", "db", ("primary",)),
            ("mysql_reader", "db", ("primary", "replica")),
            ("redis_writer", "cache", ("primary",)),
        )
        wanted = {
            (service, f"{site}-{kind}"): role in roles
            for service, kind, roles in services
            for site, role in (("gcp", gcp), ("aws", aws))
        }
        await_true(lambda: all(self.states()[key] is up for key, up in wanted.items()))

    def states(self) -> dict[tuple[str, str], bool]:
        """Service and server → up, as HAProxy sees it ("UP 1/2" is on its way down and still serves)."""
        text = self.host.check_output("echo show stat | socat - UNIX-CONNECT:/run/haproxy/admin.sock")
        rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
        return {(row[0], row[1]): row[17].startswith("UP") for row in rows}


def await_true(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.fixture
def web(host: Any) -> Any:
    web = Web(host)
    web.say("primary", "replica")
    yield web
    web.say("primary", "replica")


def test_service(host: Any) -> None:
    assert host.service("haproxy").is_running
    assert host.service("haproxy").is_enabled


def test_writer_is_where_the_agent_says(web: Web) -> None:
    assert web.client("who", WRITER) == web.client("who", REDIS) == GCP
    web.say("replica", "primary")
    assert web.client("who", WRITER) == web.client("who", REDIS) == AWS


def test_session_of_a_deposed_writer_is_cut(web: Web) -> None:
    assert web.client("hold", WRITER, 10, FLIP) == {"server": GCP, "cut": True}
    await_true(lambda: bool(web.client("who", WRITER) == AWS))
    # And the other way round.
    back = f"echo primary > /run/mock/{GCP}; echo replica > /run/mock/{AWS}"
    assert web.client("hold", WRITER, 10, back) == {"server": AWS, "cut": True}


def test_session_of_the_writer_is_not_cut(web: Web) -> None:
    assert web.client("hold", WRITER, 4) == {"server": GCP, "cut": False}


def test_reader_session_outlives_a_change_of_writer(web: Web) -> None:
    assert web.client("hold", READER, 4, FLIP) == {"server": GCP, "cut": False}


@pytest.mark.parametrize(
    "fault",
    [
        f"echo gone > /run/mock/{GCP}",  # nobody answers, the database goes on
        f"systemctl kill -s STOP mock@{GCP}",  # the whole host stands still
        f"systemctl stop mock@{GCP}",
    ],
)
def test_session_is_cut_when_the_agent_is_gone(web: Web, fault: str) -> None:
    for port in (WRITER, READER):
        assert web.client("hold", port, 10, fault) == {"server": GCP, "cut": True}
        web.say("primary", "replica")


def test_no_writer(web: Web) -> None:
    web.say("replica", "replica")
    assert web.client("who", WRITER) == web.client("who", REDIS) == "closed"
    assert web.client("who", READER) == GCP
    web.say("none", "none")
    assert web.client("who", READER) == "closed"


def test_two_agents_claim_the_writer(web: Web) -> None:
    """Must never happen; if it does, everybody goes to the same one."""
    web.say("replica", "primary")
    assert web.client("hold", WRITER, 10, f"echo primary > /run/mock/{GCP}") == {"server": AWS, "cut": True}
    assert web.client("who", WRITER) == GCP


def test_reader_prefers_the_first_and_falls_back(web: Web) -> None:
    web.say("none", "primary")
    assert web.client("who", READER) == AWS
    # The first comes back: new sessions go there, running ones may end in peace.
    back = f"echo replica > /run/mock/{GCP}"
    assert web.client("hold", READER, 4, back) == {"server": AWS, "cut": False}
    assert web.client("who", READER) == GCP


def test_reload_refuses_nobody_and_sends_nobody_astray(web: Web) -> None:
    web.say("replica", "primary")
    seen = web.client("storm", WRITER, "systemctl reload haproxy")
    assert set(seen) == {AWS}
    assert seen[AWS] > 100


def test_session_left_in_the_old_process_ends(web: Web) -> None:
    """Its servers are checked no more, so it must not live on."""
    assert web.client("hold", WRITER, 20, "systemctl reload haproxy") == {"server": GCP, "cut": True}


def test_metrics(web: Web) -> None:
    get = "curl -s -o {} -w %{{http_code}} http://{}:8404{}"
    assert web.host.check_output(get.format("/run/mock/metrics", "127.0.0.1", "/metrics")) == "200"
    metrics = web.host.file("/run/mock/metrics").content_string
    assert 'haproxy_server_status{proxy="mysql_writer",server="gcp-db",state="UP"} 1' in metrics
    assert 'haproxy_server_status{proxy="mysql_writer",server="aws-db",state="UP"} 0' in metrics
    assert web.host.check_output(get.format("/dev/null", "127.0.0.1", "/")) == "404"


def test_listens_on_loopback_only(host: Any) -> None:
    listening = host.check_output("ss -Hltnp | grep haproxy | awk '{print $4}' | sort -u").split()
    assert listening == [f"127.0.0.1:{port}" for port in (3306, 3307, 6379, 8404)]


def test_runs_without_privileges(host: Any) -> None:
    for pid in host.check_output("pgrep -x haproxy").split():
        status = host.file(f"/proc/{pid}/status").content_string
        assert "CapEff:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
        assert host.check_output(f"stat -c %U /proc/{pid}") == "haproxy"
        # What the process itself sees of the file system.
        view = f"/proc/{pid}/root"
        assert host.run(f"touch {view}/etc/haproxy/haproxy.cfg").failed
        assert host.run(f"touch {view}/run/haproxy/probe").succeeded
    socket = host.file("/run/haproxy/admin.sock")
    assert (socket.user, socket.group, socket.mode) == ("haproxy", "haproxy", 0o660)


def test_journal_tells_of_changes(web: Web) -> None:
    web.say("replica", "primary")
    journal = web.host.check_output("journalctl -u haproxy -o cat")
    assert "Server mysql_writer/gcp-db is DOWN" in journal
    assert "Server mysql_writer/aws-db is UP" in journal.replace("Backup ", "")
    assert "[WARNING]  (" not in journal.split("Loading success")[0]
