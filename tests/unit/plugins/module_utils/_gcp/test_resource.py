# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.errors import (
    InUse,
    NotConverged,
    NotFound,
    OptionError,
    QuotaExceeded,
)
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.kinds import kind_of
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.plan import Wanted
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.resource import Detachment, Outcome, Place, ensure

from tests.unit.fakes.gcp import Answer, Session, Time, scripted

GONE = Answer(404, {"error": {"message": "gone"}})
CONFLICT = Answer(412, {"error": {"message": "changed", "errors": [{"reason": "conditionNotMet"}]}})
FIREWALL = Place("compute", "global/firewalls", "n", "p")
RIGHT = {"name": "n", "priority": 1000, "direction": "INGRESS", "sourceRanges": ["a"]}
WRONG = {**RIGHT, "sourceRanges": ["a", "b"]}


def wanted(place: Place, body: dict[str, Any], **options: Any) -> Wanted:
    return Wanted(place.name, body, kind_of(place.api, place.collection), "p", name_in_body=True, **options)


def firewall(*answers: Any, check: bool = False) -> tuple[Outcome, Session, Time]:
    client, session, time = scripted(*answers)
    return ensure(client, FIREWALL, wanted(FIREWALL, {"sourceRanges": ["a"]}), check), session, time


def methods(session: Session) -> list[str]:
    return [method for method, _ in session.asked]


def test_created_and_read_again() -> None:
    outcome, session, _ = firewall(GONE, {}, RIGHT)
    assert (outcome.plan.action, outcome.before, outcome.after) == ("created", None, RIGHT)
    assert session.asked[1] == ("POST", "compute.googleapis.com/compute/v1/projects/p/global/firewalls")


def test_as_wanted_it_is_read_once() -> None:
    outcome, session, _ = firewall(RIGHT)
    assert (outcome.plan.action, methods(session)) == ("none", ["GET"])


def test_check_mode_reads_once_and_says_what_would_be() -> None:
    outcome, session, _ = firewall(WRONG, check=True)
    assert (outcome.plan.action, outcome.after["sourceRanges"], methods(session)) == ("updated", ["a"], ["GET"])
    outcome, session, _ = firewall(GONE, check=True)
    assert (outcome.plan.action, methods(session)) == ("created", ["GET"])


def test_somebody_elses_change_in_between_is_read_and_decided_again() -> None:
    outcome, session, time = firewall(WRONG, CONFLICT, WRONG, {}, RIGHT)
    assert methods(session) == ["GET", "PATCH", "GET", "PATCH", "GET"]
    assert outcome.after == RIGHT
    assert len(time.slept) == 1


def test_a_creation_that_was_done_though_nobody_said_so() -> None:
    outcome, session, _ = firewall(GONE, OSError("cut"), RIGHT)
    assert (outcome.plan.action, methods(session)) == ("created", ["GET", "POST", "GET"])


def test_a_change_that_the_api_takes_and_does_not_do_is_an_error() -> None:
    with pytest.raises(
        NotConverged, match=r"global/firewalls/n: .* does not do it: sourceRanges\[b\] is b, wanted is not set"
    ):
        firewall(WRONG, {}, WRONG, {}, WRONG, {}, WRONG)


def test_errors_that_time_does_not_heal_end_it_at_once() -> None:
    quota = Answer(403, {"error": {"message": "m", "errors": [{"reason": "quotaExceeded"}]}})
    with pytest.raises(QuotaExceeded):
        firewall(GONE, quota)
    with pytest.raises(NotFound):
        firewall(GONE, GONE)


def test_what_creation_does_not_take_follows_it() -> None:
    place = Place("compute", "regions/r/vpnTunnels", "n", "p")
    new = {"name": "n", "labelFingerprint": "f"}
    client, session, time = scripted(GONE, {}, new, {}, {**new, "labels": {"a": "1"}})
    ensure(client, place, wanted(place, {"labels": {"a": "1"}}), False)
    assert session.asked[3][1].endswith("/vpnTunnels/n/setLabels")
    assert time.slept == []


def test_before_it_is_replaced_nothing_refers_to_it_any_more() -> None:
    place, router = Place("compute", "regions/r/vpnTunnels", "n", "p"), Place("compute", "regions/r/routers", "rt", "p")
    held = {"interfaces": [{"name": "n"}, {"name": "o"}], "bgpPeers": [{"name": "o"}]}
    task = wanted(place, {"ikeVersion": 2}, secrets={"sharedSecret": "s"}, replace=True)
    client, session, _ = scripted({"ikeVersion": 1}, held, {}, {}, {}, {"ikeVersion": 2})
    detach = [Detachment(router, {"interfaces": ["n"], "bgpPeers": ["n"]})]
    outcome = ensure(client, place, task, False, detach)
    assert outcome.plan.action == "replaced"
    assert methods(session) == ["GET", "GET", "PATCH", "DELETE", "POST", "GET"]
    assert session.sent[2] == {"interfaces": [{"name": "o"}]}
    assert session.sent[4] == {"ikeVersion": 2, "sharedSecret": "s", "name": "n"}


def test_nobody_who_refers_to_it_is_left_to_change() -> None:
    place, router = Place("compute", "regions/r/vpnTunnels", "n", "p"), Place("compute", "regions/r/routers", "rt", "p")
    client, session, _ = scripted({"name": "n"}, GONE, {}, GONE)
    ensure(client, place, None, False, [Detachment(router, {"interfaces": ["n"]})])
    assert methods(session) == ["GET", "GET", "DELETE", "GET"]


def test_deleted_once_and_gone_is_as_good() -> None:
    client, session, _ = scripted({"name": "n"}, GONE, GONE)
    assert ensure(client, FIREWALL, None, False).plan.action == "deleted"
    assert methods(session) == ["GET", "DELETE", "GET"]
    client, session, _ = scripted(GONE)
    assert ensure(client, FIREWALL, None, False).plan.action == "none"


def test_what_is_in_use_stays() -> None:
    used = Answer(400, {"error": {"message": "used", "errors": [{"reason": "resourceInUseByAnotherResource"}]}})
    client, _, _ = scripted({"name": "n"}, used)
    with pytest.raises(InUse):
        ensure(client, FIREWALL, None, False)


def test_a_name_that_the_api_chooses_is_found_by_a_field() -> None:
    place = Place("monitoring", "alertPolicies", "n", "p", match="displayName")
    mine = {"name": "projects/p/alertPolicies/7", "displayName": "n", "enabled": False}
    task = Wanted("n", {"displayName": "n", "enabled": True}, kind_of("monitoring", "alertPolicies"), "p")
    client, session, _ = scripted(
        {"alertPolicies": [{"displayName": "m"}, mine]}, {}, {"alertPolicies": [{**mine, "enabled": True}]}
    )
    ensure(client, place, task, False)
    assert session.asked[1] == ("PATCH", "monitoring.googleapis.com/v3/projects/p/alertPolicies/7?updateMask=enabled")
    client, session, _ = scripted({"alertPolicies": []}, {}, {"alertPolicies": [{**mine, "enabled": True}]})
    ensure(client, place, task, False)
    assert session.asked[1] == ("POST", "monitoring.googleapis.com/v3/projects/p/alertPolicies")
    client, _, _ = scripted({"alertPolicies": [mine, mine]})
    with pytest.raises(OptionError, match="displayName is 'n', and 2 have it"):
        ensure(client, place, task, False)


def test_verbs_of_the_other_apis_follow_a_colon_and_accounts_are_mail_addresses() -> None:
    place = Place("iam", "serviceAccounts", "web", "p")
    assert place.url(kind_of("iam", "serviceAccounts")) == (
        "https://iam.googleapis.com/v1/projects/p/serviceAccounts/web@p.iam.gserviceaccount.com"
    )
