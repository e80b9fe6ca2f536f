#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a CloudFront distribution."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudfront_site_info
version_added: 0.2.0
short_description: Read a CloudFront distribution
description:
  - Returns one distribution, found by its name, under the names of the options of M(multicloud.dr.cloudfront_site).
  - Built on U(https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetDistribution.html).
options:
  name:
    description: The distribution's tag C(Name).
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.cloudfront_site
  - module: community.aws.cloudfront_distribution_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Under which name does CloudFront answer?
  multicloud.dr.cloudfront_site_info:
    name: shop
"""

RETURN = r"""
distributions:
  description: >-
    The distribution of this name, as M(multicloud.dr.cloudfront_site) returns it, or nothing. Values of headers are not
    shown.
  returned: success
  type: list
  elements: dict
  sample:
    - id: EDFDVBD6EXAMPLE
      arn: arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE
      domain_name: d111111abcdef8.cloudfront.net
      status: Deployed
      settings: {enabled: true, comment: "", aliases: [shop.example.com]}
      tags: {Name: shop}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, OptionError
from ..module_utils._cloudfront import api


def main() -> None:
    """Read the options, read, report."""
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True)
    client = module.client("cloudfront", retry_decorator=AWSRetry.jittered_backoff())
    try:
        found = api.find(client, module.params["name"])
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, distributions=[found.facts] if found else [])


if __name__ == "__main__":
    main()
