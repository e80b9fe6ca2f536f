"""The agent of the writer, seen by HTTP and by the database. The tests build on each other."""

import json
import time
from collections.abc import Callable
from typing import Any

URL = "http://10.10.0.21:8008"
SQL = "mysql --batch --skip-column-names -e"


def code(host: Any, path: str, seconds: float = 2) -> str:
    """The HTTP status, 000 without an answer in time."""
    output: str = host.run(f"curl -s -o /dev/null -w '%{{http_code}}' --max-time {seconds} '{URL}{path}'").stdout
    return output


def status(host: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(host.check_output(f"curl -sf --max-time 2 {URL}/status"))
    return result


def moved(host: Any) -> bool:
    return "role has moved" in host.run(f"curl -s --max-time 2 {URL}/status").stdout


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def test_service_is_enabled_and_runs_as_its_own_user(host: Any) -> None:
    service = host.service("dr-agent")
    assert service.is_running
    assert service.is_enabled
    assert host.check_output("ps -o user= -p $(systemctl show -P MainPID dr-agent)") == "dr-agent"


def test_writer_is_open(host: Any) -> None:
    wait(lambda: code(host, "/primary") == "200")
    assert [code(host, path) for path in ("/dr/active", "/replica", "/replica?max_lag=0")] == ["200"] * 3
    assert host.check_output(f"{SQL} 'SELECT @@read_only, @@super_read_only'") == "0\t0"
    assert code(host, "/elsewhere") == "404"


def test_status_says_that_this_is_an_interim(host: Any) -> None:
    now = status(host)
    assert (now["interim"], now["site"], now["kind"], now["writable"]) == (True, "gcp", "mysql", True)


def test_semi_sync_is_on_with_the_writer(host: Any) -> None:
    assert host.check_output(f"{SQL} 'SELECT @@rpl_semi_sync_source_enabled'") == "1"


def test_heartbeat_moves(host: Any) -> None:
    def row() -> list[str]:
        fields: list[str] = host.check_output(
            f"{SQL} 'SELECT site, server_uuid = @@server_uuid, at FROM dr.heartbeat'"
        ).split("\t")
        return fields

    wait(lambda: row()[:2] == ["gcp", "1"])
    before = row()[2]
    wait(lambda: row()[2] > before)


def test_opening_is_not_persisted_and_the_agent_opens_again(host: Any) -> None:
    persisted = "SELECT COUNT(*) FROM performance_schema.persisted_variables"
    assert host.check_output(f"{SQL} '{persisted}'") == "0"
    host.check_output("systemctl stop dr-agent; systemctl restart mysql")
    try:
        assert host.check_output(f"{SQL} 'SELECT @@super_read_only'") == "1"
    finally:
        host.check_output("systemctl start dr-agent")
    wait(lambda: code(host, "/primary") == "200")


def test_killed_agent_comes_back(host: Any) -> None:
    host.check_output("systemctl kill --signal=KILL dr-agent")
    wait(lambda: code(host, "/primary") == "200")


def test_answers_while_the_server_hangs(host: Any) -> None:
    """A frozen MySQL takes connections and says nothing."""
    host.check_output("systemctl kill --signal=STOP mysql")
    try:
        wait(lambda: code(host, "/primary", 1) == "503")
        assert [code(host, path, 1) for path in ("/dr/active", "/replica")] == ["503", "503"]
        assert status(host)["answers"] is False
    finally:
        host.check_output("systemctl kill --signal=CONT mysql")
    wait(lambda: code(host, "/primary") == "200")


def test_stopped_server(host: Any) -> None:
    host.check_output("systemctl stop mysql")
    try:
        wait(lambda: code(host, "/primary") == "503")
    finally:
        host.check_output("systemctl start mysql")
    wait(lambda: code(host, "/primary") == "200")


def test_a_server_that_was_made_a_replica_is_not_opened_again(host: Any) -> None:
    """Its role has moved, whatever the agent's configuration says. The source does not exist."""
    follow = 'CHANGE REPLICATION SOURCE TO SOURCE_HOST = "10.10.0.99", SOURCE_AUTO_POSITION = 1'
    host.check_output(f"{SQL} 'SET GLOBAL super_read_only = ON; {follow}'")
    try:
        wait(lambda: moved(host))
        host.check_output("systemctl restart mysql dr-agent")
        wait(lambda: moved(host))
        assert code(host, "/primary") == "503"
        # Readers are served, unless they ask for fresh rows.
        assert (code(host, "/replica"), code(host, "/replica?max_lag=3600")) == ("200", "503")
    finally:
        host.check_output(f"{SQL} 'STOP REPLICA; RESET REPLICA ALL'")
    wait(lambda: code(host, "/primary") == "200")


def test_account_can_do_no_more_than_it_must(host: Any) -> None:
    as_agent = "setpriv --reuid=dr-agent --clear-groups mysql -u monitor --batch -e"
    assert host.run(f"{as_agent} 'SHOW REPLICA STATUS'").succeeded
    for sql in ("SELECT user FROM mysql.user", "SHUTDOWN", "CREATE DATABASE nope", "DELETE FROM dr.heartbeat"):
        assert "denied" in host.run(f"{as_agent} '{sql}'").stderr
