# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair of sites: who writes, who follows, and what happens when either is told or made to stop. The tests build on
each other: each begins with one writer and ends with one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ...conftest import Site, Table

testinfra_hosts = ["ansible://db1"]
Wait = Callable[..., None]


@pytest.fixture(scope="module")
def sites() -> dict[str, Site]:
    return {"gcp": Site("db1", "10.10.0.21", 8008), "aws": Site("db2", "10.10.0.22", 8008)}


@pytest.fixture(scope="module")
def table() -> Table:
    return Table("multicloud-dr", "ap-northeast-1")


def settled(sites: dict[str, Site], writer: str) -> bool:
    """``writer`` writes, the other one follows."""
    other = "aws" if writer == "gcp" else "gcp"
    return sites[writer].code("/primary") == "200" and sites[other].status().get("database", {}).get("running") is True


def test_the_service_is_its_own_user_and_starts_at_boot(sites: dict[str, Site]) -> None:
    for site in sites.values():
        assert site.host.service("dr-agent").is_running
        assert site.do("systemctl is-enabled dr-agent") == "enabled"
        assert site.do("ps -o user= -p $(systemctl show -P MainPID dr-agent)") == "dr-agent"


def test_the_first_site_writes_and_the_other_follows(sites: dict[str, Site], table: Table, wait: Wait) -> None:
    wait(lambda: settled(sites, "gcp"), "gcp writes, aws follows")
    gcp, aws = sites["gcp"], sites["aws"]
    assert [gcp.code(path) for path in ("/dr/active", "/replica", "/replica?max_lag=0", "/metrics")] == ["200"] * 4
    assert [aws.code(path) for path in ("/primary", "/dr/active", "/redis/primary")] == ["503"] * 3
    assert gcp.code("/elsewhere") == "404"
    assert (gcp.status()["role"], aws.status()["role"]) == ("active", "standby")
    assert (table.record()["lease_site"], table.record()["lease_epoch"]) == ("gcp", "1")
    wait(lambda: aws.code("/replica?max_lag=5") == "200", "aws is near")


def test_a_client_writes_at_one_site_only(sites: dict[str, Site], wait: Wait) -> None:
    assert sites["gcp"].write("first")
    wait(lambda: sites["aws"].has("first"), "the row has arrived")
    assert not sites["aws"].write("wrong place")


def test_a_lease_that_has_run_out_is_refused_by_the_database_itself(sites: dict[str, Site], wait: Wait) -> None:
    """Agent and database frozen together thaw together: only the deadline in the database knows better."""
    gcp = sites["gcp"]
    gcp.do("systemctl kill --signal=STOP dr-agent")
    # The watchdog would end it: this is about the moment before that.
    gcp.sql("SET sql_log_bin = 0; UPDATE dr.lease SET valid_until = UNIX_TIMESTAMP(SYSDATE(6)) - 1")
    assert not gcp.write("too late")
    gcp.run("systemctl kill --signal=CONT dr-agent")
    # The agent, or its successor, writes a new deadline with its next renewal.
    wait(lambda: gcp.write("in time again"), "writes are taken again")
    wait(lambda: settled(sites, "gcp"), "the agent is back")


def test_a_killed_agent_leaves_a_closed_database_and_opens_it_again(sites: dict[str, Site], wait: Wait) -> None:
    gcp = sites["gcp"]
    gcp.do("systemctl kill --signal=KILL dr-agent")
    wait(lambda: gcp.code("/primary") == "200", "the next agent has opened it")
    said = gcp.do("journalctl -u dr-agent --no-pager | tail -40")
    assert "the database is closed" in said


def test_a_frozen_agent_is_ended_and_its_database_fenced(sites: dict[str, Site], wait: Wait) -> None:
    gcp = sites["gcp"]
    before = gcp.do("systemctl show -P MainPID dr-agent")
    gcp.do("systemctl kill --signal=STOP dr-agent")
    wait(gcp.closed, "the watchdog has fenced the database", 15)
    wait(lambda: gcp.code("/primary") == "200", "a new agent has opened it")
    assert gcp.do("systemctl show -P MainPID dr-agent") != before


def test_a_killed_database_writes_again_at_the_same_site(sites: dict[str, Site], table: Table, wait: Wait) -> None:
    epoch = table.record()["epoch"]
    sites["gcp"].do("systemctl kill --signal=KILL mysql")
    wait(lambda: sites["gcp"].code("/primary") == "503", "it is gone")
    wait(lambda: sites["gcp"].code("/primary") == "200", "it is back")
    assert table.record()["epoch"] == epoch


def test_the_record_moves_and_the_writer_with_it(sites: dict[str, Site], table: Table, wait: Wait) -> None:
    assert sites["gcp"].write("before the move")
    epoch = table.promote("aws")
    wait(lambda: sites["gcp"].closed(), "gcp is closed")
    wait(lambda: settled(sites, "aws"), "aws writes, gcp follows")
    assert sites["aws"].has("before the move")
    assert sites["aws"].write("after the move")
    assert not sites["gcp"].write("at the old place")
    wait(lambda: sites["gcp"].has("after the move"), "gcp follows")
    record = table.record()
    assert (record["lease_site"], int(record["lease_epoch"])) == ("aws", epoch)
    assert (record["fence_site"], int(record["fence_epoch"])) == ("gcp", epoch - 1)


def test_a_hanging_database_is_killed_when_the_record_moves(sites: dict[str, Site], table: Table, wait: Wait) -> None:
    """aws is the writer; its mysqld takes connections and answers nothing."""
    aws = sites["aws"]
    before = aws.do("systemctl show -P MainPID mysql")
    aws.do("systemctl kill --signal=STOP mysql")
    table.promote("gcp")
    wait(lambda: aws.do("systemctl show -P MainPID mysql") not in {"0", before}, "it was killed and started again")
    wait(lambda: settled(sites, "gcp"), "gcp writes, aws follows")
    assert aws.closed()


def test_a_drain_gives_its_word_with_all_that_was_executed(sites: dict[str, Site], table: Table, wait: Wait) -> None:
    gcp, epoch = sites["gcp"], int(table.record()["epoch"])
    assert gcp.write("last before the drain")
    table.set(drain_epoch=epoch, drain_to="aws")
    wait(lambda: int(table.record()["fence_epoch"]) == epoch, "gcp has given its word")
    assert gcp.closed()
    word = table.record()["fence_gtid"]
    assert gcp.sql(f"SELECT GTID_SUBTRACT('{word}', @@gtid_executed) = GTID_SUBTRACT(@@gtid_executed, '{word}')") == "1"
    # Nobody completes it: the site takes it back with a new epoch of its own.
    wait(lambda: settled(sites, "gcp"), "gcp writes again", 90)
    assert int(table.record()["epoch"]) == epoch + 1
    assert table.record()["active_site"] == "gcp"


def test_the_witness_alone_is_not_needed(sites: dict[str, Site], table: Table, wait: Wait) -> None:
    """gcp cannot reach the record, and lives on the grants of aws."""
    gcp = sites["gcp"]
    gcp.do("ip route add blackhole 10.10.0.40/32")
    try:
        wait(lambda: (gcp.status().get("record_age_seconds") or 0) > 12, "longer than any lease")
        assert gcp.code("/primary") == "200"
        assert gcp.write("on grants")
    finally:
        gcp.do("ip route delete blackhole 10.10.0.40/32")
    wait(lambda: (gcp.status().get("record_age_seconds") or 99) < 2, "the record is back")


def test_a_site_that_hears_nobody_stops(sites: dict[str, Site], wait: Wait) -> None:
    gcp = sites["gcp"]
    for address in ("10.10.0.40", "10.10.0.22"):
        gcp.do(f"ip route add blackhole {address}/32")
    try:
        wait(gcp.closed, "gcp has closed by itself", 20)
        assert not gcp.write("alone")
    finally:
        for address in ("10.10.0.40", "10.10.0.22"):
            gcp.do(f"ip route delete blackhole {address}/32")
    wait(lambda: settled(sites, "gcp"), "gcp writes again")


def test_a_grant_needs_the_secret(sites: dict[str, Site]) -> None:
    question = '{"nonce": "1", "epoch": 1, "site": "gcp"}'
    forged = sites["gcp"].run(
        f"curl -s -o /dev/null -w '%{{http_code}}' -H 'X-DR-Signature: 00' -d '{question}' http://10.10.0.22:8008/grant"
    )
    assert forged.stdout == "403"


def test_nobody_ever_wrote_where_it_was_refused(sites: dict[str, Site], wait: Wait) -> None:
    wait(lambda: settled(sites, "gcp"), "gcp writes, aws follows")
    everything = "SELECT GROUP_CONCAT(name ORDER BY name SEPARATOR ';') FROM store.item"
    rows = sites["gcp"].sql(everything)
    # A commit that waits for the other site when the fence comes may be kept, though nobody was told so.
    kept = rows.replace(";alone;", ";")
    assert kept == "after the move;before the move;first;in time again;last before the drain;on grants"
    wait(lambda: sites["aws"].sql(everything) == rows, "aws has the same")
