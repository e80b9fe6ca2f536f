# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the description of a zone's health checks and records, before anything is changed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_errors
short_description: Check the health checks and records of role aws_dns
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Returns one sentence for each mistake that Route 53 would refuse half way, or that would keep a name from moving.
  - The role's preflight asserts that there is none.
options:
  _input:
    description: Records as in C(aws_dns_records).
    type: list
    elements: dict
    required: true
  health_checks:
    description: Health checks as in C(aws_dns_health_checks).
    type: list
    elements: dict
    required: true
  zone:
    description: The zone's name.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse records that cannot work
  ansible.builtin.assert:
    that: __errors | length == 0
    fail_msg: "{{ __errors | join(' ') }}"
  vars:
    __errors: "{{ aws_dns_records | multicloud.dr.dns_errors(aws_dns_health_checks, aws_dns_zone) }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all is well.
  type: list
  elements: str
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

HEALTH_CHECK_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# RFC 1035 and RFC 2181: 63 characters a label, 253 a name; an underscore or a wildcard may occur in DNS.
NAME = re.compile(
    r"(?=.{1,253}$)(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
)
POLICIES = ("failover", "weight")


def health_check_errors(health_checks: list[dict[str, Any]]) -> Iterator[str]:
    """Names occur once; a child stands before its parent, because it has to exist first."""
    before: set[str] = set()
    for check in health_checks:
        name = check["name"]
        if name in before:
            yield f"aws_dns_health_checks: the name {name!r} occurs twice; each check needs its own."
        if is_present(check) and "type" not in check:
            yield f"aws_dns_health_checks: {name!r} has no type."
        for child in check.get("child_health_checks") or []:
            if child not in before and not HEALTH_CHECK_ID.fullmatch(child):
                yield f"aws_dns_health_checks: {name!r} counts {child!r}, which is not a check before it in the list."
        before.add(name)


def record_errors(record: dict[str, Any], checks: dict[str, dict[str, Any]], zone: str) -> Iterator[str]:
    """Sentences about one record."""
    where = f"aws_dns_records: {label(record)}"
    name = absolute(record["name"])
    if not NAME.fullmatch(name):
        yield f"{where} has a name that DNS does not allow."
    if name != absolute(zone) and not name.endswith(f".{absolute(zone)}"):
        yield f"{where} is not in the zone {zone} (aws_dns_zone)."
    policies = [policy for policy in POLICIES if record.get(policy) is not None]
    if len(policies) > 1:
        yield f"{where} has {' and '.join(policies)}; one routing policy is allowed."
    if bool(policies) != ("identifier" in record):
        yield f"{where}: identifier goes with failover or weight, and only with them."
    if ("alias" in record) == bool(record.get("values")):
        yield f"{where} needs either values or alias."
    yield from health_errors(where, record, checks)


def health_errors(where: str, record: dict[str, Any], checks: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A record's health check is one of ours and exists (Route 53 wants its id even to delete); a primary needs one."""
    check = record.get("health_check")
    if check is not None and not is_present(checks.get(check, {"state": "absent"})):
        yield f"{where} has the health_check {check!r}, which aws_dns_health_checks does not have or removes."
    if record.get("failover") == "PRIMARY" and check is None and "alias" not in record:
        yield f"{where} is PRIMARY without a health_check: it would never fail over."
    alias = record.get("alias")
    if "failover" in record and alias and not alias.get("evaluate_target_health"):
        yield f"{where} is a failover alias; Route 53 wants its evaluate_target_health to be true."


def group_errors(group: list[dict[str, Any]]) -> Iterator[str]:
    """Sentences about the records of one name and type."""
    where = f"aws_dns_records: {absolute(group[0]['name'])} {group[0]['type']}"
    kinds = {next((policy for policy in POLICIES if policy in record), "simple") for record in group}
    if len(kinds) > 1:
        yield f"{where} mixes {', '.join(sorted(kinds))}; records of one name and type share one routing policy."
    for key in ("identifier", "failover"):
        for value, count in Counter(record[key] for record in group if key in record).items():
            if count > 1:
                yield f"{where} has {count} records with the {key} {value!r}; one is allowed."
    if kinds == {"simple"} and len(group) > 1:
        yield f"{where} occurs {len(group)} times; give all its values in one record."


def dns_errors(records: list[dict[str, Any]], health_checks: list[dict[str, Any]], zone: str) -> list[str]:
    """The filter: sentences about health checks, records and groups of records."""
    checks = {check["name"]: check for check in health_checks}

    def key(record: dict[str, Any]) -> tuple[str, str]:
        return absolute(record["name"]), record["type"]

    groups = [list(group) for _, group in groupby(sorted(filter(is_present, records), key=key), key)]
    return [
        *health_check_errors(health_checks),
        *(sentence for record in records for sentence in record_errors(record, checks, zone)),
        *(sentence for group in groups for sentence in group_errors(group)),
    ]


def is_present(thing: dict[str, Any]) -> bool:
    """Is it to exist?"""
    return bool(thing.get("state", "present") == "present")


def absolute(name: str) -> str:
    """A name as it is compared."""
    return name.lower().rstrip(".")


def label(record: dict[str, Any]) -> str:
    """What a record is called in a sentence."""
    return " ".join(
        [record["name"], record["type"], *([f"({record['identifier']})"] if "identifier" in record else [])]
    )


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dns_errors": dns_errors}
