# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API: request, prove, issue, tags, other domains, removal, interruptions."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._acm import api
from ansible_collections.multicloud.dr.plugins.module_utils._aws_resource import AwsError
from ansible_collections.multicloud.dr.plugins.modules import acm_request, acm_request_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import unique


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(acm_request.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def info(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(acm_request_info.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def wanted() -> dict[str, Any]:
    domain = f"{unique()}.example"
    return {"name": unique(), "domain_name": domain, "subject_alternative_names": [f"*.{domain}", f"a.{domain}"]}


def publish(aws: Aws, domain: str, records: list[dict[str, Any]]) -> None:
    zone = aws.route53.create_hosted_zone(Name=domain, CallerReference=unique())["HostedZone"]["Id"]
    for each in records:
        values = [{"Value": value} for value in each["values"]]
        record: Any = {"Name": each["name"], "Type": each["type"], "TTL": 60, "ResourceRecords": values}
        batch: Any = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        aws.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def test_life_of_a_certificate(run: Run, info: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    planned = run(_check=True, **wanted)
    assert (planned["changed"], planned["action"], planned["certificate"]["arn"]) == (True, "created", "")
    assert info(name=wanted["name"])["certificates"] == [], "check mode requested it"

    made = run(**wanted)["certificate"]
    assert made["status"] == "PENDING_VALIDATION"
    assert len(made["validation_records"]) == 2, "the wildcard shares its parent's"
    again = run(**{**wanted, "subject_alternative_names": list(reversed(wanted["subject_alternative_names"]))})
    assert (again["changed"], again["certificate"]) == (False, made)
    assert again["diff"]["before"] == again["diff"]["after"]
    assert info(name=wanted["name"])["certificates"] == [made]

    publish(aws, wanted["domain_name"], made["validation_records"])
    issued = run(**wanted, wait=True)
    assert (issued["changed"], issued["certificate"]["status"]) == (False, "ISSUED")
    assert issued["certificate"]["validation_records"] == made["validation_records"]

    assert run(_check=True, **wanted, state="absent")["action"] == "deleted"
    assert run(**wanted, state="absent")["action"] == "deleted"
    assert run(**wanted, state="absent")["action"] == "none"
    assert run(**wanted)["certificate"]["arn"] != made["arn"], "the name can be used again"


def test_tags_drift(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    wanted["tags"] = {"project": "p"}
    arn = run(**wanted)["certificate"]["arn"]
    acm = aws.client("acm")
    acm.add_tags_to_certificate(
        CertificateArn=arn, Tags=[{"Key": "project", "Value": "x"}, {"Key": "other", "Value": "y"}]
    )
    seen = run(_check=True, **wanted)
    assert seen["diff"]["before"]["tags"] == {"Name": wanted["name"], "other": "y", "project": "x"}
    assert run(**wanted, purge_tags=False)["certificate"]["tags"]["other"] == "y"
    assert run(**wanted)["action"] == "updated"
    assert run(**wanted)["action"] == "none"
    assert run(**wanted)["certificate"]["tags"] == {"Name": wanted["name"], "project": "p"}


@pytest.mark.parametrize(
    "other",
    [{"subject_alternative_names": []}, {"subject_alternative_names": ["x.example"]}, {"domain_name": "y.example"}],
)
def test_other_domains_are_another_certificate(run: Run, wanted: dict[str, Any], other: dict[str, Any]) -> None:
    old = run(**wanted)["certificate"]["arn"]
    changed = {**wanted, **other}
    assert run(_check=True, **changed)["action"] == "created"
    made = run(**changed)
    assert made["action"] == "created"
    assert made["certificate"]["superseded"] == [old]
    assert not run(**changed)["changed"]
    assert run(name=wanted["name"], state="absent")["action"] == "deleted"
    assert not run(name=wanted["name"], state="absent")["changed"], "all of the name are gone"


def test_an_answer_that_was_lost_makes_no_second_one(
    run: Run, info: Run, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = api.request

    def lost(*arguments: Any) -> str:
        request(*arguments)
        raise AwsError("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(api, "request", lost)
        assert run(**wanted)["failed"]
    assert not run(**wanted)["changed"]
    assert len(info(name=wanted["name"])["certificates"]) == 1


def test_waiting_ends_with_what_is_missing(run: Run, wanted: dict[str, Any]) -> None:
    result = run(**wanted, wait=True, wait_timeout=0)
    assert result["failed"]
    assert "is not issued after 0 s. Does DNS answer _" in result["msg"]


def test_bad_options(run: Run) -> None:
    assert "domain_name" in run(name="x")["msg"]
    many = [f"{number}.example" for number in range(101)]
    assert "has 101 names" in run(name="x", domain_name="y.example", subject_alternative_names=many)["msg"]


def test_an_api_that_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    result = runner(acm_request.main, capsys, aws_environment("http://127.0.0.1:9"))(name="x", domain_name="y.example")
    assert "Cannot list the certificates" in result["msg"]
