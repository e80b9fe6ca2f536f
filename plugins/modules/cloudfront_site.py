#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage a CloudFront distribution."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudfront_site
version_added: 0.2.0
short_description: Manage a CloudFront distribution in front of a site's origins
description:
  - Creates, updates and deletes one distribution, found by its O(name).
  - >-
    M(community.aws.cloudfront_distribution) has no origin groups and no check mode, and changes something at every run.
    This module compares every attribute that is given, and updates under the configuration's version, so that nobody's
    change is overwritten.
  - Built on U(https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html) and
    U(https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html).
  - >-
    An option that is not given keeps its value on an existing distribution. A list that is given is the whole list.
    What the options do not know (functions, access logs, error pages, restrictions) stays as it is.
options:
  name:
    description:
      - Identifies the distribution. Becomes its tag C(Name), and its caller reference is derived from it, so that
        neither an interrupted run nor a second one at the same time creates it twice.
      - A distribution that was made elsewhere is adopted if exactly one has this tag.
    type: str
    required: true
  state:
    description:
      - Whether the distribution should exist.
      - V(absent) disables it, waits until that is deployed, and deletes it.
    type: str
    choices: [present, absent]
    default: present
  enabled:
    description: Whether it answers. A new one does unless told otherwise.
    type: bool
  comment:
    description: Comment, at most 128 characters.
    type: str
  aliases:
    description: The names by which viewers ask. Each has to be one of O(certificate_arn).
    type: list
    elements: str
  certificate_arn:
    description:
      - ARN of an issued certificate of Certificate Manager in us-east-1. Needed for O(aliases); used by SNI.
      - An empty string goes back to CloudFront's own certificate.
    type: str
  minimum_protocol_version:
    description: What TLS viewers have to speak, with O(certificate_arn). A new distribution has V(TLSv1.2_2021).
    type: str
    choices: [TLSv1.2_2018, TLSv1.2_2019, TLSv1.2_2021, TLSv1.2_2025, TLSv1.3_2025]
  web_acl_arn:
    description: ARN of a web ACL of the scope CLOUDFRONT. An empty string detaches it.
    type: str
  price_class:
    description: Which edge locations answer. A new distribution uses all.
    type: str
    choices: [PriceClass_100, PriceClass_200, PriceClass_All]
  http_version:
    description: The newest HTTP that viewers may speak. A new distribution has V(http2).
    type: str
    choices: [http1.1, http2, http3, http2and3]
  ipv6:
    description: Whether viewers may come by IPv6. On for a new distribution.
    type: bool
  default_root_object:
    description: What C(/) is, such as C(index.html). An empty string leaves it to the origin.
    type: str
  error_caching_seconds:
    description:
      - How long CloudFront remembers that an origin has answered 500, 502, 503 or 504, before it asks again.
      - AWS's default is 10, by which a page stays broken so much longer than its origin.
    type: int
  origins:
    description: Where requests go, by domain name. Required for a new distribution. Their order means nothing.
    type: list
    elements: dict
    suboptions:
      id:
        description: The origin's name within the distribution.
        type: str
        required: true
      domain_name:
        description: Domain name. CloudFront resolves it again for new connections, by its TTL.
        type: str
        required: true
      path:
        description: Path that is put in front of the request's.
        type: str
        default: ""
      protocol_policy:
        description: How CloudFront speaks to the origin.
        type: str
        choices: [http-only, https-only, match-viewer]
        default: https-only
      http_port:
        description: Port for HTTP.
        type: int
        default: 80
      https_port:
        description: Port for HTTPS.
        type: int
        default: 443
      ssl_protocols:
        description: TLS versions that CloudFront may speak to the origin.
        type: list
        elements: str
        choices: [TLSv1, TLSv1.1, TLSv1.2]
        default: [TLSv1.2]
      read_timeout:
        description: Seconds to wait for the origin's answer, 1 to 120; above 60 needs a higher quota.
        type: int
        default: 30
      keepalive_timeout:
        description: Seconds that an idle connection stays open, 1 to 120; above 60 needs a higher quota.
        type: int
        default: 5
      connection_attempts:
        description: How often CloudFront tries to connect, 1 to 3, before an origin group goes to the other member.
        type: int
        default: 3
      connection_timeout:
        description: Seconds of each try, 1 to 10.
        type: int
        default: 10
      headers:
        description: Headers that CloudFront adds to each request, such as a secret by which the origin knows it.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the header. Case means nothing.
            type: str
            required: true
          value:
            description: Value of the header. It is never shown, neither the old one nor the new one.
            type: str
            required: true
  origin_groups:
    description:
      - Pairs of origins; a request that the first one fails goes to the second one.
      - CloudFront does this for GET, HEAD and OPTIONS only, so a behavior with other methods cannot target a group.
    type: list
    elements: dict
    suboptions:
      id:
        description: The group's name within the distribution.
        type: str
        required: true
      members:
        description: Ids of two origins, the first one first.
        type: list
        elements: str
        required: true
      status_codes:
        description: Answers that count as failed, besides no answer at all.
        type: list
        elements: int
        choices: [400, 403, 404, 416, 429, 500, 502, 503, 504]
        default: [500, 502, 503, 504]
  default_behavior:
    description: What is done with requests that no path of O(behaviors) fits. Required for a new distribution.
    type: dict
    suboptions: &behavior
      target:
        description: Id of an origin or of an origin group.
        type: str
        required: true
      viewer_protocol_policy:
        description: What is done with viewers that speak HTTP.
        type: str
        choices: [allow-all, https-only, redirect-to-https]
        default: redirect-to-https
      allowed_methods:
        description: Methods that are passed on. CloudFront knows three sets, two, three or all seven of them.
        type: list
        elements: str
        choices: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
        default: [GET, HEAD]
      cached_methods:
        description: Methods whose answers are cached.
        type: list
        elements: str
        choices: [GET, HEAD, OPTIONS]
        default: [GET, HEAD]
      compress:
        description: Whether CloudFront compresses answers.
        type: bool
        default: true
      cache_policy:
        description: Id or name of the cache policy. V(CachingOptimized) is AWS's C(Managed-CachingOptimized).
        type: str
        required: true
      origin_request_policy:
        description: Id or name of the policy that says what of the request goes to the origin, such as V(AllViewer).
        type: str
      response_headers_policy:
        description: Id or name of the policy for headers of answers, such as V(SecurityHeadersPolicy).
        type: str
  behaviors:
    description: What is done with requests by their path. The first one that fits decides.
    type: list
    elements: dict
    suboptions:
      path_pattern:
        description: Path, with C(*) and C(?), such as C(/static/*).
        type: str
        required: true
      <<: *behavior
  wait:
    description: Whether to wait until the distribution is deployed to all edge locations.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait. AWS takes some minutes.
    type: int
    default: 1800
  tags:
    description: Tags of the distribution besides C(Name).
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
attributes:
  check_mode:
    details: [Policies are looked up by name; a certificate and a web ACL are not looked up.]
notes:
  - If somebody changes the distribution between reading and writing, the module fails with C(PreconditionFailed).
  - CloudFront's API is in us-east-1, which the SDK knows by itself; so are its certificates and web ACLs.
  - >-
    Needs C(cloudfront:ListDistributions), C(cloudfront:ListTagsForResource), C(cloudfront:GetDistribution),
    C(cloudfront:CreateDistribution), C(cloudfront:UpdateDistribution), C(cloudfront:DeleteDistribution),
    C(cloudfront:TagResource), C(cloudfront:UntagResource); for policies by name C(cloudfront:ListCachePolicies),
    C(cloudfront:ListOriginRequestPolicies), C(cloudfront:ListResponseHeadersPolicies); with O(web_acl_arn)
    C(wafv2:GetWebACL); with O(certificate_arn) C(acm:ListCertificates).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.cloudfront_site_info
  - module: multicloud.dr.acm_request
  - module: community.aws.cloudfront_distribution
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Writes go to the name that follows the active site, reads try both sites
  multicloud.dr.cloudfront_site:
    name: shop
    aliases: [shop.example.com]
    certificate_arn: "{{ certificate.arn }}"
    origins:
      - id: active
        domain_name: origin.example.com
        headers: [{name: X-Origin-Secret, value: "{{ origin_secret }}"}]
      - {id: gcp, domain_name: gcp.example.com, connection_attempts: 1, connection_timeout: 3}
      - {id: aws, domain_name: aws.example.com, connection_attempts: 1, connection_timeout: 3}
    origin_groups:
      - {id: reads, members: [gcp, aws]}
    default_behavior:
      target: active
      allowed_methods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
      cache_policy: CachingDisabled
      origin_request_policy: AllViewer
    behaviors:
      - {path_pattern: /static/*, target: reads, cache_policy: CachingOptimized}

- name: Remove it; this takes some minutes
  multicloud.dr.cloudfront_site:
    name: shop
    state: absent
"""

RETURN = r"""
distribution:
  description: The distribution as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    id:
      description: Its id. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: EDFDVBD6EXAMPLE
    arn:
      description: Its ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE
    domain_name:
      description: >-
        The name that CloudFront gave it, for alias records in the hosted zone Z2FDTNDATAQYW2. Empty in check mode if it
        does not exist yet.
      type: str
      returned: always
      sample: d111111abcdef8.cloudfront.net
    status:
      description: C(Deployed), C(InProgress), or an empty string in check mode if it does not exist yet.
      type: str
      returned: always
      sample: InProgress
    settings:
      description: Its settings, under the names of the options. Values of headers are not shown.
      type: dict
      returned: always
      sample: {enabled: true, comment: "", aliases: [shop.example.com]}
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {Name: shop}
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: updated
  choices: [created, updated, deleted, none]
"""

import itertools
from dataclasses import replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts, OptionError, Result, Tags, tag_plan
from ..module_utils._cloudfront import api
from ..module_utils._cloudfront import settings as rules
from ..module_utils._cloudfront.api import Distribution, Policies
from ..module_utils._cloudfront.settings import Settings
from ..module_utils._patience import Patience

# A caller reference that was used before cannot be used again; so many distributions of one name are tried.
REFERENCES = 20
MINIMUM_PROTOCOL_VERSION = "TLSv1.2_2021"
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
BEHAVIOR: dict[str, Any] = {
    "target": {"type": "str", "required": True},
    "viewer_protocol_policy": {
        "type": "str",
        "choices": ["allow-all", "https-only", "redirect-to-https"],
        "default": "redirect-to-https",
    },
    "allowed_methods": {"type": "list", "elements": "str", "choices": METHODS, "default": ["GET", "HEAD"]},
    "cached_methods": {"type": "list", "elements": "str", "choices": METHODS[:3], "default": ["GET", "HEAD"]},
    "compress": {"type": "bool", "default": True},
    "cache_policy": {"type": "str", "required": True},
    "origin_request_policy": {"type": "str"},
    "response_headers_policy": {"type": "str"},
}


def merged(before: Settings, wanted: Settings) -> Settings:
    """The settings that the options lead to. Raises OptionError."""
    after = before | wanted
    if after["certificate_arn"]:
        after["minimum_protocol_version"] = after["minimum_protocol_version"] or MINIMUM_PROTOCOL_VERSION
    else:
        after["minimum_protocol_version"] = ""
    rules.require_valid(after)
    return after


def ensure_present(client: Any, options: Facts, check_mode: bool, patience: Patience) -> Result:
    """Create or update the distribution until it is as the options say. Raises AwsError, OptionError."""
    name = options["name"]
    wanted = rules.given(options, Policies(client).id_of)
    tags = {**(options["tags"] or {}), "Name": name}
    current = api.find(client, name)
    if current is None:
        after = merged(rules.from_api({}), wanted)
        labels = tag_plan({}, tags, purge=False).then
        made = Distribution("", "", "", "", "", {}, labels) if check_mode else create(client, name, after, labels)
        if made is not None:
            result = Result("created", None, {}, {"settings": rules.shown(after), "tags": labels})
            result.facts = deployed(client, made, options, check_mode, patience).facts | {
                "settings": rules.shown(after)
            }
            return result
        current = api.find(client, name)
        if current is None:
            raise AwsError(f"CloudFront has taken every caller reference of '{name}'. Give it another name.")
    before = rules.from_api(current.config)
    after = merged(before, wanted)
    plan = tag_plan(current.tags, tags, options["purge_tags"] and options["tags"] is not None)
    new = current if check_mode else update(client, current, before, after, plan)
    new = deployed(client, replace(new, tags=plan.then), options, check_mode, patience)
    return Result(
        "updated" if after != before or plan else "none",
        new.facts | {"settings": rules.shown(after)},
        {"settings": rules.shown(before, after), "tags": dict(plan.now)},
        {"settings": rules.shown(after), "tags": plan.then},
    )


def create(client: Any, name: str, settings: Settings, tags: dict[str, str]) -> Distribution | None:
    """The new distribution; None if somebody else has made it in the meantime. Raises AwsError."""
    for number in itertools.islice(itertools.count(), REFERENCES):
        config = rules.to_api({"CallerReference": rules.caller_reference(name, number)}, settings)
        try:
            return api.create(client, config, tags)
        except AwsError as error:
            if error.code != api.ALREADY_EXISTS:
                raise
        # The reference is taken: by a distribution that is there now, or by one that was deleted.
        if api.find(client, name) is not None:
            return None
    return None


def update(client: Any, current: Distribution, before: Settings, after: Settings, plan: Tags) -> Distribution:
    """Bring configuration and tags up to date. Raises AwsError."""
    new = current
    if after != before:
        new = api.update(client, current, rules.to_api(current.config, after))
    if plan:
        api.change_tags(client, current.arn, plan)
    return new


def deployed(
    client: Any, distribution: Distribution, options: Facts, check_mode: bool, patience: Patience
) -> Distribution:
    """The distribution, waited for if asked. Raises AwsError."""
    return await_deployment(client, distribution, patience) if options["wait"] and not check_mode else distribution


def await_deployment(client: Any, distribution: Distribution, patience: Patience) -> Distribution:
    """The distribution once every edge location has it. Raises AwsError."""
    seen = distribution

    def done() -> bool:
        nonlocal seen
        if not seen.deployed:
            seen = api.get(client, distribution.id, distribution.tags)
        return seen.deployed

    if not patience.until(done):
        raise AwsError(f"The distribution {distribution.id} is not deployed after {patience.seconds:g} s.")
    return seen


def ensure_absent(client: Any, options: Facts, check_mode: bool, patience: Patience) -> Result:
    """Disable the distribution of this name, if there is one, and delete it. Raises AwsError, OptionError."""
    current = api.find(client, options["name"])
    if current is None:
        return Result()
    before = {"settings": rules.shown(rules.from_api(current.config)), "tags": dict(current.tags)}
    if not check_mode:
        if current.config["Enabled"]:
            current = api.update(client, current, {**current.config, "Enabled": False})
        api.delete(client, await_deployment(client, current, patience))
    return Result("deleted", None, before, {})


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "enabled": {"type": "bool"},
            "comment": {"type": "str"},
            "aliases": {"type": "list", "elements": "str"},
            "certificate_arn": {"type": "str"},
            "minimum_protocol_version": {
                "type": "str",
                "choices": ["TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"],
            },
            "web_acl_arn": {"type": "str"},
            "price_class": {"type": "str", "choices": ["PriceClass_100", "PriceClass_200", "PriceClass_All"]},
            "http_version": {"type": "str", "choices": ["http1.1", "http2", "http3", "http2and3"]},
            "ipv6": {"type": "bool"},
            "default_root_object": {"type": "str"},
            "error_caching_seconds": {"type": "int"},
            "origins": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "id": {"type": "str", "required": True},
                    "domain_name": {"type": "str", "required": True},
                    "path": {"type": "str", "default": ""},
                    "protocol_policy": {
                        "type": "str",
                        "choices": ["http-only", "https-only", "match-viewer"],
                        "default": "https-only",
                    },
                    "http_port": {"type": "int", "default": 80},
                    "https_port": {"type": "int", "default": 443},
                    "ssl_protocols": {
                        "type": "list",
                        "elements": "str",
                        "choices": ["TLSv1", "TLSv1.1", "TLSv1.2"],
                        "default": ["TLSv1.2"],
                    },
                    "read_timeout": {"type": "int", "default": 30},
                    "keepalive_timeout": {"type": "int", "default": 5},
                    "connection_attempts": {"type": "int", "default": 3},
                    "connection_timeout": {"type": "int", "default": 10},
                    "headers": {
                        "type": "list",
                        "elements": "dict",
                        "options": {
                            "name": {"type": "str", "required": True},
                            "value": {"type": "str", "required": True, "no_log": True},
                        },
                    },
                },
            },
            "origin_groups": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "id": {"type": "str", "required": True},
                    "members": {"type": "list", "elements": "str", "required": True},
                    "status_codes": {
                        "type": "list",
                        "elements": "int",
                        "choices": [400, 403, 404, 416, 429, 500, 502, 503, 504],
                        "default": [500, 502, 503, 504],
                    },
                },
            },
            "default_behavior": {"type": "dict", "options": BEHAVIOR},
            "behaviors": {
                "type": "list",
                "elements": "dict",
                "options": {"path_pattern": {"type": "str", "required": True}, **BEHAVIOR},
            },
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 1800},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    client = module.client("cloudfront", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode, Patience(module.params["wait_timeout"]))
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**result.reported("distribution"))


if __name__ == "__main__":
    main()
