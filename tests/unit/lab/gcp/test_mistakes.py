# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes that Google refuses are refused, with its kind of error; without the mistake the same call is accepted."""

from __future__ import annotations

from typing import Any

import pytest

from lab.gcp.store import merged
from tests.unit.lab.gcp.client import STEPS, Body, Gcp, read

MISTAKES = read("mistakes.yml")
VARIANTS = [mistake for mistake in MISTAKES if "like" in mistake]


def call(mistake: Body, wrong: bool) -> tuple[str, str, Any]:
    """Method, URL and body of a mistake, or of the same call without it."""
    if "like" not in mistake:
        return mistake["http"], mistake["url"], mistake.get("body")
    step = STEPS[mistake["like"]]
    body = dict(step["body"])
    if "name" in body and mistake["like"] != "record":
        body["name"] += "-more"
    body = merged(body, mistake.get("with", {}))
    return step.get("http", "POST"), step["url"], merged(body, mistake["change"]) if wrong else body


def named(mistake: Body) -> str:
    return str(mistake["mistake"]).replace(" ", "-")


def test_there_are_enough_of_them() -> None:
    assert len(MISTAKES) >= 52
    assert len({mistake["mistake"] for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=named)
def test_is_refused_and_changes_nothing(site: Gcp, mistake: Body) -> None:
    before = site.cloud.state()
    code, reason, text = mistake["refused"]
    refusal = site.refused(*call(mistake, wrong=True))
    assert (refusal.code, refusal.reason) == (code, reason), refusal
    assert text in refusal.message
    assert site.cloud.state() == before


@pytest.mark.parametrize("mistake", VARIANTS, ids=named)
def test_is_accepted_without_the_mistake(site: Gcp, mistake: Body) -> None:
    site.call(*call(mistake, wrong=False))
