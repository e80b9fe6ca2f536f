# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.checks import HealthCheck
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import OptionError, caller_reference
from ansible_collections.multicloud.dr.plugins.modules.route53_health_check import choose


def ours(suffix: str) -> HealthCheck:
    return HealthCheck(f"id-{suffix}", 1, caller_reference("shop", suffix), {})


def test_nobody() -> None:
    assert choose([], "shop", replace=False) == (None, [])


def test_the_only_one() -> None:
    assert choose([ours("0")], "shop", replace=False) == (ours("0"), [])


def test_several_are_an_error_that_names_them() -> None:
    with pytest.raises(OptionError, match="2 health checks have it: id-0, id-1"):
        choose([ours("1"), ours("0")], "shop", replace=False)


def test_an_interrupted_replacement_is_taken_up_where_it_stopped() -> None:
    assert choose([ours("0"), ours("1")], "shop", replace=True) == (ours("1"), [ours("0")])


def test_checks_of_others_are_never_surplus() -> None:
    foreign = HealthCheck("id-x", 1, "made elsewhere", {})
    with pytest.raises(OptionError, match="Delete all but one"):
        choose([foreign, ours("0")], "shop", replace=True)
