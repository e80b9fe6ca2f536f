#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the logging of a web ACL."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: wafv2_logging_info
version_added: 0.2.0
short_description: Read the logging of an AWS WAF web ACL
description:
  - Returns where a web ACL writes its log, what is left out of it and which requests are logged.
  - Built on U(https://docs.aws.amazon.com/waf/latest/APIReference/API_GetLoggingConfiguration.html).
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
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.wafv2_logging
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Where does it log?
  multicloud.dr.wafv2_logging_info:
    web_acl: shop
    scope: REGIONAL
"""

RETURN = r"""
web_acl_arn:
  description: The web ACL's ARN; empty if there is none of this name.
  returned: success
  type: str
  sample: arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/shop/1ea91c33-d5c2-4f6c-85f5-f0f44e3d5fb1
settings:
  description: As M(multicloud.dr.wafv2_logging) returns them; empty if the web ACL does not log.
  returned: success
  type: dict
  sample:
    destination_arn: arn:aws:logs:ap-northeast-2:123456789012:log-group:aws-waf-logs-shop
    redacted_fields: []
    redacted_headers: [authorization, cookie]
    filters: []
    default_behavior: ""
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError
from ..module_utils._wafv2 import api, logging


def main() -> None:
    """Read the options, read, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "web_acl": {"type": "str", "required": True},
            "scope": {"type": "str", "required": True, "choices": ["REGIONAL", "CLOUDFRONT"]},
        },
        supports_check_mode=True,
    )
    client = module.client("wafv2", retry_decorator=AWSRetry.jittered_backoff())
    try:
        arn = api.web_acl_arn(client, module.params["web_acl"], module.params["scope"])
        found = api.logging_configuration(client, arn) if arn else None
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, web_acl_arn=arn or "", settings=logging.from_api(found) if found else {})


if __name__ == "__main__":
    main()
