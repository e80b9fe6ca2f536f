# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the READMEs tell people to type exists, is the same in both languages, and no link leads nowhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from lab.__main__ import HOST_VERBS, parser

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "README.ko.md", "CONTRIBUTING.md", "docs/lab.md", "docs/limits.md"]
READMES = ["README.md", "README.ko.md"]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def commands(text: str) -> list[str]:
    """Lines of indented code blocks, without comments. A fenced block (data, not commands) is left out."""
    lines = re.sub(r"(?ms)^```.*?^```$", "", text).splitlines()
    return [line.strip() for line in lines if line.startswith("    ") and not line.strip().startswith("#")]


def dead_links(text: str, folder: Path) -> list[str]:
    """Relative links of a page in ``folder`` whose file does not exist."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    return [target for target in targets if "://" not in target and not (folder / target).exists()]


def known_hosts(tree: dict[str, object] | None = None) -> set[str]:
    """All host names of the lab's inventory, whichever group they stand in."""
    tree = yaml.safe_load(read("inventories/lab/hosts.yml"))["all"] if tree is None else tree
    hosts, children = tree.get("hosts") or {}, tree.get("children") or {}
    assert isinstance(hosts, dict) and isinstance(children, dict)
    return set(hosts).union(*(known_hosts(child or {}) for child in children.values()))


def problem(command: str) -> str:
    """Why a line of the README could not be typed; empty if it can."""
    words = shlex.split(command)
    if words[0] == "make":
        found = set(re.findall(r"(?m)^([a-z0-9-]+):", read("Makefile")))
        return "" if set(words[1:]) <= found else f"no such target: {command}"
    if words[:3] == [".venv/bin/python", "-m", "lab"]:
        asked = parser().parse_args(words[3:])
        hosts = asked.hosts if asked.verb in HOST_VERBS else [asked.host]
        return "" if set(hosts) <= known_hosts() else f"no such host: {command}"
    missing = [word for word in words if re.match(r"(playbooks|app)/", word) and not (ROOT / word).exists()]
    return f"no such file: {missing}" if missing else ""


def test_the_checks_see_a_mistake() -> None:
    """Negative control."""
    assert commands("text\n\n    # why\n    make lab\n\n```yaml\na:\n    b: 1\n```\n") == ["make lab"]
    assert dead_links("[a](README.md) [b](nowhere.md#x) [c](https://example.org/x)", ROOT) == ["nowhere.md"]
    assert problem("make lap")
    assert problem(".venv/bin/python -m lab kill gcp-egde")
    assert problem(".venv/bin/ansible-playbook playbooks/sight.yml")


@pytest.mark.parametrize("name", READMES)
def test_every_command_can_be_typed(name: str) -> None:
    found = commands(read(name))
    assert found
    assert [text for text in map(problem, found) if text] == []


def test_both_languages_give_the_same_commands() -> None:
    english, korean = map(read, READMES)
    assert commands(english) == commands(korean)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_link_leads_nowhere(name: str) -> None:
    assert dead_links(read(name), (ROOT / name).parent) == []
