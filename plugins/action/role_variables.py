# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validate the variables of several roles at once, on the controller, before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..module_utils._role_variables import unknown_variables

ROLES = Path(__file__).resolve().parents[2] / "roles"


def role_options(role: str) -> dict[str, Any]:
    """Options of a role's main entry point, as written in its argument specification."""
    path = ROLES / role / "meta" / "argument_specs.yml"
    try:
        specification = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise AnsibleActionFail(f"roles: {role} is not a role of this collection.") from error
    return dict(specification["argument_specs"]["main"].get("options", {}))


class ActionModule(ActionBase):
    """Fails with one sentence a mistake; changes nothing and opens no connection."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        known = task_vars or {}
        options = {role: role_options(role) for role in self._task.args["roles"]}
        mistakes = unknown_variables(known, options)
        for role, wanted in options.items():
            given: dict[str, Any] = {}
            for name, option in wanted.items():
                if name in known:
                    try:
                        given[name] = self._templar.template(known[name])
                    except AnsibleError as error:
                        mistakes.append(f"{name} cannot be worked out: {error.message.rstrip('.')}.")
                elif option.get("required"):
                    mistakes.append(f"{name} is required by the role {role} and is not set.")
            # Presence is judged above, in better words.
            present = {name: {**wanted[name], "required": False} for name in given}
            validation = ArgumentSpecValidator(present).validate(given)
            mistakes += [f"{str(message).rstrip('.')}." for message in validation.error_messages]
        if mistakes:
            result.update(failed=True, msg=" ".join(mistakes))
        else:
            result.update(changed=False, msg=f"Variables of {', '.join(options)} are in order.")
        return result
