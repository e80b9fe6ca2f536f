from __future__ import annotations

import itertools
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def never() -> Any:
    raise AssertionError("asked the peer, whose answer does not matter")


# Decide


@pytest.mark.parametrize(
    ("opens", "seen", "peer", "step"),
    [
        # The local server says it all: the peer is not asked.
        (True, {"answers": False}, None, "NOTHING"),
        (False, {"answers": False}, None, "NOTHING"),
        (True, {"answers": True, "writable": True}, None, "BEAT"),
        (False, {"answers": True, "writable": True}, None, "BEAT"),
        (False, {"answers": True}, None, "NOTHING"),
        (False, {"answers": True, "follows": True}, None, "NOTHING"),
        (True, {"answers": True, "follows": True, "bound": True}, None, "NOTHING"),
        # A closed server of the initial site: the peer decides.
        (True, {"answers": True}, "WRITER", "NOTHING"),
        (True, {"answers": True}, "UNHEARD", "NOTHING"),
        (True, {"answers": True}, "READER", "OPEN"),
        (True, {"answers": True}, "SILENT", "OPEN"),
        (True, {"answers": True}, "ABSENT", "OPEN"),
        (True, {"answers": True, "follows": True}, "READER", "OPEN"),
    ],
)
def test_decide(agent: ModuleType, opens: bool, seen: dict[str, bool], peer: str | None, step: str) -> None:
    ask = (lambda: agent.Peer[peer]) if peer else never
    due, reason = agent.decide(opens, agent.Seen(**seen), ask)
    assert due is agent.Step[step]
    assert reason


def test_a_standby_opens_in_no_case(agent: ModuleType) -> None:
    flags = ("answers", "writable", "follows", "running", "bound")
    for values, peer in itertools.product(itertools.product([False, True], repeat=5), agent.Peer):
        seen = agent.Seen(**dict(zip(flags, values, strict=True)))
        assert agent.decide(False, seen, lambda peer=peer: peer)[0] is not agent.Step.OPEN


def test_no_case_opens_beside_a_writing_peer(agent: ModuleType) -> None:
    for opens, answers, bound in itertools.product([False, True], repeat=3):
        seen = agent.Seen(answers, bound=bound)
        assert agent.decide(opens, seen, lambda: agent.Peer.WRITER)[0] is agent.Step.NOTHING


# The peer's answer


@pytest.mark.parametrize(
    ("status", "peer"),
    [
        (None, "SILENT"),
        ({}, "SILENT"),
        ({"answers": False, "writable": False}, "SILENT"),
        ({"answers": True, "writable": True}, "WRITER"),
        ({"answers": True, "writable": False}, "READER"),
        # Nothing that it does not say outright counts as closed.
        ({"answers": True}, "WRITER"),
        ({"answers": True, "writable": None}, "WRITER"),
    ],
)
def test_peer_of(agent: ModuleType, status: dict[str, Any] | None, peer: str) -> None:
    assert agent.peer_of(status) is agent.Peer[peer]


def test_peer_is_silent_only_after_three_questions(agent: ModuleType) -> None:
    answers: Iterator[bytes | OSError] = iter(
        [OSError(), b"not JSON", b'{"answers": true, "writable": false}', OSError(), OSError(), OSError()]
    )

    def fetch(url: str) -> bytes:
        assert url == "http://peer/status"
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    ask = agent.Asker("http://peer/status", fetch)
    assert [ask().name for _ in range(6)] == ["UNHEARD", "UNHEARD", "READER", "UNHEARD", "UNHEARD", "SILENT"]
    assert agent.Asker(None, fetch)() is agent.Peer.ABSENT


# HTTP

WRITER = {"answers": True, "writable": True, "lag": 0.0}
REPLICA = {"answers": True, "follows": True, "running": True, "lag": 2.5, "bound": True}


@pytest.mark.parametrize(
    ("target", "kind", "seen", "status"),
    [
        ("/primary", "mysql", WRITER, 200),
        ("/primary", "redis", WRITER, 200),
        ("/primary", "mysql", REPLICA, 503),
        ("/primary", "mysql", {"answers": False}, 503),
        ("/dr/active", "mysql", WRITER, 200),
        ("/dr/active", "redis", WRITER, 503),
        ("/dr/active", "mysql", REPLICA, 503),
        ("/replica", "mysql", WRITER, 200),
        ("/replica", "mysql", REPLICA, 200),
        ("/replica", "mysql", {"answers": False}, 503),
        # Neither writer nor follower: a closed writer, whose rows may be old.
        ("/replica", "mysql", {"answers": True}, 503),
        # The source is lost: people can still browse.
        ("/replica", "mysql", {**REPLICA, "running": False}, 200),
        ("/replica?max_lag=3", "mysql", {**REPLICA, "running": False}, 503),
        ("/replica?max_lag=3", "mysql", REPLICA, 200),
        ("/replica?max_lag=2.5", "mysql", REPLICA, 200),
        ("/replica?max_lag=2", "mysql", REPLICA, 503),
        ("/replica?max_lag=2", "mysql", {**REPLICA, "lag": None}, 503),
        ("/replica?max_lag=0", "mysql", WRITER, 200),
        ("/replica?max_lag=soon", "mysql", REPLICA, 400),
        ("/status", "mysql", {"answers": False}, 200),
        ("/nothing", "mysql", WRITER, 404),
    ],
)
def test_respond(agent: ModuleType, target: str, kind: str, seen: dict[str, Any], status: int) -> None:
    assert agent.respond(target, kind, lambda: agent.Seen(**seen), {})[0] == status


def test_status_tells_who_and_what(agent: ModuleType) -> None:
    _, body = agent.respond("/status", "mysql", lambda: agent.Seen(**REPLICA), {"site": "aws", "interim": True})
    assert body == {
        "site": "aws",
        "interim": True,
        "answers": True,
        "writable": False,
        "follows": True,
        "running": True,
        "lag_seconds": 2.5,
        "detail": "",
    }


@pytest.fixture
def url(agent: ModuleType) -> Iterator[str]:
    def answer(target: str) -> tuple[int, dict[str, Any]]:
        return agent.respond(target, "mysql", lambda: agent.Seen(True), {})  # type: ignore[no-any-return]

    with ThreadingHTTPServer(("127.0.0.1", 0), agent.handler(answer)) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


def test_over_the_wire(agent: ModuleType, url: str) -> None:
    assert json.loads(agent.fetch(f"{url}/status"))["answers"] is True
    with pytest.raises(urllib.error.HTTPError) as refused:
        agent.fetch(f"{url}/primary")
    with refused.value as error:
        assert error.code == 503
    with urllib.request.urlopen(urllib.request.Request(f"{url}/status", method="HEAD")) as head:
        assert head.read() == b""


# The cache


def test_glance_looks_again_after_half_a_second(agent: ModuleType) -> None:
    clock = Clock()
    looks = iter([agent.Seen(True, writable=True), agent.Seen(True)])
    glance = agent.Glance(lambda: next(looks), clock)
    assert glance().writable
    clock.now += 0.5
    assert glance().writable
    clock.now += 0.01
    assert not glance().writable


def test_glance_counts_from_the_beginning_of_a_look(agent: ModuleType) -> None:
    """What took long to see is old when it arrives."""
    clock = Clock()
    seen = []

    def look() -> Any:
        clock.now += 0.6
        seen.append(clock.now)
        return agent.Seen(True)

    glance = agent.Glance(look, clock)
    glance()
    glance()
    assert len(seen) == 2


def test_glance_answers_while_the_server_hangs(agent: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "PATIENCE", 0.01)
    thawed = threading.Event()
    looks = []

    def look() -> Any:
        looks.append(1)
        assert thawed.wait(10)
        return agent.Seen(True, writable=True)

    glance = agent.Glance(look)
    assert [glance().answers for _ in range(3)] == [False] * 3
    assert len(looks) == 1, "a hanging server is asked once, not once a request"
    thawed.set()
    monkeypatch.setattr(agent, "PATIENCE", 10)
    assert glance().writable


# MySQL


class Cursor:
    """Answers the statements of a script; any other one fails the test."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.description: list[tuple[str]] = []
        self.row: Any = None

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str, values: tuple[str, ...] = ()) -> None:
        begin = next((begin for begin in self.connection.script if sql.startswith(begin)), None)
        assert begin is not None, f"unexpected statement {sql}"
        self.connection.executed.append(sql)
        answer = self.connection.script[begin]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            self.description = [(name,) for name in answer]
            answer = tuple(answer.values())
        self.row = answer

    def fetchone(self) -> Any:
        return self.row


class Connection:
    def __init__(self, script: dict[str, Any]) -> None:
        self.script = script
        self.executed: list[str] = []
        self.closed = False

    def cursor(self) -> Cursor:
        return Cursor(self)

    def close(self) -> None:
        self.closed = True


RUNNING = {"Replica_IO_Running": "Yes", "Replica_SQL_Running": "Yes", "Last_IO_Error": "", "Last_SQL_Error": ""}
STATE, CHANNEL, AGE = "SELECT @@GLOBAL.read_only", "SHOW REPLICA STATUS", "SELECT TIMESTAMPDIFF"


def mysql(agent: ModuleType, *scripts: dict[str, Any]) -> tuple[Any, Callable[[], list[Connection]]]:
    connections = [Connection(script) for script in scripts]
    waiting = iter(connections)
    return agent.MySQL(lambda timeout: next(waiting)), lambda: connections


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        ({STATE: (0,), CHANNEL: None, AGE: (0.4,)}, {"writable": True, "lag": 0.0}),
        ({STATE: (1,), CHANNEL: None, AGE: (None,)}, {"lag": None}),
        ({STATE: (1,), CHANNEL: RUNNING, AGE: (1.25,)}, {"follows": True, "running": True, "lag": 1.25, "bound": True}),
        # The writer's clock is ahead.
        ({STATE: (1,), CHANNEL: RUNNING, AGE: (-0.3,)}, {"follows": True, "running": True, "lag": 0.0, "bound": True}),
        (
            {STATE: (1,), CHANNEL: {**RUNNING, "Replica_IO_Running": "Connecting", "Last_IO_Error": "no"}, AGE: (9,)},
            {"follows": True, "lag": 9.0, "bound": True, "detail": "no"},
        ),
        (
            {STATE: (1,), CHANNEL: {**RUNNING, "Replica_SQL_Running": "No", "Last_SQL_Error": "stuck"}, AGE: (9,)},
            {"follows": True, "lag": 9.0, "bound": True, "detail": "stuck"},
        ),
    ],
)
def test_mysql_look(agent: ModuleType, script: dict[str, Any], seen: dict[str, Any]) -> None:
    server, _ = mysql(agent, script)
    assert server.look() == agent.Seen(answers=True, **seen)


def test_mysql_look_connects_again_after_an_error(agent: ModuleType) -> None:
    good = {STATE: (0,), CHANNEL: None, AGE: (0.4,)}
    server, connections = mysql(agent, {STATE: OSError("gone")}, good)
    assert server.look() == agent.Seen(False, detail="gone")
    assert connections()[0].closed
    assert server.look().writable
    assert server.look().writable
    assert not connections()[1].closed


@pytest.mark.parametrize(
    ("semi_sync", "statements"),
    [
        (None, ["SET GLOBAL read_only = OFF"]),
        (
            ("rpl_semi_sync_source_enabled", "OFF"),
            ["SET GLOBAL rpl_semi_sync_source_enabled = ON", "SET GLOBAL read_only = OFF"],
        ),
    ],
)
def test_mysql_open_is_never_persisted(agent: ModuleType, semi_sync: Any, statements: list[str]) -> None:
    server, connections = mysql(agent, {"SHOW GLOBAL VARIABLES LIKE": semi_sync, "SET GLOBAL": None})
    server.open()
    assert connections()[0].executed[1:] == statements


# Redis


class FakeRedis:
    def __init__(self, info: dict[str, Any] | Exception) -> None:
        self.replication = info
        self.calls: list[tuple[str, str]] = []

    def info(self, section: str) -> dict[str, Any]:
        assert section == "replication"
        if isinstance(self.replication, Exception):
            raise self.replication
        return self.replication

    def replicaof(self, host: str, port: str) -> None:
        self.calls.append((host, port))


@pytest.mark.parametrize(
    ("info", "seen"),
    [
        ({"role": "master"}, {"answers": True, "writable": True, "lag": 0.0}),
        (
            {"role": "slave", "master_link_status": "up", "master_last_io_seconds_ago": 1},
            {"answers": True, "follows": True, "running": True, "lag": 1.0},
        ),
        (
            {"role": "slave", "master_link_status": "down", "master_last_io_seconds_ago": -1},
            {"answers": True, "follows": True},
        ),
        (ConnectionError("refused"), {"answers": False, "detail": "refused"}),
    ],
)
def test_redis_look(agent: ModuleType, info: Any, seen: dict[str, Any]) -> None:
    assert agent.Redis(FakeRedis(info)).look() == agent.Seen(**seen)


def test_redis_open(agent: ModuleType) -> None:
    client = FakeRedis({})
    agent.Redis(client).open()
    assert client.calls == [("NO", "ONE")]


# The agent as a whole


class Simulated:
    """A server in memory."""

    def __init__(self, agent: ModuleType) -> None:
        self.agent = agent
        self.writable = False
        self.fails = False
        self.beats: list[str] = []

    def look(self) -> Any:
        return self.agent.Seen(True, writable=self.writable)

    def open(self) -> None:
        if self.fails:
            raise OSError("refused")
        self.writable = True

    def beat(self, site: str) -> None:
        self.beats.append(site)


def test_agent_opens_then_beats_and_opens_again_after_a_restart(agent: ModuleType) -> None:
    server = Simulated(agent)
    run = agent.Agent("gcp", True, server, server.look, lambda: agent.Peer.READER)
    run.step()
    assert server.writable
    assert server.beats == []
    run.step()
    assert server.beats == ["gcp"]
    server.writable = False
    run.step()
    assert server.writable


def test_agent_survives_an_error_and_tries_again(agent: ModuleType) -> None:
    server = Simulated(agent)
    server.fails = True
    run = agent.Agent("gcp", True, server, server.look, lambda: agent.Peer.READER)
    run.step()
    assert not server.writable
    server.fails = False
    run.step()
    assert server.writable


def test_two_agents_of_which_one_opens_never_have_two_writers(agent: ModuleType) -> None:
    """Every order of steps and restarts of the two, four events long."""
    for order in itertools.product(["gcp", "aws", "restart gcp", "restart aws"], repeat=4):
        servers = {"gcp": Simulated(agent), "aws": Simulated(agent)}

        def ask(site: str, servers: dict[str, Simulated] = servers) -> Any:
            return agent.peer_of({"answers": True, "writable": servers[site].writable})

        agents = {
            "gcp": agent.Agent("gcp", True, servers["gcp"], servers["gcp"].look, lambda ask=ask: ask("aws")),
            "aws": agent.Agent("aws", False, servers["aws"], servers["aws"].look, lambda ask=ask: ask("gcp")),
        }
        for event in order:
            if event.startswith("restart"):
                servers[event.split()[1]].writable = False
            else:
                agents[event].step()
            assert not (servers["gcp"].writable and servers["aws"].writable)
