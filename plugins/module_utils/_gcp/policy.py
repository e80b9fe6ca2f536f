# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One member of one binding of an IAM policy. Deciding is pure; reading and writing go through the client.

Source: https://cloud.google.com/iam/docs/allow-policies: a policy is read, changed and written as a whole, and its
etag makes the write fail if somebody was faster. Buckets:
https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .client import Client
from .errors import Conflict, NotFound, OptionError, Unreachable

ROUNDS = 8
# The version that carries conditions. Who reads another one and writes it back, takes the conditions away.
VERSION = 3
Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """What has a policy: its address, and how its API wants to be asked. Buckets have a path of their own for it."""

    address: str
    read: tuple[str, str] = ("POST", ":getIamPolicy")
    write: tuple[str, str] = ("POST", ":setIamPolicy")
    version_query: str = "options.requestedPolicyVersion"
    version_in_body: bool = False
    in_envelope: bool = True


TARGETS: dict[str, Target] = {
    "project": Target("https://cloudresourcemanager.googleapis.com/v1/projects/{resource}", version_in_body=True),
    "service_account": Target("https://iam.googleapis.com/v1/projects/{project}/serviceAccounts/{resource}"),
    "secret": Target(
        "https://secretmanager.googleapis.com/v1/projects/{project}/secrets/{resource}", read=("GET", ":getIamPolicy")
    ),
    "bucket": Target(
        "https://storage.googleapis.com/storage/v1/b/{resource}",
        read=("GET", "/iam"),
        write=("PUT", "/iam"),
        version_query="optionsRequestedPolicyVersion",
        in_envelope=False,
    ),
}


def resource_of(options: Mapping[str, Any], project: str) -> str:
    """Whose policy is meant. Raises OptionError if that is not said."""
    if options["kind"] == "project":
        return options["resource"] or project
    if not options["resource"]:
        raise OptionError(f"kind is {options['kind']}, and resource does not say which")
    return str(options["resource"])


@dataclass(frozen=True)
class Binding:
    """A role under a condition; both tell it apart."""

    role: str
    condition: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, role: str, condition: Mapping[str, Any] | None) -> Binding:
        """Parts of a condition that are empty are not there."""
        return cls(role, {name: str(value) for name, value in (condition or {}).items() if value})

    def members(self, policy: Policy) -> list[str]:
        """Who has the role under this condition."""
        return [
            member
            for binding in policy.get("bindings") or []
            if self.is_of(binding)
            for member in binding.get("members") or []
        ]

    def is_of(self, binding: Mapping[str, Any]) -> bool:
        """Is this binding of a policy the one?"""
        return Binding.of(binding["role"], binding.get("condition")) == self

    def put(self, policy: Policy, members: Sequence[str]) -> dict[str, Any]:
        """The policy with these members in the binding. Without members there is no binding."""
        mine: dict[str, Any] = {"role": self.role, "members": list(members)}
        if self.condition:
            mine["condition"] = dict(self.condition)
        others = [binding for binding in policy.get("bindings") or [] if not self.is_of(binding)]
        bindings = [*others, *([mine] if members else [])]
        conditional = any(binding.get("condition") for binding in bindings)
        return {**policy, "bindings": bindings, **({"version": VERSION} if conditional else {})}


@dataclass(frozen=True)
class Change:
    """The members of a binding."""

    before: list[str]
    after: list[str]


def chosen(bindings: Sequence[Mapping[str, Any]], role: str | None, member: str | None) -> list[Mapping[str, Any]]:
    """Those of a role, those with a member."""
    return [
        one for one in bindings if role in (None, one["role"]) and (member is None or member in one.get("members", []))
    ]


class Policies:
    """The policy of one resource."""

    def __init__(self, client: Client, kind: str, resource: str, project: str) -> None:
        self._client = client
        self._target = TARGETS[kind]
        self._address = self._target.address.format(resource=resource, project=project)

    def bindings(self) -> list[dict[str, Any]]:
        """All bindings; none if what they belong to does not exist."""
        try:
            return self._read().get("bindings") or []
        except NotFound:
            return []

    def ensure(self, binding: Binding, member: str, present: bool, check_mode: bool) -> Change:
        """Put the member in, or take it out. Raises NotFound if there is nothing to have a policy, unless that is as
        good as done.
        """
        first: list[str] | None = None
        for attempt in range(ROUNDS):
            try:
                policy = self._read()
            except NotFound:
                if check_mode or not present:
                    return Change([], [member] if present else [])
                raise
            members = binding.members(policy)
            first = members if first is None else first
            wanted = [one for one in members if one != member or present]
            wanted += [member] if present and member not in members else []
            if wanted == members or check_mode:
                return Change(first, wanted)
            try:
                self._write(binding.put(policy, wanted))
                return Change(first, wanted)
            except (Conflict, Unreachable):
                if attempt == ROUNDS - 1:
                    raise
                self._client.clock.pause(attempt)
        raise AssertionError("no round was made")

    def _read(self) -> dict[str, Any]:
        method, suffix = self._target.read
        if self._target.version_in_body:
            return self._client.request(
                method, self._address + suffix, body={"options": {"requestedPolicyVersion": VERSION}}
            )
        return self._client.request(method, self._address + suffix, {self._target.version_query: VERSION})

    def _write(self, policy: Policy) -> None:
        method, suffix = self._target.write
        self._client.request(
            method, self._address + suffix, body={"policy": policy} if self._target.in_envelope else policy
        )
