#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage a pair of Route 53 failover records, and override which of them answers."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: route53_failover
version_added: 0.1.0
short_description: Manage a pair of Route 53 failover records and which of them answers
description:
  - >-
    Creates, updates and deletes the two failover records of one name and type, each with its health check, as one
    change batch. With O(primary) and O(secondary) left out the pair has to exist, and is not changed.
  - >-
    O(force) overrides the health checks, so that one side answers whatever they see, or gives the name back to them.
    It sets C(Disabled) and C(Inverted) of the checks that stand at the two records, under their version, and touches
    no check below these. A disabled check counts as healthy, and as unhealthy if it is inverted, too.
  - >-
    To force the primary, its check is made healthy. To force the secondary, its check is made healthy B(and) that of
    the primary unhealthy, because Route 53 answers the primary as soon as both are unhealthy.
  - >-
    An override needs Route 53's control plane, which may be away when it is wanted. Do not build a failover on it: the
    health checks move the name without it.
  - Built on U(https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html) and
    U(https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html).
options:
  zone:
    description: Name of the public hosted zone. One of O(zone) and O(zone_id) is required.
    type: str
  zone_id:
    description: Id of the hosted zone.
    type: str
  name:
    description: Full name of the records.
    type: str
    required: true
  type:
    description: Type of the records.
    type: str
    choices: [A, AAAA, CNAME]
    default: A
  ttl:
    description: Seconds that resolvers may keep an answer. AWS advises 60 or less; an alias has its target's.
    type: int
    default: 60
  state:
    description: Whether the pair should exist. Health checks are left alone.
    type: str
    choices: [present, absent]
    default: present
  primary:
    description: The side that answers while it is healthy, and while both are unhealthy.
    type: dict
    suboptions: &side
      identifier:
        description: Names the side.
        type: str
        required: true
      values:
        description: What DNS answers. Either this or C(alias) is required.
        type: list
        elements: str
      alias:
        description: What the record is an alias of.
        type: dict
        suboptions:
          name:
            description: Name of the target.
            type: str
            required: true
          zone_id:
            description: Hosted zone of the target; without it, the pair's own.
            type: str
          evaluate_target_health:
            description: Whether the target's health counts. Route 53 wants it for failover records.
            type: bool
            default: true
      health_check:
        description: Name or id of the side's health check. Required for a primary that is no alias.
        type: str
  secondary:
    description: The side that answers while the primary is unhealthy and it is not.
    type: dict
    suboptions: *side
  force:
    description:
      - The identifier of the side that is to answer, or V(automatic). Without it, an override is left as it is.
      - V(automatic) gives both health checks the flags that O(health_checks) says.
    type: str
  health_checks:
    description:
      - >-
        What is said of the health checks elsewhere, as options of M(multicloud.dr.route53_health_check), such as the
        role aws_dns has them. Only C(name), C(disabled) and C(inverted) are read; what is not said is false.
      - An override is refused on a check whose flags are neither these nor those of an override, as they would be lost.
    type: list
    elements: dict
    default: []
  name_servers:
    description:
      - >-
        Who is asked which side answers, addresses or names, C(:PORT) if it is not 53. Without, the zone's own name
        servers.
    type: list
    elements: str
    default: []
  wait:
    description:
      - Whether to wait until all of Route 53's name servers have changed records, and until those that answer the
        question answer with the side that O(force) names.
    type: bool
    default: false
  wait_timeout:
    description: For how many seconds; after them the module fails, and what was done stays done.
    type: int
    default: 60
attributes:
  check_mode:
    details: [A health check that does not exist yet is shown by its name; then nothing is said of an override.]
notes:
  - >-
    A check that is forced must be the name's own. If another name's record or another health check rests on it, the
    module refuses; a C(CALCULATED) check in between, that counts it, helps. Other zones are not looked through.
  - >-
    While an endpoint's check is disabled nobody looks at the endpoint, and Route 53 takes it for healthy until it has
    looked again. Behind a C(CALCULATED) check its checkers go on looking.
  - If somebody changes a check between reading and writing, the module fails with C(HealthCheckVersionMismatch).
  - >-
    Needs C(route53:ListHostedZonesByName), C(ListResourceRecordSets), C(ListHealthChecks), C(ListTagsForResources),
    C(GetHealthCheckStatus); to change something, C(ChangeResourceRecordSets), C(GetChange), C(UpdateHealthCheck);
    without O(name_servers), C(GetHostedZone).
  - A call that gets no answer is given up after ten seconds, so that nobody waits for a control plane that is away.
requirements:
  - dnspython
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.route53_failover_info
  - module: multicloud.dr.route53_health_check
  - module: amazon.aws.route53
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: The shop answers from gcp, or from aws if gcp is unhealthy and aws is not
  multicloud.dr.route53_failover:
    zone: multicloud.example
    name: shop.multicloud.example
    primary: {identifier: gcp, values: [198.51.100.50], health_check: gcp}
    secondary: {identifier: aws, values: [198.51.100.150], health_check: aws}

- name: Send everybody to aws, whatever the health checks say
  multicloud.dr.route53_failover:
    zone: multicloud.example
    name: shop.multicloud.example
    force: aws
    health_checks: "{{ aws_dns_health_checks }}"
    wait: true

- name: Let the health checks decide again
  multicloud.dr.route53_failover:
    zone: multicloud.example
    name: shop.multicloud.example
    force: automatic
    health_checks: "{{ aws_dns_health_checks }}"
"""

RETURN = r"""
sides:
  description: Both sides as they are now, or in check mode as they would be. Empty when O(state=absent).
  returned: success
  type: list
  elements: dict
  contains:
    identifier:
      description: The side's name.
      type: str
      returned: always
      sample: gcp
    role:
      description: V(PRIMARY) or V(SECONDARY).
      type: str
      returned: always
      sample: PRIMARY
    values:
      description: What DNS answers; empty for an alias.
      type: list
      elements: str
      returned: always
      sample: [198.51.100.50]
    alias:
      description: Name of the alias's target, or an empty string.
      type: str
      returned: always
      sample: ""
    health_check:
      description: The side's health check with its flags; null if it has none.
      type: dict
      returned: always
      sample: {id: 50ec8a13-9623-4c66-9834-dd8c5aedc9ba, name: gcp, version: 3, disabled: true, inverted: false}
force:
  description: The side that the flags force, V(automatic), or an empty string if somebody has set others.
  returned: success
  type: str
  sample: automatic
answer:
  description: The side that Route 53 answers; an empty string if nobody answered, or its servers differ.
  returned: success
  type: str
  sample: gcp
answers:
  description: What each name server said.
  returned: success
  type: list
  elements: dict
  sample: [{server: 198.51.100.230, side: gcp, values: [198.51.100.50], ttl: 60, error: ""}]
sentence:
  description: How it is, for people.
  returned: success
  type: str
  sample: shop.multicloud.example is forced to aws; 4 of 4 name servers answered, with aws.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._route53 import api, override, records
from ..module_utils._route53 import pair as pairs
from ..module_utils._route53.answers import Answer, agreed, ask_all
from ..module_utils._route53.checks import HealthChecks
from ..module_utils._route53.observed import Observed
from ..module_utils._route53.override import AUTOMATIC, ROLES, Change, Pair, Refused, Role
from ..module_utils._route53.records import RecordPair, RecordSet
from ..module_utils._route53.settings import OptionError

Facts = dict[str, Any]
Ask = Callable[[str, str, Sequence[str], Mapping[str, Any]], list[Answer]]

POLL_SECONDS = 1.0
# What is returned when there is no pair.
NOBODY: Facts = {"sides": [], "force": "", "answer": "", "answers": [], "sentence": "There is no pair."}


class Interrupted(api.Route53Error):
    """Not all of an override was set; the text says what was, and how to go on."""


class NotSeen(Exception):
    """It was not seen in time. ``changed``: by this run."""

    def __init__(self, message: str, changed: bool) -> None:
        super().__init__(message)
        self.changed = changed


@dataclass
class Result:
    """What a run did or would do. ``before`` and ``after`` are what a diff shows; ``warnings`` are sentences."""

    changed: bool = False
    facts: Facts = field(default_factory=dict)
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    """What is outside. ``client``: Route 53's API; ``ask``: name servers."""

    client: Any
    check_mode: bool = False
    ask: Ask = ask_all
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def wait(self, seen: Callable[[], bool], seconds: float) -> bool:
        """False: not within ``seconds``."""
        end = self.monotonic() + seconds
        while not seen():
            if self.monotonic() >= end:
                return False
            self.sleep(POLL_SECONDS)
        return True


# The records ---------------------------------------------------------------------------------------------------------


def find_checks(checks: HealthChecks, options: Facts, check_mode: bool) -> dict[str, str]:
    """Ids of the sides' health checks, given by id or name. In check mode one that does not exist keeps its name."""
    found = {}
    for option in ("primary", "secondary"):
        wanted = options[option]["health_check"]
        if not wanted:
            continue
        named = [each for each in [checks.with_id(wanted)] if each is not None] or checks.named(wanted)
        if len(named) > 1 or not (named or check_mode):
            raise OptionError(
                f"{option}.health_check is '{wanted}', but {len(named) or 'no'} health checks have this name or id."
            )
        found[wanted] = named[0].id if named else wanted
    return found


def ensure_records(
    world: World, options: Facts, zone_id: str, existing: list[RecordSet], wanted: RecordPair, result: Result
) -> None:
    """Make the records as wanted; none are wanted to delete them."""
    changes = records.batch(existing, wanted.values())
    result.before["records"], result.after["records"] = _by_side(existing), _by_side(wanted.values())
    if not changes:
        return
    result.changed = True
    if world.check_mode:
        return
    change = api.change_records(world.client, zone_id, changes, "multicloud.dr")
    seconds = options["wait_timeout"]
    if options["wait"] and not world.wait(lambda: api.is_in_sync(world.client, change), seconds):
        raise NotSeen(f"The records were changed, but not all name servers have them after {seconds} s.", changed=True)


def _by_side(found: Any) -> Facts:
    return {record["SetIdentifier"]: record for record in sorted(found, key=lambda record: str(record["Failover"]))}


# The override --------------------------------------------------------------------------------------------------------


def role_of(force: str, pair: Pair) -> Role | None:
    """Who is to be forced; None: nobody. Raises OptionError."""
    names = {pair[role].identifier: role for role in ROLES}
    if force not in (AUTOMATIC, *names):
        raise OptionError(f"force is {force!r}; allowed are {', '.join([*names, AUTOMATIC])}.")
    return names.get(force)


def ensure_flags(world: World, pair: Pair, force: Role | None, result: Result) -> Pair:
    """Set what the override needs; the pair as it is then. Raises Refused, Interrupted, Route53Error."""
    changes = override.changes(pair, force)
    result.changed |= bool(changes)
    done: list[str] = []
    new = {change.check.id: replace(change.check, now=change.flags) for change in changes}
    for change in changes if not world.check_mode else ():
        try:
            version = set_flags(world.client, change)
        except api.Route53Error as error:
            if not done:
                raise
            raise Interrupted(
                f"{error} Of the override only {', '.join(done)} was set. Run it again, or with force: {AUTOMATIC}.",
                error.code,
            ) from error
        done.append(change.check.name)
        new[change.check.id] = replace(new[change.check.id], version=version)
    return {
        role: replace(side, check=new.get(side.check.id, side.check)) if side.check else side
        for role, side in pair.items()
    }


def set_flags(client: Any, change: Change) -> int:
    """The check's new version. Raises Route53Error."""
    check = change.check
    try:
        made = api.update_health_check(
            client, check.id, check.version, Disabled=change.flags.disabled, Inverted=change.flags.inverted
        )
    except api.VersionMismatch as error:
        # It was us if an answer was lost and the call was repeated.
        now = HealthChecks(client).with_id(check.id)
        if now is not None and pairs.flags_of(now) == change.flags:
            return now.version
        raise api.VersionMismatch(
            f"Somebody else has changed the health check {check.name} since it was read; nothing was overwritten.",
            error.code,
        ) from error
    return int(made["HealthCheckVersion"])


def cautions(world: World, checks: HealthChecks, pair: Pair, force: Role) -> list[str]:
    """What an operator should know who sends everybody to one side."""
    found, side = [override.doubt(pair, force)], pair[force]
    check = side.check and checks.with_id(side.check.id)
    if side.check and check:
        try:
            observed = Observed(world.client, checks, [check])
        except api.Route53Error:
            return [text for text in found if text]  # the flags matter more than what is seen
        if observed.verdict(check.id, **side.check.automatic._asdict()) == "unhealthy":
            found.append(f"The health checkers find {side.identifier} unhealthy; it is forced all the same.")
    return [text for text in found if text]


# Everything ----------------------------------------------------------------------------------------------------------


def ensure(world: World, options: Facts) -> Result:
    """Make everything as the options say. Raises OptionError, Refused, NotSeen, Route53Error."""
    require_valid(options)
    zone_id = pairs.find_zone(world.client, options["zone"], options["zone_id"])
    zone = list(api.iter_records(world.client, zone_id))
    existing = records.of_name(zone, options["name"], options["type"])
    checks, result = HealthChecks(world.client), Result(facts=dict(NOBODY))
    if options["state"] == "absent":
        ensure_records(world, options, zone_id, existing, {}, result)
        return result
    pair = wanted = _wanted(world, options, zone_id, existing, checks)
    if options["primary"]:
        ensure_records(world, options, zone_id, existing, wanted, result)
    try:
        sides = pairs.sides_of(checks, pair, zone, pairs.automatic_flags(options["health_checks"]))
    except Refused:
        if not world.check_mode:
            raise
        result.warnings.append("A health check does not exist yet; nothing can be said of an override.")
        return result
    result.before["health_checks"] = _shown(sides)
    if options["force"] is not None:
        role = role_of(options["force"], sides)
        if role is not None:
            result.warnings += cautions(world, checks, sides, role)
        sides = ensure_flags(world, sides, role, result)
    result.after["health_checks"] = _shown(sides)
    answers, force = _listen(world, options, zone_id, pair, result.changed), override.forced(sides)
    result.facts = {
        "sides": pairs.describe(pair, sides),
        "force": force,
        "answer": agreed(answers),
        "answers": [asdict(answer) for answer in answers],
        "sentence": pairs.sentence(options["name"], force, answers),
    }
    return result


def require_valid(options: Facts) -> None:
    """Raises OptionError."""
    sides = [options[side]["identifier"] for side in ("primary", "secondary") if options[side]]
    if AUTOMATIC in sides:
        raise OptionError(f"The identifier {AUTOMATIC!r} is what force calls no override; call the side otherwise.")
    if options["force"] is not None and options["state"] == "absent":
        raise OptionError("force goes with state present only.")
    if options["ttl"] < 0 or options["wait_timeout"] < 0:
        raise OptionError(f"ttl is {options['ttl']} and wait_timeout {options['wait_timeout']}; allowed is 0 and more.")


def _wanted(world: World, options: Facts, zone_id: str, existing: list[RecordSet], checks: HealthChecks) -> RecordPair:
    if not options["primary"]:
        return records.as_pair(existing, options["name"], options["type"])
    return records.wanted_pair(options, zone_id, find_checks(checks, options, world.check_mode))


def _listen(world: World, options: Facts, zone_id: str, pair: RecordPair, changed: bool) -> list[Answer]:
    """Who answers; waits for the forced side if that is wanted. Raises NotSeen."""
    servers = options["name_servers"] or api.name_servers(world.client, zone_id)
    expected = {record["SetIdentifier"]: records.answers(record) for record in pair.values()}
    answers: list[Answer] = []

    def seen() -> bool:
        answers[:] = world.ask(options["name"], options["type"], servers, expected)
        return bool(agreed(answers) == options["force"])

    patient = options["wait"] and options["force"] in expected and not world.check_mode
    if not seen() and patient and not world.wait(seen, options["wait_timeout"]):
        told = pairs.sentence(options["name"], options["force"], answers)
        raise NotSeen(f"The override is set, but not seen after {options['wait_timeout']} s: {told}", changed)
    return answers


def _shown(sides: Pair) -> Facts:
    return {check.name: check.now._asdict() for side in sides.values() if (check := side.check)}


def side_options() -> Facts:
    """Of one side."""
    alias = {
        "name": {"type": "str", "required": True},
        "zone_id": {"type": "str"},
        "evaluate_target_health": {"type": "bool", "default": True},
    }
    return {
        "type": "dict",
        "options": {
            "identifier": {"type": "str", "required": True},
            "values": {"type": "list", "elements": "str"},
            "alias": {"type": "dict", "options": alias},
            "health_check": {"type": "str"},
        },
    }


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "zone": {"type": "str"},
            "zone_id": {"type": "str"},
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "choices": ["A", "AAAA", "CNAME"], "default": "A"},
            "ttl": {"type": "int", "default": 60},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "primary": side_options(),
            "secondary": side_options(),
            "force": {"type": "str"},
            "health_checks": {"type": "list", "elements": "dict", "default": []},
            "name_servers": {"type": "list", "elements": "str", "default": []},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 60},
        },
        required_together=[("primary", "secondary")],
        required_one_of=[("zone", "zone_id")],
        mutually_exclusive=[("zone", "zone_id")],
        supports_check_mode=True,
    )
    backoff = AWSRetry.jittered_backoff(retries=3, delay=1, max_delay=5)
    client = module.client("route53", retry_decorator=backoff, config=api.impatient())
    try:
        result = ensure(World(client, module.check_mode), module.params)
    except (OptionError, Refused) as error:
        module.fail_json(msg=str(error))
    except NotSeen as error:
        module.fail_json(msg=str(error), changed=error.changed)
    except api.Route53Error as error:
        module.fail_json(msg=str(error), error_code=error.code, changed=isinstance(error, Interrupted))
    for warning in result.warnings:
        module.warn(warning)
    report: Facts = {"changed": result.changed, **result.facts}
    if module._diff:
        report["diff"] = {"before": result.before, "after": result.after}
    module.exit_json(**report)


if __name__ == "__main__":
    main()
