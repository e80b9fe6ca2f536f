"""A pair built by CLONE; its roles were swapped by hand, then db1 lost its disk. The tests build on each other."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra

testinfra_hosts = ["ansible://db1"]
EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
ADDRESS = {"db1": "10.10.0.21", "db2": "10.10.0.22"}
STORE = (EPHEMERAL / "secrets" / "store").read_text()
REPLICATION = "the-second-one-of-24-chars"
# So that the tests can run twice on the same pair.
RUN = uuid.uuid4().hex[:8]
RECOVERY = "/etc/mysql/mysql.conf.d/zzz-test.cnf"


class Server:
    """One of the two: its administrator by socket, and clients that come over the network."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.host = testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])

    def __call__(self, sql: str) -> str:
        output: str = self.host.check_output(f"mysql --batch --raw --skip-column-names -e {quote(sql)}")
        return output

    def login(self, to: str, user: str, password: str, sql: str = "SELECT 1", options: str = "") -> Any:
        """The result of a client on this host that logs in at `to`."""
        client = f"mysql -h {ADDRESS[to]} -P 3307 -u {user} --ssl-ca=/etc/mysql/tls/ca.crt --batch --skip-column-names"
        return self.host.run(f"MYSQL_PWD={password} timeout 10 {client} {options} -e {quote(sql)}")

    def restart(self, verb: str = "restart") -> None:
        self.host.check_output(f"systemctl {verb} mysql")

    def answers(self) -> bool:
        return bool(self.host.run("mysqladmin ping").succeeded)

    def kill(self) -> None:
        """SIGKILL, and systemd starts it again."""
        before = self.host.check_output("systemctl show -P MainPID mysql")
        self.host.check_output("systemctl kill --signal=KILL mysql")
        wait(lambda: self.host.check_output("systemctl show -P MainPID mysql") not in {"0", before} and self.answers())

    def has(self, item: str) -> bool:
        return self(f"SELECT COUNT(*) FROM store.item WHERE name = '{item} {RUN}'") == "1"

    def status(self, name: str) -> str:
        return self(f"SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = '{name}'")


def quote(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"


def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


REPLICA, WRITER = Server("db1"), Server("db2")


def open_writer() -> None:
    WRITER("SET GLOBAL rpl_semi_sync_source_enabled = ON; SET GLOBAL read_only = OFF")


def insert(item: str) -> None:
    result = REPLICA.login("db2", "store", STORE, f"INSERT INTO store.item VALUES ('{item} {RUN}')")
    assert result.succeeded, result.stderr


def test_the_second_run_left_the_swapped_roles_as_they_were() -> None:
    assert WRITER(
        "SELECT @@super_read_only, @@read_only, COUNT(*) FROM performance_schema.replication_connection_configuration"
    ) == ("0\t0\t0")
    host = "SELECT @@super_read_only, HOST FROM performance_schema.replication_connection_configuration"
    assert REPLICA(host) == "1\t10.10.0.22"


def test_clone_carried_what_the_first_writer_had() -> None:
    """Character set included."""
    assert WRITER("SELECT HEX(name) FROM store.item WHERE name = '감자'") == "감자".encode().hex().upper()
    assert WRITER("SELECT STATE, SOURCE FROM performance_schema.clone_status") == "Completed\t10.10.0.21:3307"


def test_first_writer_came_back_as_a_clone_of_the_second() -> None:
    """Its variables still say that it is the initial writer."""
    assert REPLICA("SELECT STATE, SOURCE FROM performance_schema.clone_status") == "Completed\t10.10.0.22:3307"
    assert REPLICA("SELECT GTID_SUBTRACT(@@gtid_executed, '') LIKE CONCAT('%', @@server_uuid, '%')") == "0"


def test_row_written_at_the_writer_is_readable_at_the_replica() -> None:
    insert("first")
    wait(lambda: REPLICA.has("first"))
    refused = WRITER.login("db1", "store", STORE, "INSERT INTO store.item VALUES ('astray')")
    assert refused.failed
    assert "read-only" in refused.stderr


def test_account_of_the_second_run_reached_both() -> None:
    assert REPLICA.login("db2", "late", STORE).succeeded
    assert WRITER.login("db1", "late", STORE).succeeded


@pytest.mark.parametrize(("user", "because"), [("store", "Access denied"), ("lax", "require_secure_transport")])
def test_client_without_tls_is_refused(user: str, because: str) -> None:
    """By the account's own rule, and by the server's even if the account has none."""
    WRITER(f"CREATE USER IF NOT EXISTS lax@'10.10.0.0/16' IDENTIFIED BY '{STORE}'")
    assert REPLICA.login("db2", user, STORE, options="--ssl-mode=REQUIRED").succeeded
    refused = REPLICA.login("db2", user, STORE, options="--ssl-mode=DISABLED --get-server-public-key")
    assert refused.failed
    assert because in refused.stderr


def test_certificate_names_its_host() -> None:
    assert REPLICA.login("db2", "store", STORE, options="--ssl-mode=VERIFY_IDENTITY").succeeded
    REPLICA.host.check_output("echo 10.10.0.22 impostor >> /etc/hosts")
    assert REPLICA.login("db2", "store", STORE, options="-h impostor --ssl-mode=VERIFY_CA").succeeded
    refused = REPLICA.login("db2", "store", STORE, options="-h impostor --ssl-mode=VERIFY_IDENTITY")
    assert refused.failed
    assert "certificate" in refused.stderr


def test_application_has_no_more_than_its_privileges() -> None:
    assert REPLICA.login("db2", "store", STORE, "SELECT COUNT(*) FROM store.item").succeeded
    for sql in ("DELETE FROM store.item", "SELECT * FROM mysql.user", "SET GLOBAL read_only = OFF"):
        assert "denied" in REPLICA.login("db2", "store", STORE, sql).stderr


def test_replication_account_only_from_the_two_servers() -> None:
    WRITER.host.check_output("ip address add 10.10.0.77/24 dev eth0")
    try:
        assert REPLICA.login("db2", "follower", REPLICATION).succeeded
        elsewhere = WRITER.login("db1", "follower", REPLICATION, options="--bind-address=10.10.0.77")
        assert elsewhere.failed
        assert "10.10.0.77" in elsewhere.stderr
        # The network lets it through: another account may come from there.
        assert WRITER.login("db1", "store", STORE, options="--bind-address=10.10.0.77").succeeded
    finally:
        WRITER.host.check_output("ip address del 10.10.0.77/24 dev eth0")


def test_account_of_an_operating_system_user() -> None:
    login = "mysql -u watcher --batch -e 'SHOW REPLICA STATUS'"
    assert REPLICA.host.run(f"setpriv --reuid=nobody --clear-groups {login}").succeeded
    assert REPLICA.host.run(login).failed, "root is not nobody"


def test_no_root_but_by_socket() -> None:
    refused = REPLICA.login("db2", "root", "")
    assert refused.failed
    assert REPLICA.host.run("setpriv --reuid=nobody --clear-groups mysql -u root -e 'SELECT 1'").failed


@pytest.mark.parametrize(
    ("variable", "value"),
    {
        "port": "3307",
        "bind_address": "10.10.0.21",
        "server_id": "71",
        "replica_net_timeout": "6",
        "binlog_expire_logs_seconds": "3600",
        "max_connections": "50",
        "open_files_limit": "5000",
        "innodb_print_all_deadlocks": "1",
        "rpl_semi_sync_replica_enabled": "1",
        "rpl_semi_sync_source_timeout": "2000",
    }.items(),
)
def test_setting(variable: str, value: str) -> None:
    assert REPLICA(f"SELECT @@GLOBAL.{variable}") == value


def test_channel_has_the_role_s_settings_again() -> None:
    channel = (
        "SSL_ALLOWED, SSL_VERIFY_SERVER_CERTIFICATE, AUTO_POSITION, CONNECTION_RETRY_INTERVAL, CONNECTION_RETRY_COUNT"
    )
    settings = REPLICA(
        f"SELECT {channel}, HEARTBEAT_INTERVAL FROM performance_schema.replication_connection_configuration"
    )
    assert settings.split() == ["YES", "YES", "1", "2", "1000", "3.000"]


def test_restarted_replica_is_closed_and_follows() -> None:
    REPLICA.restart()
    assert REPLICA("SELECT @@super_read_only") == "1"
    insert("after a restart of the replica")
    wait(lambda: REPLICA.has("after a restart of the replica"))


def test_restarted_writer_is_closed() -> None:
    WRITER.restart()
    try:
        assert WRITER("SELECT @@super_read_only") == "1"
        assert REPLICA.login("db2", "store", STORE, "INSERT INTO store.item VALUES ('too early')").failed
    finally:
        open_writer()


def test_semi_sync_falls_back_in_silence() -> None:
    """The client is told nothing when the acknowledgement stays away."""
    wait(lambda: WRITER.status("Rpl_semi_sync_source_clients") == "1")
    insert("acknowledged")
    assert WRITER.status("Rpl_semi_sync_source_status") == "ON"
    REPLICA("STOP REPLICA IO_THREAD")
    try:
        insert("not acknowledged")
        assert WRITER.status("Rpl_semi_sync_source_status") == "OFF"
    finally:
        REPLICA("START REPLICA")
    wait(lambda: REPLICA.has("not acknowledged"))


@pytest.fixture(params=["OFF", "ON"])
def recovery(request: pytest.FixtureRequest) -> Iterator[str]:
    """The replica's relay_log_recovery: as the role sets it, and the other way."""
    REPLICA.host.check_output(f"printf '[mysqld]\\nrelay_log_recovery = {request.param}\\n' > {RECOVERY}")
    REPLICA.restart()
    yield request.param
    REPLICA.host.check_output(f"rm -f {RECOVERY}")
    if not WRITER.answers():
        WRITER.restart("start")
    open_writer()
    REPLICA.restart()


def test_what_was_received_survives_the_loss_of_the_writer_and_a_kill(recovery: str) -> None:
    item = f"received with relay_log_recovery={recovery}"
    wait(lambda: WRITER.status("Rpl_semi_sync_source_clients") == "1")
    REPLICA("STOP REPLICA SQL_THREAD")
    acknowledged = int(WRITER.status("Rpl_semi_sync_source_yes_tx"))
    insert(item)
    assert int(WRITER.status("Rpl_semi_sync_source_yes_tx")) == acknowledged + 1
    assert not REPLICA.has(item), "applied already: the test proves nothing"
    WRITER.restart("stop")
    REPLICA.kill()
    if recovery == "OFF":
        wait(lambda: REPLICA.has(item))
    else:
        applied = "SELECT SERVICE_STATE FROM performance_schema.replication_applier_status"
        wait(lambda: REPLICA(applied) == "ON")
        assert not REPLICA.has(item), "relay_log_recovery=ON lost nothing: the role's choice needs another reason"
