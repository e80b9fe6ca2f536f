# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import journal
from ansible_collections.multicloud.dr.plugins.module_utils._runbook.runs import Runs

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])


def report(where: str) -> Any:
    """The only one there."""
    (path,) = FOLDER.glob(f"{where}/*/report.json")
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def runs() -> Runs:
    environment = json.loads((FOLDER / "aws.json").read_text())["environment"]
    client = boto3.client(
        "dynamodb",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-west-2",
        aws_access_key_id="lab",
        aws_secret_access_key="lab",
    )
    return Runs(client, "other")


def test_the_report_of_a_planned_failover() -> None:
    told = report("runs")
    assert (told["verb"], told["source"], told["target"], told["outcome"]) == ("failover", "aws", "gcp", "done")
    assert {step["name"]: step["outcome"] for step in told["steps"] if step["outcome"] != "done"} == {}
    assert told["rpo"][0]["transactions"] == 0
    assert 0 < told["rto"][0]["without_writes_seconds"] < told["seconds"]


def test_the_page_stands_alone_and_escapes_what_people_write() -> None:
    (path,) = FOLDER.glob("runs/*/report.html")
    page = path.read_text()
    assert "A trial of &lt;this&gt; &amp; that" in page
    assert not any(part in page for part in ("http:", "https:", "src=", "@import", "<script"))


def test_an_interrupted_run_was_resumed_from_another_folder(runs: Runs) -> None:
    told = report("elsewhere")
    assert (told["verb"], told["target"], told["outcome"]) == ("fail_back", "aws", "done")
    assert told["notes"][0]["sentence"].startswith("Taken up by ")
    record = runs.read()
    assert record is not None
    assert (record.active_site, record.epoch, runs.lock()) == ("aws", 3, None)


def of_dns(told: Any) -> list[str]:
    """What was noted about DNS."""
    return [note["sentence"] for note in told["notes"] if note["step"] == "dns"]


def test_what_was_done_to_dns_is_journaled() -> None:
    (sentence,) = of_dns(report("runs"))
    assert sentence.startswith("shop.multicloud.example follows its health checks")


def test_an_override_that_the_control_plane_does_not_let_through_stops_nothing() -> None:
    told = report("elsewhere")
    (sentence,) = of_dns(told)
    assert sentence.startswith("dr_force_dns was not done: Cannot find the hosted zone: ")
    assert sentence.endswith("The service is away: blackout")
    assert (told["outcome"], told["rto"][0]["epoch"]) == ("done", 3)
    assert [step["sentence"] for step in told["steps"] if step["name"] == "dns"] == [
        "shop.multicloud.example is 198.51.100.150."
    ], "health checks move the name without it"


def test_an_override_was_taken_back_afterwards() -> None:
    environment = json.loads((FOLDER / "aws.json").read_text())["environment"]
    client = boto3.client(
        "route53",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-west-2",
        aws_access_key_id="lab",
        aws_secret_access_key="lab",
    )
    checks = client.list_health_checks()["HealthChecks"]
    flags = {(check["HealthCheckConfig"]["Disabled"], check["HealthCheckConfig"]["Inverted"]) for check in checks}
    assert flags == {(False, False)}
    assert sum(check["HealthCheckVersion"] > 1 for check in checks) == 1, (
        "to force the primary is one flag of one check"
    )


def test_the_journal_in_the_table_and_its_copy_are_one(runs: Runs) -> None:
    run = runs.get(report("elsewhere")["run"])
    assert run is not None
    copy = (FOLDER / "elsewhere" / run.run / "journal.jsonl").read_bytes()
    assert journal.verify(copy, run.journal.head) == ""


def test_a_standby_that_cannot_be_spared_was_not_cut_off(runs: Runs) -> None:
    told = report("isolation")
    assert (told["verb"], told["target"], told["outcome"]) == ("drill_isolation", "gcp", "failed")
    assert {step["name"]: step["outcome"] for step in told["steps"]}["isolate"] == "not reached"
    assert runs.lock() is None
