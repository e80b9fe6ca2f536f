# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random

import pytest

from lab.route53.model import Checker, HealthCheck, Record, Snapshot, Zone
from lab.route53.plane import DataPlane
from tests.unit.lab.route53.virtual_time import run_virtually

CHECKERS = [Checker(f"192.0.2.{number}", f"region-{number % 8}") for number in range(16)]
NAME = "shop.example."
# How often the tests look, and so their slack, in seconds.
POLL = 0.1


class Endpoint:
    """An endpoint as checkers meet it: ``up``, ``refused`` (fails at once) or ``dropped`` (4 s to the time-out)."""

    def __init__(self) -> None:
        self.state = "up"
        self.up_for: set[str] = set()
        self.asked: list[tuple[float, str]] = []

    async def probe(self, check: HealthCheck, source: str) -> tuple[bool, str]:
        self.asked.append((asyncio.get_running_loop().time(), source))
        if self.state == "dropped":
            await asyncio.sleep(4)
        ok = self.state == "up" or source in self.up_for
        return ok, "Success: HTTP Status Code 200, OK" if ok else "Failure: no"


def configuration(*checks: HealthCheck, generation: int = 1) -> Snapshot:
    """A failover pair whose primary rests on the first check."""
    records = (
        Record(NAME, "A", 60, ("1",), failover="PRIMARY", set_identifier="p", health_check_id=checks[0].id),
        Record(NAME, "A", 60, ("2",), failover="SECONDARY", set_identifier="s"),
    )
    return Snapshot(generation, (Zone("Z", "example.", records),), {check.id: check for check in checks})


@contextlib.asynccontextmanager
async def running(source: list[Snapshot], endpoint: Endpoint, seed: int = 0) -> AsyncIterator[DataPlane]:
    """A data plane that follows the last element of ``source``."""
    plane = DataPlane(lambda: source[-1], CHECKERS, endpoint.probe, Random(seed))
    task = asyncio.create_task(plane.run())
    await asyncio.sleep(0)
    try:
        yield plane
    finally:
        task.cancel()
        plane.load(Snapshot())
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def seconds_until(plane: DataPlane, value: str, limit: float = 200) -> float:
    """How long until the name answers ``value``."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    while plane.answer(NAME, "A").answers[0].values != (value,):
        await asyncio.sleep(POLL)
        assert loop.time() < start + limit, f"never answered {value}"
    return loop.time() - start


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("interval", "threshold", "fault", "earliest", "latest"),
    [
        # detection = phase (0..interval) + threshold x time per probe + (threshold - 1) x interval
        (30, 3, "refused", 60, 90),
        (30, 3, "dropped", 72, 102),
        (10, 3, "refused", 20, 30),
        (10, 3, "dropped", 32, 42),
        (10, 1, "refused", 0, 10),
        (10, 1, "dropped", 4, 14),
    ],
)
def test_detection_takes_the_documented_time(
    interval: int, threshold: int, fault: str, earliest: float, latest: float, seed: int
) -> None:
    async def scenario() -> float:
        check = HealthCheck("h", "HTTPS", request_interval=interval, failure_threshold=threshold)
        endpoint = Endpoint()
        async with running([configuration(check)], endpoint, seed) as plane:
            await asyncio.sleep(200 + 7 * seed)
            assert plane.answer(NAME, "A").answers[0].values == ("1",)
            endpoint.state = fault
            return await seconds_until(plane, "2")

    assert earliest - POLL <= run_virtually(scenario()) <= latest + POLL


def test_recovery_needs_the_same_threshold() -> None:
    async def scenario() -> float:
        endpoint = Endpoint()
        check = HealthCheck("h", "HTTPS", request_interval=10, failure_threshold=3)
        async with running([configuration(check)], endpoint) as plane:
            endpoint.state = "refused"
            await seconds_until(plane, "2")
            await asyncio.sleep(100)
            endpoint.state = "up"
            return await seconds_until(plane, "1")

    # More than 18 % suffice: the first three of sixteen checkers decide.
    assert 20 <= run_virtually(scenario()) <= 30


@pytest.mark.parametrize(("seen_by", "expected"), [(2, "2"), (3, "1")])
def test_a_partition_of_some_checkers_does_not_move_the_name(seen_by: int, expected: str) -> None:
    async def scenario() -> str:
        endpoint = Endpoint()
        endpoint.state = "refused"
        endpoint.up_for = {checker.address for checker in CHECKERS[:seen_by]}
        check = HealthCheck("h", "HTTPS", request_interval=10)
        async with running([configuration(check)], endpoint) as plane:
            await asyncio.sleep(120)
            return plane.answer(NAME, "A").answers[0].values[0]

    assert run_virtually(scenario()) == expected


def test_a_new_check_is_healthy_and_a_new_inverted_one_is_not() -> None:
    async def scenario() -> None:
        endpoint = Endpoint()
        endpoint.state = "refused"
        plain, inverted = HealthCheck("h", "HTTP"), HealthCheck("i", "HTTP", inverted=True)
        async with running([configuration(plain, inverted)], endpoint) as plane:
            assert plane.healthy("h")
            assert not plane.healthy("i")
            await asyncio.sleep(300)
            assert not plane.healthy("h")
            assert plane.healthy("i")

    run_virtually(scenario())


def test_every_checker_asks_at_the_interval_with_its_own_phase() -> None:
    async def scenario() -> Endpoint:
        endpoint = Endpoint()
        async with running([configuration(HealthCheck("h", "HTTP", request_interval=10))], endpoint):
            await asyncio.sleep(100)
        return endpoint

    asked = run_virtually(scenario()).asked
    for checker in CHECKERS:
        times = [when for when, source in asked if source == checker.address]
        assert [round(after - before) for before, after in itertools.pairwise(times)] == [10] * 9
    first_times = {source: when for when, source in reversed(asked)}
    assert len({round(when, 3) for when in first_times.values()}) == 16


def test_only_checkers_of_the_checks_regions_look() -> None:
    async def scenario() -> Endpoint:
        endpoint = Endpoint()
        check = HealthCheck("h", "HTTP", request_interval=10, regions=("region-1", "region-2", "region-3"))
        async with running([configuration(check)], endpoint) as plane:
            await asyncio.sleep(30)
            assert len(plane.reports("h")) == 6
        return endpoint

    assert {source for _, source in run_virtually(scenario()).asked} == {
        f"192.0.2.{number}" for number in (1, 2, 3, 9, 10, 11)
    }


@pytest.mark.parametrize("change", ["disabled", "deleted"])
def test_checkers_stop_when_the_check_is_disabled_or_deleted(change: str) -> None:
    async def scenario() -> None:
        endpoint = Endpoint()
        endpoint.state = "refused"
        check = HealthCheck("h", "HTTP", request_interval=10)
        source = [configuration(check)]
        async with running(source, endpoint) as plane:
            await asyncio.sleep(60)
            assert not plane.healthy("h")
            source.append(
                configuration(replace(check, disabled=True), generation=2)
                if change == "disabled"
                else replace(source[0], generation=2, health_checks={})
            )
            await asyncio.sleep(2)
            asked = len(endpoint.asked)
            await asyncio.sleep(60)
            assert len(endpoint.asked) == asked
            assert plane.healthy("h") is (change == "disabled")
            assert (plane.reports("h"), plane.failures("h")) == ({}, {})

    run_virtually(scenario())


def test_a_changed_check_keeps_its_history() -> None:
    async def scenario() -> None:
        endpoint = Endpoint()
        endpoint.state = "refused"
        check = HealthCheck("h", "HTTP", request_interval=10)
        source = [configuration(check)]
        async with running(source, endpoint) as plane:
            await asyncio.sleep(60)
            source.append(configuration(replace(check, resource_path="/other"), generation=2))
            await asyncio.sleep(2)
            assert plane.generation == 2
            assert not plane.healthy("h")

    run_virtually(scenario())


def test_the_configuration_is_followed_within_a_second() -> None:
    async def scenario() -> None:
        source = [Snapshot(generation=5)]
        async with running(source, Endpoint()) as plane:
            assert plane.answer(NAME, "A").rcode == "REFUSED"
            source.append(configuration(HealthCheck("h", "TCP"), generation=6))
            await asyncio.sleep(1.1)
            assert (plane.generation, plane.answer(NAME, "A").rcode) == (6, "NOERROR")

    run_virtually(scenario())


def test_before_its_first_configuration_it_serves_nothing() -> None:
    plane = DataPlane(Snapshot, CHECKERS, Endpoint().probe)
    assert (plane.generation, plane.answer(NAME, "A").rcode) == (-1, "REFUSED")


def test_the_last_failure_is_remembered_after_the_recovery() -> None:
    async def scenario() -> None:
        endpoint = Endpoint()
        endpoint.state = "refused"
        async with running([configuration(HealthCheck("h", "HTTP", request_interval=10))], endpoint) as plane:
            await asyncio.sleep(30)
            endpoint.state = "up"
            await asyncio.sleep(60)
            assert {report.ok for report in plane.reports("h").values()} == {True}
            assert {report.ok for report in plane.failures("h").values()} == {False}

    run_virtually(scenario())


def test_an_alarms_last_known_status_outlives_its_data() -> None:
    async def scenario() -> None:
        check = HealthCheck("h", "CLOUDWATCH_METRIC", alarm_region="r", alarm_name="a")
        source = [configuration(check)]
        async with running(source, Endpoint()) as plane:
            assert plane.healthy("h")
            for state, expected in (("ALARM", False), ("INSUFFICIENT_DATA", False), ("OK", True)):
                source.append(replace(source[0], alarms={("r", "a"): state}))
                await asyncio.sleep(1.1)
                assert plane.healthy("h") is expected

    run_virtually(scenario())


def test_status_changes_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        endpoint = Endpoint()
        async with running([configuration(HealthCheck("h", "HTTP", request_interval=10))], endpoint):
            await asyncio.sleep(60)
            endpoint.state = "refused"
            await asyncio.sleep(60)

    with caplog.at_level(logging.INFO):
        run_virtually(scenario())
    assert [record.message for record in caplog.records][:2] == [
        "health check h is healthy",
        "health check h is unhealthy",
    ]


def test_a_checker_that_breaks_is_loud(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(check: HealthCheck, source: str) -> tuple[bool, str]:
        raise RuntimeError("a bug")

    async def scenario() -> None:
        plane = DataPlane(lambda: configuration(HealthCheck("h", "HTTP")), CHECKERS[:1], broken)
        plane.load(configuration(HealthCheck("h", "HTTP")))
        await asyncio.sleep(60)

    run_virtually(scenario())
    assert "a health checker stopped" in caplog.text


def test_an_unanswerable_query_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    plane = DataPlane(Snapshot, CHECKERS, Endpoint().probe)
    cname = Record("x.example.", "CNAME", 60, ("x.example.",))
    plane.snapshot = Snapshot(1, (Zone("Z", "example.", (cname,)),))
    assert plane.answer("x.example.", "A").rcode == "SERVFAIL"
    assert "SERVFAIL x.example. A" in caplog.text
