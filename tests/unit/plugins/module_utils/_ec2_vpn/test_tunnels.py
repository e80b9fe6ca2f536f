# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._ec2_vpn import tunnels as rules
from ansible_collections.multicloud.dr.plugins.module_utils._ec2_vpn.tunnels import (
    Existing,
    OptionError,
    changes,
    from_api,
    given,
    match,
    require_valid,
    tag_changes,
    to_api,
)

EVERYTHING: dict[str, Any] = {
    "inside_cidr": "169.254.20.0/30",
    "pre_shared_key": "abcdefgh",
    "ike_versions": ["ikev2"],
    "phase1_encryption_algorithms": ["AES256"],
    "phase1_integrity_algorithms": ["SHA2-256"],
    "phase1_dh_groups": [18],
    "phase1_lifetime_seconds": 14400,
    "phase2_encryption_algorithms": ["AES256-GCM-16"],
    "phase2_integrity_algorithms": ["SHA2-512"],
    "phase2_dh_groups": [20, 21],
    "phase2_lifetime_seconds": 1800,
    "rekey_margin_seconds": 300,
    "rekey_fuzz_percentage": 50,
    "replay_window_size": 512,
    "dpd_timeout_seconds": 40,
    "dpd_timeout_action": "restart",
    "startup_action": "start",
}


def tunnel(address: str = "203.0.113.1", **options: Any) -> Existing:
    return Existing(address, {**rules.DEFAULTS, **options})


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the API would show after this request."""
    spelled = {rules.REQUEST[name]: shown for name, shown in rules.ANSWER.items()}
    return {"OutsideIpAddress": "203.0.113.1"} | {spelled[name]: value for name, value in request.items()}


def test_every_option_goes_there_and_back() -> None:
    assert EVERYTHING.keys() == rules.REQUEST.keys()
    assert from_api(answer(to_api(EVERYTHING))) == Existing("203.0.113.1", EVERYTHING)


def test_what_the_api_does_not_show_is_its_default() -> None:
    assert from_api({"OutsideIpAddress": "203.0.113.1"}).options == rules.DEFAULTS


def test_the_order_of_lists_means_nothing() -> None:
    wish = given({"phase2_dh_groups": [21, 20, 20], "ike_versions": None})
    assert wish == {"phase2_dh_groups": [20, 21]}
    assert changes([(tunnel(phase2_dh_groups=[20, 21]), wish)]) == []


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name != "pre_shared_key"])
def test_each_option_that_differs_is_a_change(name: str) -> None:
    existing = tunnel(**{**EVERYTHING, name: "other"})
    (change,) = changes([(existing, EVERYTHING)])
    assert (change.before, change.after) == ({name: "other"}, {name: EVERYTHING[name]})
    assert change.request == to_api({name: EVERYTHING[name]})


def test_another_key_is_a_change_that_does_not_show_it() -> None:
    (change,) = changes([(tunnel(pre_shared_key="old_secret"), {"pre_shared_key": "new_secret"})])
    assert change.request == {"PreSharedKey": "new_secret"}
    assert "secret" not in f"{change.before} {change.after}"


def test_what_is_not_wanted_explicitly_is_left_alone() -> None:
    assert changes([(tunnel(**EVERYTHING), {"startup_action": "start"})]) == []


def test_tunnels_are_matched_by_their_inside_cidr() -> None:
    one, two = (
        tunnel("203.0.113.1", inside_cidr="169.254.20.0/30"),
        tunnel("203.0.113.2", inside_cidr="169.254.20.4/30"),
    )
    second, first = {"inside_cidr": "169.254.20.4/30"}, {"inside_cidr": "169.254.20.0/30"}
    assert match([second, first], [one, two]) == [(two, second), (one, first)]
    assert match([second], [one, two]) == [(two, second)]


def test_a_new_inside_cidr_takes_the_tunnel_that_is_left() -> None:
    one, two = (
        tunnel("203.0.113.1", inside_cidr="169.254.20.0/30"),
        tunnel("203.0.113.2", inside_cidr="169.254.20.4/30"),
    )
    new, kept = {"inside_cidr": "169.254.30.0/30"}, {"inside_cidr": "169.254.20.0/30"}
    assert match([new, kept], [one, two]) == [(two, new), (one, kept)]
    assert match([{}, {}], [one, two]) == [(one, {}), (two, {})]


def test_more_wishes_than_tunnels() -> None:
    with pytest.raises(OptionError, match="has 2 entries, but the VPN connection has 1"):
        match([{}, {}], [tunnel()])


def test_everything_is_valid() -> None:
    require_valid([EVERYTHING, {}])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"inside_cidr": "169.254.0.0/30"}, "169.254.0.0/30; allowed is a /30 in 169.254.0.0/16 other than"),
        ({"inside_cidr": "169.254.169.252/30"}, "allowed is"),
        ({"inside_cidr": "169.254.20.0/29"}, "allowed is"),
        ({"inside_cidr": "169.254.20.2/30"}, "allowed is"),
        ({"inside_cidr": "10.0.0.0/30"}, "allowed is"),
        ({"phase1_lifetime_seconds": 899}, "phase1_lifetime_seconds 899; allowed is 900 to 28800"),
        ({"phase1_lifetime_seconds": 3600}, "phase2_lifetime_seconds 3600; it must be less than phase 1's, 3600"),
        ({"phase2_lifetime_seconds": 3601}, "allowed is 900 to 3600"),
        ({"phase2_lifetime_seconds": 900, "rekey_margin_seconds": 451}, "at most half of phase 2's lifetime"),
        ({"rekey_margin_seconds": 59}, "allowed is 60 to 1800"),
        ({"rekey_fuzz_percentage": 101}, "allowed is 0 to 100"),
        ({"replay_window_size": 63}, "allowed is 64 to 2048"),
        ({"dpd_timeout_seconds": 29}, "allowed is 30 or more"),
    ],
)
def test_what_aws_would_refuse_is_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=f"tunnel 2.*{said}"):
        require_valid([{}, options])


@pytest.mark.parametrize("key", ["short_1", "a" * 65, "0secret_key", "secret-key", "secret key"])
def test_a_key_that_aws_would_refuse_is_not_repeated(key: str) -> None:
    with pytest.raises(OptionError, match="pre_shared_key that AWS refuses") as caught:
        require_valid([{"pre_shared_key": key}])
    assert key not in str(caught.value)


def test_two_tunnels_at_most_and_each_with_its_own_cidr() -> None:
    with pytest.raises(OptionError, match="3 entries"):
        require_valid([{}] * 3)
    with pytest.raises(OptionError, match="twice"):
        require_valid([{"inside_cidr": "169.254.20.0/30"}] * 2)


def test_tags_of_aws_are_not_purged() -> None:
    current = {"Name": "a", "gone": "x", "aws:cloudformation:stack-name": "s"}
    assert tag_changes(current, {"Name": "b"}, purge=True) == ({"Name": "b"}, ["gone"])
    assert tag_changes(current, {"Name": "b"}, purge=False) == ({"Name": "b"}, [])
