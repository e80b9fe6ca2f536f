#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request a certificate that DNS validates."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: acm_request
version_added: 0.2.0
short_description: Request a certificate of AWS Certificate Manager, validated by DNS
description:
  - Requests a public certificate and returns the DNS records that prove its domains.
  - >-
    M(community.aws.acm_certificate) imports certificates and deletes them; it does not request any.
    Built on U(https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html).
  - >-
    ACM issues the certificate once the records of RV(certificate.validation_records) are seen, which a play sets
    between two runs of this module, the second with O(wait=true). The records have to stay: ACM renews the certificate
    by them.
options:
  name:
    description: Identifies the certificate. Becomes its tag C(Name).
    type: str
    required: true
  state:
    description: Whether there should be a certificate. V(absent) deletes all requested certificates of this O(name).
    type: str
    choices: [present, absent]
    default: present
  domain_name:
    description: The first domain, such as C(shop.example.com) or C(*.example.com). Required when O(state=present).
    type: str
  subject_alternative_names:
    description: Further domains. Their order means nothing.
    type: list
    elements: str
  key_algorithm:
    description: The kind of key.
    type: str
    choices: [RSA_2048, EC_prime256v1, EC_secp384r1]
    default: RSA_2048
  wait:
    description: Whether to wait until the certificate is issued.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait. It takes ACM some minutes after the records are seen.
    type: int
    default: 1200
  tags:
    description: Tags of the certificate besides C(Name).
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
attributes:
  check_mode:
    details: [A certificate that does not exist yet has no validation records, and is not waited for.]
notes:
  - >-
    Domains and key of a certificate cannot be changed. Other ones make a new certificate; the old one stays, because
    something may use it, and is named in RV(certificate.superseded).
  - A certificate for CloudFront has to be in the region us-east-1, one for a load balancer in the balancer's.
  - >-
    Needs C(acm:ListCertificates), C(acm:ListTagsForCertificate), C(acm:DescribeCertificate), C(acm:RequestCertificate),
    C(acm:AddTagsToCertificate), C(acm:RemoveTagsFromCertificate), C(acm:DeleteCertificate).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.acm_request_info
  - module: multicloud.dr.route53_change_batch
  - module: community.aws.acm_certificate
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Request it
  multicloud.dr.acm_request:
    region: us-east-1
    name: shop-cdn
    domain_name: shop.example.com
    subject_alternative_names: ["*.shop.example.com"]
  register: requested

- name: Prove the domains
  multicloud.dr.route53_change_batch:
    zone: example.com
    records: "{{ requested.certificate.validation_records }}"

- name: Wait until it is issued
  multicloud.dr.acm_request:
    region: us-east-1
    name: shop-cdn
    domain_name: shop.example.com
    subject_alternative_names: ["*.shop.example.com"]
    wait: true
"""

RETURN = r"""
certificate:
  description: The certificate as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    arn:
      description: Its ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
    name:
      description: Its name.
      type: str
      returned: always
      sample: shop-cdn
    status:
      description: V(PENDING_VALIDATION) or V(ISSUED).
      type: str
      returned: always
      sample: PENDING_VALIDATION
    domains:
      description: Its domains, the first one first.
      type: list
      elements: str
      returned: always
      sample: [shop.example.com, "*.shop.example.com"]
    key_algorithm:
      description: The kind of key.
      type: str
      returned: always
      sample: RSA_2048
    validation_records:
      description:
        - The DNS records that prove the domains, each once, as M(multicloud.dr.route53_change_batch) takes them.
        - Empty in check mode if the certificate does not exist yet.
      type: list
      elements: dict
      returned: always
      sample:
        - name: _d930b28be6c5927595552b219965053e.shop.example.com
          type: CNAME
          values: [_c9edd76ee4a0e2a74388032f3861cc50.ykybfrwcxw.acm-validations.aws.]
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {Name: shop-cdn}
    superseded:
      description: ARNs of other requested certificates of this name.
      type: list
      elements: str
      returned: always
      sample: []
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: created
  choices: [created, updated, deleted, none]
"""

from dataclasses import replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._acm import api
from ..module_utils._acm.certificate import Certificate, choose, facts, shown, wanted
from ..module_utils._aws_resource import AwsError, Facts, OptionError, Result, tag_plan
from ..module_utils._patience import Patience

# ACM shows a new certificate's records after some seconds.
RECORDS_SECONDS = 60.0


def ensure_present(client: Any, options: Facts, check_mode: bool, patience: Patience) -> Result:
    """Request the certificate, or find it, and wait for it if asked. Raises AwsError, OptionError."""
    want = wanted(options)
    current, superseded = choose(api.named(client, want.name), want)
    tags = {**(options["tags"] or {}), "Name": want.name}
    if current is None:
        plan = tag_plan({}, tags, purge=False)
        planned = Certificate("", "PENDING_VALIDATION", want.domains, want.key_algorithm, tags=plan.then)
        result = Result("created", None, {}, shown(planned))
        if not check_mode:
            planned = with_records(client, replace(planned, arn=api.request(client, want, plan.then)))
    else:
        plan = tag_plan(current.tags, tags, options["purge_tags"] and options["tags"] is not None)
        planned = replace(current, tags=plan.then)
        result = Result("updated" if plan else "none", None, shown(current), shown(planned))
        if plan and not check_mode:
            api.change_tags(client, current.arn, plan)
        if not check_mode:
            planned = with_records(client, planned)
    if options["wait"] and not check_mode:
        planned = issued(client, planned, patience)
    result.facts = facts(planned, want.name, superseded)
    return result


def with_records(client: Any, certificate: Certificate) -> Certificate:
    """The certificate with its validation records. Raises AwsError if ACM does not show them."""
    seen = certificate

    def complete() -> bool:
        nonlocal seen
        if not seen.has_records:
            seen = api.describe(client, certificate.arn, dict(certificate.tags))
        return seen.has_records

    if not Patience(RECORDS_SECONDS).until(complete):
        raise AwsError(f"ACM shows no validation records of {certificate.arn} after {RECORDS_SECONDS:g} s.")
    return seen


def issued(client: Any, certificate: Certificate, patience: Patience) -> Certificate:
    """The issued certificate. Raises AwsError if it is not issued in time, or failed."""
    seen = certificate

    def decided() -> bool:
        nonlocal seen
        if seen.status == "PENDING_VALIDATION":
            seen = api.describe(client, certificate.arn, dict(certificate.tags))
        return seen.status != "PENDING_VALIDATION"

    if not patience.until(decided):
        names = ", ".join(record["name"] for record in seen.records)
        raise AwsError(f"{seen.arn} is not issued after {patience.seconds:g} s. Does DNS answer {names}?")
    if seen.status != "ISSUED":
        raise AwsError(f"{seen.arn} is {seen.status} {seen.reason}".rstrip() + ".")
    return seen


def ensure_absent(client: Any, options: Facts, check_mode: bool, patience: Patience) -> Result:
    """Delete every requested certificate of this name. Raises AwsError."""
    found = api.named(client, options["name"])
    for certificate in found if not check_mode else ():
        api.delete(client, certificate.arn)
    before = {certificate.arn: shown(certificate) for certificate in found}
    return Result("deleted" if found else "none", None, before, {})


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "domain_name": {"type": "str"},
            "subject_alternative_names": {"type": "list", "elements": "str"},
            "key_algorithm": {
                "type": "str",
                "choices": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"],
                "default": "RSA_2048",
            },
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 1200},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        required_if=[("state", "present", ["domain_name"])],
        supports_check_mode=True,
    )
    client = module.client("acm", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode, Patience(module.params["wait_timeout"]))
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**result.reported("certificate"))


if __name__ == "__main__":
    main()
