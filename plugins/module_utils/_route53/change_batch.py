# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several records of a zone, and the one change batch that makes them as wanted. Pure.

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .records import RecordSet, absolute, comparable
from .settings import OptionError

Key = tuple[str, str, str]
Change = dict[str, Any]

# What tells a record's routing policy; it cannot go from one to the other in place while a twin has the same one.
ROUTING = {"failover": "Failover", "weight": "Weight", "latency_region": "Region"}
CHANGES_MAX = 1000


def key(record: Mapping[str, Any]) -> Key:
    """What Route 53 tells records apart by."""
    return absolute(record["Name"]), record["Type"], record.get("SetIdentifier", "")


def wanted(options: Mapping[str, Any], zone_id: str, checks: Mapping[str, str]) -> RecordSet:
    """The record set that one entry of the options asks for. ``checks``: ids by how the options call them.

    Raises OptionError.
    """
    where = f"{options['name']} {options['type']}"
    values, alias = options["values"], options["alias"]
    policies = [option for option in ROUTING if options[option] is not None]
    if bool(values) == bool(alias):
        raise OptionError(f"{where} needs either values or alias.")
    if options["type"] == "CNAME" and len(values or [""]) > 1:
        raise OptionError(f"{where} has {len(values)} values; a CNAME has one.")
    if len(policies) > 1 or bool(policies) != bool(options["identifier"]):
        raise OptionError(f"{where} has identifier together with one of {', '.join(ROUTING)}, or none of them.")
    record: RecordSet = {"Name": options["name"], "Type": options["type"]}
    if policies:
        record |= {"SetIdentifier": options["identifier"], ROUTING[policies[0]]: options[policies[0]]}
    if values:
        record |= {"TTL": options["ttl"], "ResourceRecords": [{"Value": value} for value in values]}
    else:
        target = {"DNSName": alias["name"], "HostedZoneId": alias["zone_id"] or zone_id}
        record["AliasTarget"] = target | {"EvaluateTargetHealth": alias["evaluate_target_health"]}
    if options["health_check"]:
        record["HealthCheckId"] = checks[options["health_check"]]
    return comparable(record)


def changes(
    existing: Iterable[Mapping[str, Any]], present: Sequence[RecordSet], absent: Iterable[Key], purge: bool
) -> list[Change]:
    """The change batch: Route 53 does all of it or nothing. Deletions come first, so that roles can be exchanged.

    ``purge``: other records of the names and types that are wanted go, too. Raises OptionError.
    """
    before = {key(record): comparable(record) for record in existing}
    after = {key(record): record for record in present}
    if len(after) != len(present):
        raise OptionError("records names the same name, type and identifier twice.")
    if both := after.keys() & set(absent):
        raise OptionError(f"records wants {_words(min(both))} both present and absent.")
    gone = {each for each in absent if each in before}
    if purge:
        names = {each[:2] for each in after}
        gone |= {each for each in before if each not in after and each[:2] in names}
    moved = {each for each in after if each in before and _policy(before[each]) != _policy(after[each])}
    batch = [_change("DELETE", before[each]) for each in sorted(gone | moved)]
    for each in sorted(after):
        if each not in before or each in moved:
            batch.append(_change("CREATE", after[each]))
        elif before[each] != after[each]:
            batch.append(_change("UPSERT", after[each]))
    if len(batch) > CHANGES_MAX:
        raise OptionError(f"That takes {len(batch)} changes; Route 53 does {CHANGES_MAX} at once.")
    return batch


def _policy(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ROUTING.values() if name in record}


def _change(action: str, record: RecordSet) -> Change:
    return {"Action": action, "ResourceRecordSet": record}


def summary(batch: Iterable[Change]) -> list[dict[str, str]]:
    """The batch in a few words each."""
    return [
        {
            "action": change["Action"],
            "name": change["ResourceRecordSet"]["Name"].rstrip("."),
            "type": change["ResourceRecordSet"]["Type"],
            "identifier": change["ResourceRecordSet"].get("SetIdentifier", ""),
        }
        for change in batch
    ]


def shown(records: Iterable[RecordSet]) -> dict[str, RecordSet]:
    """Records as a diff shows them, by name, type and identifier."""
    return {_words(key(record)): record for record in sorted(records, key=key)}


def _words(each: Key) -> str:
    name, rdtype, identifier = each
    return f"{name.rstrip('.')} {rdtype} {identifier}".rstrip()
