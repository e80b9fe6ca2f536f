# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of the repository's own files: each role's interface, and the preflight that covers site.yml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def load(*parts: str) -> Any:
    return yaml.safe_load(ROOT.joinpath(*parts).read_text())


def compare(defaults: dict[str, Any], commented: set[str], options: dict[str, dict[str, Any]]) -> list[str]:
    """Sentences about differences between a role's defaults and its argument specification.

    commented: names that stand in defaults/main.yml as ``# name:`` (required ones have no default).
    """
    required = {name for name, option in options.items() if option.get("required")}
    found = [f"{name} has a default but no argument specification" for name in sorted(set(defaults) - set(options))]
    found += [f"{name} is required but has a default" for name in sorted(required & set(defaults))]
    found += [f"{name} is required but not shown as '# {name}:' in defaults" for name in sorted(required - commented)]
    found += [f"{name} is specified but has no default" for name in sorted(set(options) - required - set(defaults))]
    found += [
        f"{name}: specification says {options[name]['default']!r}, defaults say {value!r}"
        for name, value in defaults.items()
        if name in options and "default" in options[name] and options[name]["default"] != value
    ]
    return found


def test_the_comparison_sees_each_kind_of_difference() -> None:
    """Negative control."""
    options: dict[str, dict[str, Any]] = {
        "a": {},
        "b": {"required": True},
        "c": {"required": True},
        "d": {"default": 1},
    }
    assert compare({"b": 1, "d": 2, "e": 3}, {"b"}, options) == [
        "e has a default but no argument specification",
        "b is required but has a default",
        "c is required but not shown as '# c:' in defaults",
        "a is specified but has no default",
        "d: specification says 1, defaults say 2",
    ]


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specification_agree(role: str) -> None:
    text = (ROOT / "roles" / role / "defaults" / "main.yml").read_text()
    commented = set(re.findall(r"^# ([a-z0-9_]+):", text, re.MULTILINE))
    options = load("roles", role, "meta", "argument_specs.yml")["argument_specs"]["main"].get("options", {})
    assert compare(yaml.safe_load(text) or {}, commented, options) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_carries_its_roles_name(role: str) -> None:
    options = load("roles", role, "meta", "argument_specs.yml")["argument_specs"]["main"].get("options", {})
    assert [name for name in options if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_complete(role: str) -> None:
    wanted = ["README.md", "meta/main.yml", "tasks/main.yml", "tasks/preflight.yml"]
    wanted += ["molecule/default/molecule.yml", "molecule/alternative/molecule.yml"]
    assert [path for path in wanted if not (ROOT / "roles" / role / path).exists()] == []


def test_preflight_covers_exactly_the_roles_of_site_yml() -> None:
    roles: dict[str, list[str]] = {}
    for play in load("playbooks", "site.yml"):
        if "hosts" in play:
            roles.setdefault(play["hosts"], []).extend(r["role"].removeprefix("multicloud.dr.") for r in play["roles"])
    assert load("playbooks", "vars", "roles.yml")["dr_roles_of_group"] == roles
