# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificate is taken, and how its records are shown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._acm.certificate import (
    Certificate,
    Wanted,
    choose,
    validation_records,
)

WANT = Wanted("shop", ("a.example", "b.example"), "RSA_2048")


def certificate(arn: str, status: str = "ISSUED", domains: tuple[str, ...] = WANT.domains) -> Certificate:
    return Certificate(arn, status, domains, "RSA_2048")


@pytest.mark.parametrize(
    ("found", "chosen", "others"),
    [
        ([], None, []),
        ([certificate("1")], "1", []),
        ([certificate("1", "PENDING_VALIDATION"), certificate("2")], "2", ["1"]),
        ([certificate("1", "PENDING_VALIDATION")], "1", []),
        ([certificate("1", "FAILED"), certificate("2", "EXPIRED")], None, ["1", "2"]),
        ([certificate("1", domains=("a.example",))], None, ["1"]),
        ([certificate("2"), certificate("1")], "1", ["2"]),
    ],
)
def test_choose(found: list[Certificate], chosen: str | None, others: list[str]) -> None:
    current, superseded = choose(found, WANT)
    assert (current and current.arn, superseded) == (chosen, others)


def test_the_token_is_the_request() -> None:
    assert WANT.token == Wanted(*("shop", ("a.example", "b.example"), "RSA_2048")).token
    assert (
        len({WANT.token, Wanted("x", WANT.domains, "RSA_2048").token, Wanted("shop", ("a.example",), "RSA_2048").token})
        == 3
    )
    assert len(WANT.token) == 32


def test_records_that_are_not_shown_yet() -> None:
    record = {"Name": "_x.a.example.", "Type": "CNAME", "Value": "_y.acm-validations.aws."}
    options: list[dict[str, Any]] = [{"DomainName": "a.example", "ResourceRecord": record}, {"DomainName": "b.example"}]
    assert not Certificate("1", "PENDING_VALIDATION", (), "RSA_2048", validation_records(options)).has_records
    shown = validation_records(options[:1] * 2)
    assert shown == [{"name": "_x.a.example", "type": "CNAME", "values": ["_y.acm-validations.aws."]}]
