from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.firewall_errors import firewall_errors

MYSQL = {"name": "MySQL", "protocol": "tcp", "ports": [3306, "8000-8010"], "sources": ["10.10.0.0/16", "10.20.0.7"]}
ACROSS = {"name": "across", "from": "10.10.0.0/16", "to": "eth0"}


def test_correct_entries_give_no_sentence() -> None:
    assert firewall_errors([MYSQL, {"name": "ESP", "protocol": "esp", "interfaces": ["wan0"]}], [ACROSS]) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"protocol": "tpc"}, "has the protocol 'tpc'; allowed are tcp, udp, esp, gre."),
        ({"ports": []}, "has no ports; tcp needs at least one."),
        ({"ports": [0]}, "has the port 0; allowed are 1 to 65535 and ranges such as 8000-8010."),
        ({"ports": ["80-65536"]}, "has the port '80-65536'; allowed are 1 to 65535 and ranges such as 8000-8010."),
        ({"sources": []}, "has no sources in its list; leave the key out to open it to all."),
        ({"sources": ["10.10.0.1/8"]}, "has the source '10.10.0.1/8'; allowed are IPv4 networks such as 10.10.0.0/16."),
    ],
)
def test_a_wrong_opening_is_named(change: dict[str, Any], sentence: str) -> None:
    assert firewall_errors([MYSQL | change]) == [f"common_firewall_allow: the entry 'MySQL' {sentence}"]


def test_an_entry_without_a_name_is_shown_whole() -> None:
    (sentence,) = firewall_errors([{"protocol": "esp"}])
    assert "{'protocol': 'esp'} has no name" in sentence


@pytest.mark.parametrize("change", [{"from": ""}, {"to": "10.10.0.1/16"}, {"to": "an-interface-too-long"}])
def test_a_wrong_forward_rule_is_named(change: dict[str, str]) -> None:
    (sentence,) = firewall_errors([], [ACROSS | change])
    assert sentence.startswith(f"common_firewall_forward: the entry 'across' goes {next(iter(change))} ")
