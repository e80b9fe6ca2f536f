# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who judges the product must not be built from it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).resolve().parents[2] / "harness"
# A MySQL client is the one thing that Python does not bring along.
ALLOWED = {*sys.stdlib_module_names, "pymysql"}


def imported(source: str) -> set[str]:
    """Modules that a file imports, other than those beside it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
        elif isinstance(node, ast.ImportFrom) and node.level > 1:
            names.add("." * node.level)
    return names


def foreign(source: str) -> set[str]:
    """Modules that a file must not import."""
    return {
        name for name in imported(source) if name.split(".")[0] not in ALLOWED and not name.startswith("tests.harness")
    }


def test_the_search_sees_an_import() -> None:
    """Negative control."""
    assert foreign("import os, lab.engine\nfrom plugins import x\nfrom .. import unit\nfrom . import faults") == {
        "lab.engine",
        "plugins",
        "..",
    }


@pytest.mark.parametrize("path", sorted(HARNESS.glob("*.py")), ids=lambda path: path.stem)
def test_the_harness_imports_nothing_of_the_product(path: Path) -> None:
    assert foreign(path.read_text()) == set()


def test_the_writer_needs_python_alone() -> None:
    modules = {name.split(".")[0] for name in imported((HARNESS / "writer.py").read_text())}
    assert modules <= set(sys.stdlib_module_names)
