#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage the logging of a web ACL."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: wafv2_logging
version_added: 0.2.0
short_description: Manage the logging of an AWS WAF web ACL
description:
  - Says where a web ACL writes its log, what is left out of it and which requests are logged.
  - >-
    Built on U(https://docs.aws.amazon.com/waf/latest/APIReference/API_PutLoggingConfiguration.html). No module of
    amazon.aws or community.aws does this.
  - An option that is not given keeps its value; an empty list removes what there is.
options:
  web_acl:
    description: Name of the web ACL.
    type: str
    required: true
  scope:
    description: V(REGIONAL) for load balancers; V(CLOUDFRONT), only in the region us-east-1, for distributions.
    type: str
    required: true
    choices: [REGIONAL, CLOUDFRONT]
  state:
    description: Whether the web ACL should log.
    type: str
    choices: [present, absent]
    default: present
  destination_arn:
    description:
      - ARN of a CloudWatch log group, S3 bucket or Firehose delivery stream. Its name begins with C(aws-waf-logs-).
      - A log group is in the web ACL's region. A final C(:*) is left out.
      - Required when O(state=present).
    type: str
  redacted_fields:
    description: Parts of the request that the log does not show.
    type: list
    elements: str
    choices: [method, query_string, uri_path]
  redacted_headers:
    description: Headers that the log does not show, such as C(authorization) and C(cookie). Case is ignored.
    type: list
    elements: str
  filters:
    description: Which requests are logged; the first filter that fits decides. An empty list logs all.
    type: list
    elements: dict
    suboptions:
      behavior:
        description: Whether a request that fits is logged.
        type: str
        required: true
        choices: [KEEP, DROP]
      requirement:
        description: Whether all of O(filters[].actions) and O(filters[].labels) have to fit, or any.
        type: str
        choices: [MEETS_ALL, MEETS_ANY]
        default: MEETS_ANY
      actions:
        description: What was done with the request.
        type: list
        elements: str
        choices: [ALLOW, BLOCK, COUNT, CAPTCHA, CHALLENGE, EXCLUDED_AS_COUNT]
      labels:
        description: Full names of labels that rules have put on the request.
        type: list
        elements: str
  default_behavior:
    description: Whether a request that fits no filter is logged. Only with O(filters).
    type: str
    choices: [KEEP, DROP]
    default: KEEP
attributes:
  check_mode:
    details: [A web ACL that does not exist yet is taken as one that does not log.]
notes:
  - >-
    Needs C(wafv2:ListWebACLs), C(wafv2:GetLoggingConfiguration), C(wafv2:PutLoggingConfiguration),
    C(wafv2:DeleteLoggingConfiguration); for a log group also C(logs:CreateLogDelivery), C(logs:DeleteLogDelivery),
    C(logs:PutResourcePolicy), C(logs:DescribeResourcePolicies), C(logs:DescribeLogGroups); the first call creates the
    service linked role C(AWSServiceRoleForWAFV2Logging).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.wafv2_logging_info
  - module: community.aws.wafv2_web_acl
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Log what was blocked, without credentials
  multicloud.dr.wafv2_logging:
    web_acl: shop
    scope: REGIONAL
    destination_arn: arn:aws:logs:ap-northeast-2:123456789012:log-group:aws-waf-logs-shop
    redacted_headers: [authorization, cookie]
    filters:
      - {behavior: KEEP, actions: [BLOCK, COUNT]}
    default_behavior: DROP

- name: Log nothing any more
  multicloud.dr.wafv2_logging:
    web_acl: shop
    scope: REGIONAL
    state: absent
"""

RETURN = r"""
logging:
  description: The logging as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    web_acl_arn:
      description: The web ACL's ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/shop/1ea91c33-d5c2-4f6c-85f5-f0f44e3d5fb1
    settings:
      description: The settings, under the names of the options.
      type: dict
      returned: always
      sample:
        destination_arn: arn:aws:logs:ap-northeast-2:123456789012:log-group:aws-waf-logs-shop
        redacted_fields: []
        redacted_headers: [authorization, cookie]
        filters: []
        default_behavior: ""
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: updated
  choices: [created, updated, deleted, none]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts, OptionError, Result
from ..module_utils._wafv2 import api
from ..module_utils._wafv2 import logging as rules


def ensure_present(client: Any, options: Facts, check_mode: bool) -> Result:
    """Make the web ACL log as the options say."""
    wanted = rules.given(options)
    arn = api.web_acl_arn(client, options["web_acl"], options["scope"])
    if arn is None and not check_mode:
        raise OptionError(
            f"web_acl is '{options['web_acl']}', but there is no web ACL {options['scope']} of this name."
        )
    found = api.logging_configuration(client, arn) if arn else None
    before = rules.from_api(found) if found else {}
    after = {"redacted_fields": [], "redacted_headers": [], "filters": [], "default_behavior": ""} | before | wanted
    if after != before and arn and not check_mode:
        api.put_logging_configuration(client, rules.to_api(arn, after))
    action = "none" if after == before else "updated" if before else "created"
    return Result(action, {"web_acl_arn": arn or "", "settings": after}, before, after)


def ensure_absent(client: Any, options: Facts, check_mode: bool) -> Result:
    """Make the web ACL log nothing."""
    arn = api.web_acl_arn(client, options["web_acl"], options["scope"])
    found = api.logging_configuration(client, arn) if arn else None
    if arn is None or found is None:
        return Result()
    if not check_mode:
        api.delete_logging_configuration(client, arn)
    return Result("deleted", None, rules.from_api(found), {})


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "web_acl": {"type": "str", "required": True},
            "scope": {"type": "str", "required": True, "choices": ["REGIONAL", "CLOUDFRONT"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "destination_arn": {"type": "str"},
            "redacted_fields": {"type": "list", "elements": "str", "choices": list(rules.FIELDS)},
            "redacted_headers": {"type": "list", "elements": "str"},
            "filters": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "behavior": {"type": "str", "required": True, "choices": ["KEEP", "DROP"]},
                    "requirement": {"type": "str", "choices": ["MEETS_ALL", "MEETS_ANY"], "default": "MEETS_ANY"},
                    "actions": {"type": "list", "elements": "str", "choices": rules.ACTIONS},
                    "labels": {"type": "list", "elements": "str"},
                },
            },
            "default_behavior": {"type": "str", "choices": ["KEEP", "DROP"], "default": "KEEP"},
        },
        required_if=[("state", "present", ["destination_arn"])],
        supports_check_mode=True,
    )
    client = module.client("wafv2", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode)
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**result.reported("logging"))


if __name__ == "__main__":
    main()
