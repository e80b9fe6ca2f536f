# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of one AWS resource have in common: errors, tags, and what a run did.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule says what is missing
    from botocore.exceptions import BotoCoreError, ClientError

Facts = dict[str, Any]


class OptionError(ValueError):
    """The options contradict each other, or what is there; the text is for the user."""


class AwsError(Exception):
    """A call failed; the text says which and why. ``code`` is AWS's error code, empty if there was no answer."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@contextlib.contextmanager
def calling(purpose: str) -> Iterator[None]:
    """botocore's errors become AwsError, "Cannot <purpose>: ..."."""
    try:
        yield
    except ClientError as error:
        raise AwsError(f"Cannot {purpose}: {error}", error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise AwsError(f"Cannot {purpose}: {error}") from error


@dataclass
class Result:
    """What a run did or would do. ``before`` and ``after`` are what a diff shows."""

    action: str = "none"
    facts: Facts | None = None
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Is anything else than before?"""
        return self.action != "none"

    def reported(self, name: str) -> Facts:
        """The arguments of exit_json; the facts go under ``name``."""
        report: Facts = {"changed": self.changed, "action": self.action}
        report["diff"] = {"before": self.before, "after": self.after}
        return report | ({} if self.facts is None else {name: self.facts})


@dataclass(frozen=True)
class Tags:
    """A resource's tags, and what has to be done to them."""

    now: Mapping[str, str]
    add: Mapping[str, str]
    remove: Sequence[str]

    @property
    def then(self) -> dict[str, str]:
        """As they will be."""
        return {key: value for key, value in {**self.now, **self.add}.items() if key not in self.remove}

    def __bool__(self) -> bool:
        """Is there anything to do?"""
        return bool(self.add or self.remove)


def tag_plan(now: Mapping[str, str], wanted: Mapping[str, Any] | None, purge: bool) -> Tags:
    """Tags that are not given (None) are left alone; others are removed only if ``purge``."""
    texts = {key: str(value) for key, value in (wanted or {}).items()}
    add = {key: value for key, value in texts.items() if now.get(key) != value}
    return Tags(now, add, sorted(now.keys() - texts.keys()) if purge and wanted is not None else [])


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most of AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def as_dict(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags as most of AWS returns them."""
    return {tag["Key"]: tag["Value"] for tag in tags}
