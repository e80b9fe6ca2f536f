# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CloudFront calls of this collection. The client is AnsibleAWSModule's, whose retry wrapper takes ``aws_retry``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._aws_resource import Facts, OptionError, Tags, as_dict, as_list, calling
from .settings import Config, from_api, managed_as, shown

ALREADY_EXISTS = "DistributionAlreadyExists"
POLICY_ID = re.compile(r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")
# By option: the call, and how the answer is built.
POLICY_LISTS = {
    "cache_policy": ("list_cache_policies", "CachePolicy"),
    "origin_request_policy": ("list_origin_request_policies", "OriginRequestPolicy"),
    "response_headers_policy": ("list_response_headers_policies", "ResponseHeadersPolicy"),
}


@dataclass(frozen=True)
class Distribution:
    """One existing distribution. ``etag``: the version of ``config``, which an update has to name."""

    id: str
    arn: str
    domain_name: str
    status: str
    etag: str
    config: Config
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def deployed(self) -> bool:
        """Has every edge location the configuration?"""
        return self.status == "Deployed"

    @property
    def facts(self) -> Facts:
        """As the modules return it."""
        return {
            "id": self.id,
            "arn": self.arn,
            "domain_name": self.domain_name,
            "status": self.status,
            "settings": shown(from_api(self.config)),
            "tags": dict(self.tags),
        }


def iter_summaries(client: Any) -> Iterator[dict[str, Any]]:
    """All distributions of the account, page by page. Raises AwsError."""
    more: dict[str, str] = {}
    while True:
        with calling("list the distributions"):
            page = client.list_distributions(aws_retry=True, **more)["DistributionList"]
        yield from page.get("Items") or ()
        if not page.get("IsTruncated"):
            return
        more = {"Marker": page["NextMarker"]}


def tags_of(client: Any, arn: str) -> dict[str, str]:
    """Raises AwsError."""
    with calling("list the tags of the distribution"):
        return as_dict(client.list_tags_for_resource(aws_retry=True, Resource=arn)["Tags"].get("Items") or [])


def get(client: Any, distribution_id: str, tags: Mapping[str, str] | None = None) -> Distribution:
    """Raises AwsError."""
    with calling("read the distribution"):
        response = client.get_distribution(aws_retry=True, Id=distribution_id)
    return _made(response, tags or {})


def _made(response: Mapping[str, Any], tags: Mapping[str, str]) -> Distribution:
    found = response["Distribution"]
    return Distribution(
        found["Id"],
        found["ARN"],
        found["DomainName"],
        found["Status"],
        response["ETag"],
        found["DistributionConfig"],
        tags,
    )


def find(client: Any, name: str) -> Distribution | None:
    """The distribution with this tag Name, else the one that was made for it. Raises AwsError, OptionError."""
    summaries = list(iter_summaries(client))
    tagged = [(each, tags_of(client, each["ARN"])) for each in summaries]
    named = [(each["Id"], tags) for each, tags in tagged if tags.get("Name") == name]
    if len(named) > 1:
        ids = ", ".join(sorted(each for each, _ in named))
        raise OptionError(f"name is '{name}', but {len(named)} distributions have this tag Name: {ids}.")
    if named:
        return get(client, *named[0])
    # Its tag may have been changed.
    for each, tags in tagged:
        found = get(client, each["Id"], tags)
        if managed_as(name, found.config["CallerReference"]):
            return found
    return None


def create(client: Any, config: Config, tags: Mapping[str, str]) -> Distribution:
    """Raises AwsError, with the code ALREADY_EXISTS if the caller reference was used before."""
    given = {"DistributionConfig": config, "Tags": {"Items": as_list(tags)}}
    with calling("create the distribution"):
        response = client.create_distribution_with_tags(aws_retry=True, DistributionConfigWithTags=given)
    return _made(response, tags)


def update(client: Any, distribution: Distribution, config: Config) -> Distribution:
    """Raises AwsError, PreconditionFailed if somebody else has changed it meanwhile."""
    with calling("update the distribution"):
        response = client.update_distribution(
            aws_retry=True, Id=distribution.id, IfMatch=distribution.etag, DistributionConfig=config
        )
    return _made(response, distribution.tags)


def change_tags(client: Any, arn: str, plan: Tags) -> None:
    """Raises AwsError."""
    with calling("change the tags of the distribution"):
        if plan.remove:
            client.untag_resource(aws_retry=True, Resource=arn, TagKeys={"Items": list(plan.remove)})
        if plan.add:
            client.tag_resource(aws_retry=True, Resource=arn, Tags={"Items": as_list(plan.add)})


def delete(client: Any, distribution: Distribution) -> None:
    """Raises AwsError, DistributionNotDisabled until it is disabled everywhere."""
    with calling("delete the distribution"):
        client.delete_distribution(aws_retry=True, Id=distribution.id, IfMatch=distribution.etag)


class Policies:
    """Policies by name, listed when one is asked for; ``Managed-`` may be left out of the name of AWS's own."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: dict[str, dict[str, str]] = {}

    def id_of(self, option: str, name: str) -> str:
        """Raises AwsError, OptionError."""
        if POLICY_ID.match(name):
            return name
        if option not in self._known:
            self._known[option] = dict(self._iter(option))
        known = self._known[option]
        found = known.get(name) or known.get(f"Managed-{name}")
        if found is None:
            raise OptionError(
                f"{option} is '{name}'; there is none of this name. There are {', '.join(sorted(known))}."
            )
        return found

    def _iter(self, option: str) -> Iterator[tuple[str, str]]:
        call, kind = POLICY_LISTS[option]
        more: dict[str, str] = {}
        while True:
            with calling(f"list what {option} can be"):
                page = getattr(self._client, call)(aws_retry=True, **more)[f"{kind}List"]
            for each in page.get("Items") or ():
                yield each[kind][f"{kind}Config"]["Name"], each[kind]["Id"]
            if not page.get("NextMarker"):
                return
            more = {"Marker": page["NextMarker"]}
