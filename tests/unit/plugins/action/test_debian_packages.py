# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.multicloud.dr.plugins.action.debian_packages import ActionModule, all_installed, query

INSTALLED = "install ok installed\n"


class Action(ActionModule):
    """On a host where dpkg-query says ``printed``; ``applied``: what APT was asked for."""

    def __init__(self, arguments: dict[str, Any], printed: str, code: int = 0) -> None:
        task = MagicMock(args=arguments, async_val=0, check_mode=False)
        super().__init__(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
        self._seen = {"rc": code, "stdout": printed, "stderr": ""}
        self.applied: list[dict[str, Any]] = []

    def _low_level_execute_command(self, cmd: str, *_: Any, **__: Any) -> dict[str, Any]:
        return self._seen

    def _execute_module(self, module_name: str, module_args: dict[str, Any], **_: Any) -> dict[str, Any]:
        assert module_name == "ansible.builtin.apt"
        self.applied.append(module_args)
        return {"changed": True}


def test_apt_is_not_started_where_everything_is_installed() -> None:
    action = Action({"name": ["haproxy", "socat"], "update_cache": True}, 2 * INSTALLED)
    assert action.run(task_vars={})["changed"] is False
    assert action.applied == []


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        pytest.param(INSTALLED, 1, id="one is unknown to dpkg"),
        pytest.param(INSTALLED + "deinstall ok config-files\n", 0, id="one was removed and its settings stayed"),
        pytest.param(INSTALLED + "install ok half-configured\n", 0, id="one is broken"),
        pytest.param(INSTALLED, 0, id="one is not answered for"),
        pytest.param("", 127, id="there is no dpkg-query"),
    ],
)
def test_apt_gets_everything_that_was_asked_where_something_is_missing(printed: str, code: int) -> None:
    asked = {"name": ["haproxy", "socat"], "update_cache": True, "policy_rc_d": 101}
    action = Action(asked, printed, code)
    assert action.run(task_vars={})["changed"] is True
    assert action.applied == [asked]


@pytest.mark.parametrize("name", ["haproxy", [], ["haproxy=3.0"], ["mysql*"], ["a b"], [7]])
def test_only_a_list_of_plain_names_is_taken(name: Any) -> None:
    with pytest.raises(AnsibleActionFail, match="name"):
        Action({"name": name}, "").run(task_vars={})


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="not a Debian machine")
def test_a_real_dpkg_answers_as_expected() -> None:
    def asked(*packages: str) -> bool:
        done = subprocess.run(query(list(packages)), shell=True, capture_output=True, text=True)
        return done.returncode == 0 and all_installed(done.stdout, list(packages))

    assert asked("dpkg", "bash")
    assert not asked("dpkg", "no-such-package-in-debian")
