# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from lab.aws.schedules import Rule, Schedules, period_seconds


@dataclass
class FakeRule:
    arn: str = "rule/a"
    state: str = "ENABLED"
    scheduled_expression: str | None = "rate(1 minute)"


class Clock:
    """Ticks once a second and notes (second, rule)."""

    def __init__(self, *rules: FakeRule) -> None:
        self.rules = list(rules)
        self.now = 1000.0
        self.fired: list[tuple[float, str]] = []
        self.schedules = Schedules(lambda: self.rules, self.fire, lambda: self.now)

    def fire(self, rule: Rule) -> None:
        self.fired.append((self.now - 1000, rule.arn))

    def run(self, seconds: int) -> list[tuple[float, str]]:
        for _ in range(seconds):
            self.schedules.tick()
            self.now += 1
        return self.fired


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("rate(2 days)", 172800)],
)
def test_rates(expression: str, seconds: int) -> None:
    assert period_seconds(expression) == seconds


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(10 seconds)", "rate(minute)", "1"]
)
def test_what_is_no_rate(expression: str) -> None:
    with pytest.raises(ValueError, match="not valid"):
        period_seconds(expression)


def test_cron_is_not_pretended() -> None:
    with pytest.raises(NotImplementedError, match="cron"):
        period_seconds("cron(0 12 * * ? *)")


def test_a_rule_fires_after_each_period_not_before() -> None:
    assert Clock(FakeRule()).run(181) == [(60, "rule/a"), (120, "rule/a"), (180, "rule/a")]


@pytest.mark.parametrize("other", [FakeRule(state="DISABLED"), FakeRule(scheduled_expression=None)])
def test_disabled_and_pattern_rules_do_not_fire(other: FakeRule) -> None:
    assert Clock(other).run(200) == []


def test_a_rule_that_is_enabled_again_starts_anew() -> None:
    clock = Clock(FakeRule())
    clock.run(50)
    clock.rules = [FakeRule(state="DISABLED")]
    clock.run(50)
    clock.rules = [FakeRule()]
    assert clock.run(100) == [(160, "rule/a")]


def test_another_rate_starts_anew() -> None:
    clock = Clock(FakeRule())
    clock.run(50)
    clock.rules = [replace(clock.rules[0], scheduled_expression="rate(2 minutes)")]
    assert clock.run(150) == [(170, "rule/a")]


def test_what_was_missed_is_missed() -> None:
    clock = Clock(FakeRule())
    clock.run(1)
    clock.now += 200
    assert clock.run(100) == [(201, "rule/a"), (240, "rule/a"), (300, "rule/a")]


def test_one_rule_that_fails_does_not_keep_the_others(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(FakeRule("rule/a"), FakeRule("rule/b"))
    fire = clock.fire

    def fail_once(rule: Rule) -> None:
        if rule.arn == "rule/a":
            raise RuntimeError("a bug")
        fire(rule)

    clock.schedules = Schedules(lambda: clock.rules, fail_once, lambda: clock.now)
    assert clock.run(61) == [(60, "rule/b")]
    assert "FAILED rule rule/a" in caplog.text
