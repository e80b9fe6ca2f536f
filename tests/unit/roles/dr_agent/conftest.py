from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).resolve().parents[4] / "roles/dr_agent/files/dr_agent.py"


@pytest.fixture(scope="session")
def agent() -> ModuleType:
    """The agent, which is a file of a role and on no import path."""
    spec = importlib.util.spec_from_file_location("dr_agent", SOURCE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["dr_agent"] = module
    spec.loader.exec_module(module)
    return module
