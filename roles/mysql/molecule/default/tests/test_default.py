"""The server as its package and the role's defaults make it."""

import json
from typing import Any

import pytest

MYSQL = "mysql --batch --skip-column-names"


def answer(host: Any, sql: str) -> list[str]:
    lines: list[str] = host.check_output(f'{MYSQL} -e "{sql}"').split("\n")
    return lines


def test_service_is_enabled_and_runs(host: Any) -> None:
    service = host.service("mysql")
    assert service.is_running
    assert service.is_enabled


@pytest.mark.parametrize(
    ("variable", "value"),
    {
        "read_only": "1",
        "super_read_only": "1",
        "gtid_mode": "ON",
        "enforce_gtid_consistency": "ON",
        "binlog_format": "ROW",
        "sync_binlog": "1",
        "innodb_flush_log_at_trx_commit": "1",
        "require_secure_transport": "1",
        "relay_log_recovery": "0",
        "sync_relay_log": "1",
        "log_replica_updates": "1",
    }.items(),
)
def test_variable(host: Any, variable: str, value: str) -> None:
    assert answer(host, f"SELECT @@GLOBAL.{variable}") == [value]


def test_restart_closes_an_open_server_even_when_openness_was_persisted(host: Any) -> None:
    answer(host, "SET PERSIST read_only = OFF")
    assert answer(host, "SELECT @@super_read_only") == ["0"], "the server cannot be opened: the test proves nothing"
    try:
        host.check_output("systemctl restart mysql")
        assert answer(host, "SELECT @@read_only, @@super_read_only") == ["1\t1"]
    finally:
        answer(host, "RESET PERSIST; SET GLOBAL super_read_only = ON")


def test_closed_server_refuses_even_root(host: Any) -> None:
    refused = host.run(f"{MYSQL} -e 'CREATE DATABASE nope'")
    assert refused.failed
    assert "super-read-only" in refused.stderr


def test_killed_server_comes_back_closed(host: Any) -> None:
    before = host.check_output("systemctl show -P MainPID mysql")
    host.check_output("systemctl kill --signal=KILL mysql")
    back = f"test $(systemctl show -P MainPID mysql) != {before} && mysqladmin ping"
    host.check_output(f"timeout 60 sh -c 'until {back}; do sleep 0.2; done'")
    assert answer(host, "SELECT @@super_read_only") == ["1"]


def test_certificate_is_that_of_the_authority(host: Any) -> None:
    status = answer(host, "SHOW GLOBAL STATUS LIKE 'Ssl_server_not_after'")[0]
    assert "GMT" in status
    assert answer(host, "SELECT @@ssl_ca") == ["/etc/mysql/tls/ca.crt"]


def test_secrets_are_not_readable_by_others(host: Any) -> None:
    key = host.file("/etc/mysql/tls/server.key")
    assert (key.user, key.group, key.mode) == ("root", "mysql", 0o640)


def test_only_root_by_socket_is_an_administrator(host: Any) -> None:
    accounts = json.loads(
        answer(host, "SELECT JSON_ARRAYAGG(CONCAT(user, ' ', plugin)) FROM mysql.user WHERE Super_priv = 'Y'")[0]
    )
    assert [account for account in accounts if not account.startswith("mysql.")] == [
        account for account in ("debian-sys-maint auth_socket", "root auth_socket") if account in accounts
    ]
    assert "root auth_socket" in accounts


def test_unstable_never_upgrades_anything_by_itself(host: Any) -> None:
    assert "Debian:unstable" not in host.check_output("apt-get --simulate dist-upgrade")


def test_heartbeat_table_exists(host: Any) -> None:
    columns = answer(
        host, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'dr' ORDER BY ORDINAL_POSITION"
    )
    assert columns == ["site", "server_uuid", "at"]
