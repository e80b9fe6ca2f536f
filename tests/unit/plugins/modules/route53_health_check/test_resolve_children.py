# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from unittest.mock import Mock

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.checks import HealthCheck
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import OptionError
from ansible_collections.multicloud.dr.plugins.modules.route53_health_check import resolve_children

ID = "50ec8a13-9623-4c66-9834-dd8c5aedc9ba"


def account(**names: list[str]) -> Mock:
    """The account's checks: ids by name."""
    return Mock(named=lambda name: [HealthCheck(each, 1, "", {}) for each in names.get(name, [])])


def test_ids_and_names_mix_and_their_order_means_nothing() -> None:
    one = resolve_children(account(gcp=["b"], aws=["a"]), ["gcp", ID, "aws"], check_mode=False)
    two = resolve_children(account(gcp=["b"], aws=["a"]), ["aws", "gcp", ID], check_mode=False)
    assert one == two == sorted(["a", "b", ID])


@pytest.mark.parametrize(
    ("names", "part"), [({}, "no health check has this name"), ({"gcp": ["a", "b"]}, "but 2 health")]
)
def test_a_name_has_to_mean_exactly_one(names: dict[str, list[str]], part: str) -> None:
    with pytest.raises(OptionError, match=part):
        resolve_children(account(**names), ["gcp"], check_mode=False)


def test_in_check_mode_a_child_that_is_still_to_come_keeps_its_name() -> None:
    assert resolve_children(account(aws=["a"]), ["gcp", "aws"], check_mode=True) == ["a", "gcp"]
