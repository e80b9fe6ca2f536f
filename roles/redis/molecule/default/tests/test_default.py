"""One Redis whose peer does not answer."""

import os
from pathlib import Path
from typing import Any

import pytest

ADDRESS = "10.10.0.10"
MIB = 1 << 20


def redis(host: Any, user: str, *command: str, tls: str = "--tls --cacert /etc/redis/ca.crt") -> str:
    """What redis-cli prints, over the network as a client would come."""
    password = ""
    if user:
        secret = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "secrets" / user
        password = f"REDISCLI_AUTH={secret.read_text()} "
        tls += f" --no-auth-warning --user {user}"
    words = " ".join(f"'{word}'" for word in command)
    output: str = host.run(f"{password}timeout 5 redis-cli -h {ADDRESS} {tls} {words} 2>&1").stdout.strip()
    return output


@pytest.fixture
def writable(host: Any) -> Any:
    """Redis as the agent opens it; read-only again afterwards."""
    assert redis(host, "admin", "REPLICAOF", "NO", "ONE") == "OK"
    yield
    host.check_output("systemctl restart redis-server")


def test_service(host: Any) -> None:
    assert host.service("redis-server").is_running
    assert host.service("redis-server").is_enabled


def test_starts_read_only(host: Any) -> None:
    assert redis(host, "shop", "SET", "session:1", "x").startswith("READONLY")
    assert redis(host, "admin", "ROLE").splitlines()[:3] == ["slave", "10.10.0.99", "6379"]


@pytest.mark.usefixtures("writable")
def test_restart_closes_it_and_keeps_the_data(host: Any) -> None:
    assert redis(host, "shop", "SET", "session:1", "kept") == "OK"
    # At most a second old when the process is killed: appendfsync everysec. The page cache outlives the process.
    host.check_output("systemctl kill -s KILL redis-server && sleep 2 && systemctl is-active redis-server")
    assert redis(host, "shop", "SET", "session:1", "lost").startswith("READONLY")
    assert redis(host, "shop", "GET", "session:1") == "kept"


@pytest.mark.usefixtures("writable")
@pytest.mark.parametrize(
    ("user", "command", "answer"),
    [
        ("", "GET session:1", "NOAUTH"),
        ("shop", "SET session:1 x", "OK"),
        ("shop", "SET other:1 x", "NOPERM"),
        ("shop", "GET other:1", "NOPERM"),
        ("shop", "FLUSHALL", "NOPERM"),
        ("shop", "KEYS *", "NOPERM"),
        ("shop", "CONFIG GET *", "NOPERM"),
        ("shop", "REPLICAOF NO ONE", "NOPERM"),
        ("replication", "PING", "PONG"),
        ("replication", "GET session:1", "NOPERM"),
        ("admin", "PING", "PONG"),
        ("admin", "GET session:1", "NOPERM"),
        ("admin", "CONFIG REWRITE", "NOPERM"),
        ("admin", "ACL SAVE", "NOPERM"),
        ("admin", "ACL SETUSER admin +@all", "NOPERM"),
    ],
)
def test_users(host: Any, user: str, command: str, answer: str) -> None:
    assert redis(host, user, *command.split()).startswith(answer)


def test_wrong_password(host: Any) -> None:
    tls = "--tls --cacert /etc/redis/ca.crt --no-auth-warning --user shop --pass wrong"
    assert "WRONGPASS" in redis(host, "", "PING", tls=tls)
    assert "WRONGPASS" in redis(host, "", "PING", tls=tls.replace("shop", "default"))


def test_tls_only(host: Any) -> None:
    listening = host.check_output("ss -Hltnp | grep redis-server | awk '{print $4}'").split()
    assert listening == ["0.0.0.0:6379"]
    assert "PONG" not in redis(host, "", "PING", tls="")
    assert "certificate verify failed" in redis(host, "shop", "GET", "session:1", tls="--tls")
    assert "NOAUTH" in redis(host, "", "PING")  # the same, with the right authority


def test_backlog_and_output_buffer(host: Any) -> None:
    backlog = 65536 * 600
    assert redis(host, "admin", "CONFIG", "GET", "repl-backlog-size").split()[1] == str(backlog)
    assert f"slave {backlog + 65536 * 120} 0 0" in redis(host, "admin", "CONFIG", "GET", "client-output-buffer-limit")
    assert redis(host, "admin", "CONFIG", "GET", "repl-backlog-ttl").split()[1] == "0"


def test_settings(host: Any) -> None:
    wanted = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory": str(256 * MIB),
        "maxmemory-policy": "volatile-lru",
        "min-replicas-to-write": "0",
        "repl-timeout": "10",
        "tls-replication": "yes",
        "replica-read-only": "yes",
    }
    for name, value in wanted.items():
        assert redis(host, "admin", "CONFIG", "GET", name).split() == [name, value]


def test_nothing_can_be_made_permanent(host: Any) -> None:
    """Neither by the user redis nor, in the service's own view of the file system, by root."""
    root = f"/proc/{host.check_output('systemctl show -P MainPID redis-server')}/root"
    for path, writable in {"/etc/redis": False, "/etc/redis/redis.conf": False, "/var/lib/redis": True}.items():
        assert host.run(f"setpriv --reuid redis --regid redis --clear-groups test -w {path}").succeeded is writable
        assert host.run(f"touch {root}{path}").succeeded is writable


def test_secrets_are_hidden(host: Any) -> None:
    secrets = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "secrets"
    users = host.file("/etc/redis/users.acl")
    assert (users.user, users.group, users.mode) == ("root", "redis", 0o640)
    assert (secrets / "shop").read_text() not in users.content_string
    assert "user default off" in users.content_string
    assert host.file("/etc/redis/server.key").mode == 0o640
    assert host.file("/etc/redis").mode == 0o750


def test_journal_is_quiet(host: Any) -> None:
    assert host.run("journalctl -u redis-server --grep 'FATAL|Bad directive|deprecated' -q").stdout == ""
    assert "Ready to accept connections" in host.check_output("journalctl -u redis-server -o cat")
