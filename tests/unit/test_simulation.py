# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol never lets two databases write, and lets one write soon after the faults end."""

from __future__ import annotations

import pytest

from tests.simulation.controls import CONTROLS
from tests.simulation.search import find_violation
from tests.simulation.world import AWS, GCP, WITNESS, Faults, World

# What the protocol may take to find a writer once the faults are over: the wait for a vanished holder, the rest of its
# transactions, a handful of messages; by the slowest clock.
BOUND = 30.0


def test_never_two_writers() -> None:
    found = find_violation(None, None, 0, 40)
    assert found is None, found


@pytest.mark.parametrize("name", CONTROLS)
def test_without_a_rule_two_writers_are_found(name: str) -> None:
    rules, faults, seed = CONTROLS[name]
    assert find_violation(rules, faults, seed, 60), "the simulation does not see that this rule is missing"


@pytest.mark.parametrize("name", [name for name in CONTROLS if not name.startswith("clocks")])
def test_the_same_faults_under_all_rules(name: str) -> None:
    _, faults, seed = CONTROLS[name]
    found = find_violation(None, faults, seed, 8)
    assert found is None, found


def after_faults(seed: int) -> World:
    """A world after a minute of faults. Without drains: a lossless epoch may rightly wait for a diverged peer."""
    world = World(seed, faults=Faults(drain=0))
    world.run(2500)
    return world


@pytest.mark.parametrize("seed", range(10))
def test_a_writer_exists_soon_after_the_faults(seed: int) -> None:
    world = after_faults(seed)
    healthy = world.settle(GCP, AWS, WITNESS)
    world.run_until(healthy + BOUND)
    assert world.now - world.writer_seen < 1, "\n".join(world.trace)


@pytest.mark.parametrize("seed", range(10))
def test_the_active_site_writes_on_alone_with_the_witness(seed: int) -> None:
    world = after_faults(seed)
    assert world.record is not None
    healthy = world.settle(world.record.active_site, WITNESS)
    world.run_until(healthy + BOUND)
    assert world.now - world.writer_seen < 1, "\n".join(world.trace)


@pytest.mark.parametrize("seed", range(10))
def test_the_other_site_writes_after_its_promotion(seed: int) -> None:
    world = after_faults(seed)
    assert world.record is not None
    healthy = world.settle(AWS if world.record.active_site == GCP else GCP, WITNESS)
    world.run_until(healthy)
    world.promote_other()
    world.run_until(healthy + BOUND)
    assert world.now - world.writer_seen < 1, "\n".join(world.trace)


@pytest.mark.parametrize("seed", range(10))
def test_a_writer_outlives_the_witness(seed: int) -> None:
    world = after_faults(seed)
    world.run_until(world.settle(GCP, AWS, WITNESS) + BOUND)
    world.settle(GCP, AWS)
    world.run_until(world.now + 5 * BOUND)
    assert world.now - world.writer_seen < 1, "\n".join(world.trace)


def test_nobody_writes_without_a_majority() -> None:
    """Negative control of the tests above: a site that hears nobody stops by itself."""
    world = after_faults(0)
    world.run_until(world.settle(GCP, AWS, WITNESS) + BOUND)
    world.settle()
    world.run_until(world.now + BOUND)
    assert world.now - world.writer_seen > 1
