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


def test_the_journal_in_the_table_and_its_copy_are_one(runs: Runs) -> None:
    run = runs.get(report("elsewhere")["run"])
    assert run is not None
    copy = (FOLDER / "elsewhere" / run.run / "journal.jsonl").read_bytes()
    assert journal.verify(copy, run.journal.head) == ""
