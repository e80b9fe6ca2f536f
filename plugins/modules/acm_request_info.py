#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read requested certificates."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: acm_request_info
version_added: 0.2.0
short_description: Read the certificates that were requested under a name
description:
  - Returns the certificates of AWS Certificate Manager that were requested, with their status and validation records.
  - Built on U(https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html).
options:
  name:
    description: The certificates' tag C(Name).
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.acm_request
  - module: community.aws.acm_certificate_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Is it issued?
  multicloud.dr.acm_request_info:
    region: us-east-1
    name: shop-cdn
"""

RETURN = r"""
certificates:
  description: The certificates of this name, each as M(multicloud.dr.acm_request) returns it.
  returned: success
  type: list
  elements: dict
  sample:
    - arn: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
      name: shop-cdn
      status: ISSUED
      domains: [shop.example.com]
      key_algorithm: RSA_2048
      validation_records:
        - name: _d930b28be6c5927595552b219965053e.shop.example.com
          type: CNAME
          values: [_c9edd76ee4a0e2a74388032f3861cc50.ykybfrwcxw.acm-validations.aws.]
      tags: {Name: shop-cdn}
      superseded: []
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._acm import api
from ..module_utils._acm.certificate import facts
from ..module_utils._aws_resource import AwsError


def main() -> None:
    """Read the options, read, report."""
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True)
    client = module.client("acm", retry_decorator=AWSRetry.jittered_backoff())
    name = module.params["name"]
    try:
        certificates = [facts(certificate, name) for certificate in api.named(client, name)]
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, certificates=certificates)


if __name__ == "__main__":
    main()
