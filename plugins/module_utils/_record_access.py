# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules about the record share: options, the table behind them, Route 53's verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from . import _dns, _dynamodb
from ._failover import plan as plans
from ._failover.arbiter import Verdict
from ._failover.evidence import Settings
from ._watch import Health

# A question that takes longer is asked again.
CALL_SECONDS = 2.0
CHECKS = ("writable", "healthz")
# What dr_failover does of a runbook's plan.
STEPS = ("look", "decide", "drain", "fence", "catch_up", "promote", "open")
# How the modules tell a Settings field's type to Ansible.
KINDS = {"float": "float", "int | None": "int"}

RECORD_OPTIONS: dict[str, Any] = {
    "table": {"type": "str", "default": "multicloud-dr"},
    "sites": {"type": "list", "elements": "str", "required": True},
}
EVIDENCE_OPTIONS: dict[str, Any] = {
    "health": {"type": "dict"},
    "zone": {"type": "str"},
    "name_servers": {"type": "list", "elements": "str"},
    "tunnels": {
        "type": "dict",
        "options": {"up": {"type": "int", "required": True}, "of": {"type": "int", "required": True}},
    },
    "settings": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            field.name: {"type": KINDS[str(field.type)]} | ({} if field.default is None else {"default": field.default})
            for field in fields(Settings)
        },
    },
}
EVIDENCE_RULES: dict[str, Any] = {
    "mutually_exclusive": [("health", "zone")],
    "required_together": [("zone", "name_servers")],
}


class OptionError(ValueError):
    """An option's value makes no sense; the message names it and says what is allowed."""


def store(module: Any, attempts: int = 1) -> _dynamodb.Store:
    """The table of an AnsibleAWSModule. One attempt: whoever polls asks again anyway, and knows what is at stake."""
    from botocore.config import Config

    config = Config(connect_timeout=CALL_SECONDS, read_timeout=CALL_SECONDS, retries={"total_max_attempts": attempts})
    return _dynamodb.Store(module.client("dynamodb", config=config), module.params["table"])


def absent(error: _dynamodb.StoreError) -> bool:
    """Is there no such table?"""
    response = getattr(error.__cause__, "response", None) or {}
    return bool(response.get("Error", {}).get("Code") == "ResourceNotFoundException")


def explain(error: _dynamodb.StoreError, table: str) -> str:
    """One sentence."""
    if absent(error):
        return f"There is no table {table} in this region; create it first, or name the witness's region."
    return str(error)


def two_sites(params: Mapping[str, Any]) -> tuple[str, str]:
    names = params["sites"]
    if len(names) != 2 or len(set(names)) != 2:
        raise OptionError(f"sites is {names!r}; two different names are needed.")
    return names[0], names[1]


def one_of(name: str, value: str, sites: tuple[str, str]) -> str:
    if value not in sites:
        raise OptionError(f"{name} is {value!r}; the sites are {' and '.join(sites)}.")
    return value


def settings(params: Mapping[str, Any]) -> Settings:
    found = Settings(**params["settings"])
    for field in fields(Settings):
        value = getattr(found, field.name)
        if value is not None and not value >= 0:
            raise OptionError(f"settings.{field.name} is {value!r}; it cannot be less than 0.")
    if not found.challenger_ttl > found.holder_ttl:
        raise OptionError(
            f"settings.challenger_ttl is {found.challenger_ttl:g};"
            f" it must be more than holder_ttl, which is {found.holder_ttl:g}."
        )
    return found


def health(params: Mapping[str, Any], sites: tuple[str, str]) -> Callable[[], Health]:
    """What asks for Route 53's verdicts, or has been told them. Without either there are none."""
    zone, told = params["zone"], params["health"] or {}
    for site, verdicts in told.items():
        one_of("health names", site, sites)
        if not isinstance(verdicts, dict) or set(verdicts) - set(CHECKS):
            raise OptionError(f"health of {site} is {verdicts!r}; it maps {' and '.join(CHECKS)} to up, down or null.")
    return (lambda: _ask(zone, sites, params["name_servers"])) if zone else (lambda: told)


def _ask(zone: str, sites: tuple[str, str], servers: list[str]) -> Health:
    names = {(site, check): f"{check}.{site}.{zone}" for site in sites for check in CHECKS}
    found = _dns.verdicts(names.values(), servers)
    return {site: {check: found[names[site, check]] for check in CHECKS} for site in sites}


def describe(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the modules return it."""
    return {
        "allowed": verdict.allowed,
        "situation": verdict.situation.name,
        "sentence": verdict.situation.sentence,
        "refusals": [asdict(refusal) for refusal in verdict.refusals],
        "overridden": [asdict(refusal) for refusal in verdict.overridden],
        "predicted_loss": asdict(verdict.predicted_loss),
        "epoch": verdict.epoch,
    }


def steps(planned: bool, source: str, target: str) -> list[dict[str, Any]]:
    """What dr_failover does of a runbook's plan."""
    plan = plans.make("failover" if planned else "failover_unplanned", source, target)
    return [
        {"name": step.name, "sentence": step.sentence, "budget_seconds": step.budget_seconds}
        for step in plan.steps
        if step.name in STEPS
    ]
