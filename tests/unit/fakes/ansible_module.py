# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Ansible modules in this process, as a playbook would run them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

Run = Callable[..., dict[str, Any]]


def runner(main: Callable[[], None], capsys: pytest.CaptureFixture[str], environment: dict[str, str]) -> Run:
    """A function that runs the module with options and returns its result. ``_check`` and ``_diff`` are modes."""

    def run(_check: bool = False, _diff: bool = True, **options: Any) -> dict[str, Any]:
        modes = {"_ansible_check_mode": _check, "_ansible_diff": _diff}
        with pytest.MonkeyPatch.context() as patch, patch_module_args({**options, **modes}):
            for name, value in environment.items():
                patch.setenv(name, value)
            # As on a managed host, and without what an earlier module of this process warned of: other tests import the
            # controller's code, which would print warnings instead of returning them.
            patch.setattr("ansible.module_utils._internal.is_controller", False)
            patch.setattr("ansible.module_utils.common.warnings._global_warnings", {})
            capsys.readouterr()
            with pytest.raises(SystemExit):
                main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return run


def aws_environment(endpoint: str) -> dict[str, str]:
    """What points every AWS module to this endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
