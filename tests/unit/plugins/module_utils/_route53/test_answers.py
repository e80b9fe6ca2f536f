# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.answers import (
    Answer,
    Sides,
    agreed,
    ask_all,
    side_of,
)
from ansible_collections.multicloud.dr.plugins.module_utils._route53.override import AUTOMATIC
from ansible_collections.multicloud.dr.plugins.module_utils._route53.pair import sentence

SIDES: Sides = {"gcp": ["192.0.2.1", "192.0.2.2"], "aws": ["192.0.2.3"]}


def ask(name: str, rdtype: str, server: str) -> tuple[list[str], int | None]:
    assert (name, rdtype) == ("shop.example.org", "A")
    answers = {"a": ["192.0.2.2", "192.0.2.1"], "b": ["192.0.2.3"], "c": ["192.0.2.9"], "d": []}
    if server not in answers:
        raise OSError("no answer")
    return answers[server], 60 if answers[server] else None


def asked(*servers: str) -> list[Answer]:
    return ask_all("shop.example.org", "A", servers, SIDES, ask)


def test_every_server_is_asked() -> None:
    assert asked("a", "b", "c", "d", "e") == [
        Answer("a", "gcp", ("192.0.2.1", "192.0.2.2"), 60),
        Answer("b", "aws", ("192.0.2.3",), 60),
        Answer("c", "", ("192.0.2.9",), 60),
        Answer("d"),
        Answer("e", error="no answer"),
    ]
    assert asked() == []


@pytest.mark.parametrize(
    ("servers", "side"),
    [("a", "gcp"), ("aa", "gcp"), ("ae", "gcp"), ("ab", ""), ("ac", ""), ("ad", ""), ("e", ""), ("", ""), ("d", "")],
)
def test_those_that_answer_have_to_agree(servers: str, side: str) -> None:
    assert agreed(asked(*servers)) == side


@pytest.mark.parametrize(
    ("values", "sides", "side"),
    [
        (["192.0.2.1"], SIDES, ""),  # half of it
        (["Edge.example.org"], {"gcp": ["edge.example.org."], "aws": ["x"]}, ""),
        (["edge.example.org"], {"gcp": ["Edge.example.org."], "aws": ["x"]}, "gcp"),
        (["192.0.2.9"], {"gcp": ["192.0.2.1"], "aws": None}, "aws"),
        (["192.0.2.1"], {"gcp": ["192.0.2.1"], "aws": None}, "gcp"),
        (["192.0.2.9"], {"gcp": None, "aws": None}, ""),
        ([], {"gcp": ["192.0.2.1"], "aws": None}, ""),
        (["192.0.2.9"], {}, ""),
    ],
)
def test_whose_answer_it_is(values: list[str], sides: Sides, side: str) -> None:
    assert side_of(values, sides) == side


@pytest.mark.parametrize(
    ("force", "servers", "told"),
    [
        (AUTOMATIC, "aa", "shop follows its health checks; 2 of 2 name servers answered, with gcp."),
        ("aws", "be", "shop is forced to aws; 1 of 2 name servers answered, with aws."),
        ("aws", "ab", "shop is forced to aws; 2 of 2 name servers answered, with aws and gcp."),
        ("aws", "cd", "shop is forced to aws; 2 of 2 name servers answered, with 192.0.2.9 and nothing."),
        (AUTOMATIC, "e", "shop follows its health checks; 0 of 1 name servers answered."),
        ("", "", "shop has health checks with flags that are no override."),
        (None, "", "shop may be overridden, which is not known."),
    ],
)
def test_in_words(force: str | None, servers: str, told: str) -> None:
    assert sentence("shop", force, asked(*servers)) == told
