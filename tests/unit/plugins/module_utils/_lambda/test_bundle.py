# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip itself, and the very same zip at work: in the lab's AWS API, from the alarm to the record."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import threading
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Cause, bootstrap, renew, set_mode
from ansible_collections.multicloud.dr.plugins.module_utils._lambda import bundle

from tests.unit.fakes.aws import Aws, running
from tests.unit.lab.aws.functions import create, invoke, wait_for

UTILS = Path(__file__).parents[5] / "plugins" / "module_utils"
GTIDS = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-10"
WITNESS = "eu-west-1"


# --- the zip


def test_the_same_files_give_the_same_bytes() -> None:
    files = bundle.contents()
    shuffled = dict(sorted(files.items(), key=lambda entry: hashlib.sha256(entry[0].encode()).digest()))
    assert bundle.pack(files) == bundle.pack(shuffled) == bundle.pack(bundle.contents())


def test_other_files_give_other_bytes() -> None:
    """Negative control."""
    files = bundle.contents()
    name = f"{bundle.PACKAGE}/_failover/record.py"
    assert bundle.pack(files) != bundle.pack({**files, name: files[name] + b"#"})
    assert bundle.pack(files) != bundle.pack({**files, "more.py": b""})


def test_time_mode_and_machine_do_not_show() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle.pack(bundle.contents()))) as archive:
        entries = archive.infolist()
    kinds = {
        (entry.date_time, entry.external_attr, entry.create_system, entry.compress_type, entry.extra)
        for entry in entries
    }
    assert kinds == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3, zipfile.ZIP_STORED, b"")}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


def test_it_holds_the_very_core_files_and_no_others() -> None:
    files = bundle.contents()
    core = {name: data for name, data in files.items() if name.startswith(f"{bundle.PACKAGE}/_failover/")}
    assert core == {
        f"{bundle.PACKAGE}/_failover/{path.name}": path.read_bytes() for path in (UTILS / "_failover").glob("*.py")
    }
    assert not any("bundle.py" in name or "__pycache__" in name for name in files)
    assert "dns/LICENSE" in files
    assert {name.partition("/")[0] for name in files} == {bundle.PACKAGE, "dns"}


def test_the_command_writes_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "made" / "arbiter.zip"
    bundle.main([str(output)])
    os.utime(output, (1, 1))
    bundle.main([str(output)])
    assert output.stat().st_mtime == 1
    digest = base64.b64encode(hashlib.sha256(output.read_bytes()).digest()).decode()
    assert capsys.readouterr().out == f"{output} CodeSha256 {digest}\n" * 2


def test_a_missing_part_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "OWN", ("_nosuch",))
    with pytest.raises(SystemExit, match="_nosuch is missing; the bundle needs it"):
        bundle.main([str(tmp_path / "x.zip")])
    monkeypatch.setattr(bundle, "OWN", ())
    monkeypatch.setattr(bundle, "VENDORED", ("nosuch", "no-such"))
    with pytest.raises(SystemExit, match="no-such is not installed"):
        bundle.main([str(tmp_path / "x.zip")])


# --- the zip at work


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with running(tmp_path_factory.mktemp("aws"), data_plane=True) as api:
        yield api


class Deployment:
    """The arbiter as it is deployed: table, topic with a queue, TXT records, function; with short times."""

    def __init__(self, aws: Aws) -> None:
        self.aws, name = aws, uuid.uuid4().hex
        dynamodb = aws.client("dynamodb", WITNESS)
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.store = Store(dynamodb, name)
        sns, self.sqs = aws.client("sns", "us-east-1"), aws.client("sqs", "us-east-1")
        self.topic = sns.create_topic(Name=name)["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)
        self.zone = f"z{name[:8]}.example"
        self._records()
        variables = {
            "DR_TABLE": name,
            "DR_SITES": "gcp,aws",
            "DR_ZONE": self.zone,
            "DR_NAME_SERVERS": f"127.0.0.1:{aws.dns_port}",
            "DR_TOPIC_ARN": self.topic,
            "DR_HOLDER_TTL": "1",
            "DR_CHALLENGER_TTL": "3",
        }
        made = create(
            aws,
            "",
            WITNESS,
            FunctionName=f"arbiter-{name}",
            Handler=bundle.HANDLER,
            Code={"ZipFile": bundle.pack(bundle.contents())},
            Environment={"Variables": variables},
            Timeout=30,
        )
        self.function, self.arn = made["FunctionName"], made["FunctionArn"]
        self.client = aws.client("lambda", WITNESS)
        self.client.put_function_concurrency(FunctionName=self.function, ReservedConcurrentExecutions=1)
        self.store.apply(bootstrap("gcp", "automatic", Cause("ops", "first", 0.0)))
        self.store.apply(renew(1, "gcp"))
        for site in ("gcp", "aws"):
            self.store.publish(site, self.status(site, 1))
        self._end = threading.Event()
        self._standby = threading.Thread(target=self._publish)
        self._standby.start()

    def close(self) -> None:
        self._end.set()
        self._standby.join()

    def told(self) -> list[dict[str, Any]]:
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    @staticmethod
    def status(site: str, seq: int) -> dict[str, Any]:
        active = site == "gcp"
        return {
            "site": site,
            "seq": seq,
            "incarnation": "i",
            "epoch": 1,
            "record_age_seconds": 0.5,
            "peer": {"answers": False, "age_seconds": 0.5},
            "database": {
                "answers": True,
                "writable": active,
                "executed": GTIDS,
                "received": GTIDS,
                "applied": True,
                "follows": not active,
                "running": not active,
                "lag_seconds": 0.1,
                "diverged": False,
            },
        }

    def _publish(self) -> None:
        """aws lives; gcp published once and died."""
        seq = 1
        while not self._end.wait(0.5):
            seq += 1
            self.store.publish("aws", self.status("aws", seq))

    def _records(self) -> None:
        """For gcp, what Route 53 answers once its checks have failed; for aws, "up" without any check."""
        route53 = self.aws.route53
        route53.create_hosted_zone(Name=self.zone, CallerReference=self.zone)
        zone = route53.list_hosted_zones_by_name(DNSName=self.zone)["HostedZones"][0]["Id"]
        config: Any = {"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": 9, "Disabled": True, "Inverted": True}
        reference = uuid.uuid4().hex
        check = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config)["HealthCheck"]["Id"]

        def record(name: str, value: str, **more: str) -> Any:
            text = {"Type": "TXT", "TTL": 5, "ResourceRecords": [{"Value": f'"{value}"'}], **more}
            return {"Action": "CREATE", "ResourceRecordSet": {"Name": f"{name}.{self.zone}.", **text}}

        changes = [record(f"{kind}.aws", "up") for kind in ("writable", "healthz")]
        for kind in ("writable", "healthz"):
            primary = {"SetIdentifier": "up", "Failover": "PRIMARY", "HealthCheckId": check}
            changes.append(record(f"{kind}.gcp", "up", **primary))
            changes.append(record(f"{kind}.gcp", "down", SetIdentifier="down", Failover="SECONDARY"))
        submitted = route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
        wait_for(
            lambda: route53.get_change(Id=submitted["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC", "in sync"
        )


@pytest.fixture
def deployment(aws: Aws) -> Iterator[Deployment]:
    deployment = Deployment(aws)
    yield deployment
    deployment.close()


def test_the_bundle_promotes_in_the_lab(deployment: Deployment) -> None:
    answer = invoke(deployment.client, deployment.function, Payload=b'{"woken_by": "a test"}')
    assert answer["Payload"].get("outcome") == "promoted", answer["Payload"]
    record = deployment.store.read()
    assert record is not None
    assert (record.epoch, record.active_site, record.changed_by) == (2, "aws", "arbiter")
    (notice,) = wait_for(deployment.told, "the notice")
    assert notice["Subject"] == "multicloud.dr: SiteDown: aws is now the active site"


def test_an_alarm_wakes_it_and_in_manual_mode_it_only_tells(deployment: Deployment) -> None:
    deployment.store.apply(set_mode("manual"))
    sns = deployment.aws.client("sns", "us-east-1")
    alarms = sns.create_topic(Name=uuid.uuid4().hex)["TopicArn"]
    sns.subscribe(TopicArn=alarms, Protocol="lambda", Endpoint=deployment.arn)
    deployment.client.add_permission(
        FunctionName=deployment.function,
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=alarms,
    )
    sns.publish(TopicArn=alarms, Message=json.dumps({"AlarmName": "gcp-writable", "NewStateValue": "ALARM"}))

    def notices() -> list[Any]:
        return [notice for notice in deployment.told() if "promote aws?" in notice.get("Subject", "")]

    notice, *_ = wait_for(notices, "the notice")
    assert "Woken by: alarm gcp-writable." in notice["Message"]
    record = deployment.store.read()
    assert record is not None
    assert record.epoch == 1
