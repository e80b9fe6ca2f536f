# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validate the variables of several roles at once, on the controller, before anything is changed.

The rules are the asserts of each role's ``tasks/preflight.yml``. As tasks they take a process for each rule and host,
on the lab's fourteen hosts a quarter of the time of a run that changes nothing; here they are evaluated where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..module_utils._role_variables import unknown_variables

ROLES = Path(__file__).resolve().parents[2] / "roles"
RULE = "ansible.builtin.assert"
# libyaml's where it is there: each host's process reads all specifications.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def role_options(role: str) -> dict[str, Any]:
    """Options of a role's main entry point, as written in its argument specification."""
    path = ROLES / role / "meta" / "argument_specs.yml"
    try:
        specification = yaml.load(path.read_text(), LOADER)
    except FileNotFoundError as error:
        raise AnsibleActionFail(f"roles: {role} is not a role of this collection.") from error
    return dict(specification["argument_specs"]["main"].get("options", {}))


def listed(value: Any) -> list[Any]:
    """``that`` and ``when`` may be one condition or several."""
    return value if isinstance(value, list) else [value]


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
        # Rules may count on what the specification promises.
        for role in options if not mistakes else ():
            mistakes += self._broken_rules(role, known)
        if mistakes:
            result.update(failed=True, msg=" ".join(mistakes))
        else:
            result.update(changed=False, msg=f"Variables of {', '.join(options)} are in order.")
        return result

    def _broken_rules(self, role: str, known: dict[str, Any]) -> list[str]:
        """What the role's first broken rule says; a later one may count on it. Raises AnsibleActionFail if a rule is
        not an assert."""
        names = {**self._load(role, "defaults/main.yml", {}), **known, **self._load(role, "vars/main.yml", {})}
        for task in self._load(role, "tasks/preflight.yml", []):
            if unknown := set(task) - {"name", RULE, "vars", "when", "loop", "loop_control", "no_log"}:
                raise AnsibleActionFail(
                    f"{role}: '{task['name']}' is more than an assert: {', '.join(sorted(unknown))}."
                )
            try:
                if sentences := list(self._broken(task, names)):
                    return sentences
            except AnsibleError as error:
                raise AnsibleActionFail(f"{role}: '{task['name']}' cannot be worked out: {error.message}") from error
        return []

    def _broken(self, task: dict[str, Any], names: dict[str, Any]) -> Iterator[str]:
        items = self._with(names).template(task["loop"]) if "loop" in task else [None]
        for item in items:
            templar = self._with({**names, "item": item, **task.get("vars", {})})
            conditions = listed(task.get("when", []))
            if all(map(templar.evaluate_conditional, conditions)) and not all(
                map(templar.evaluate_conditional, listed(task[RULE]["that"]))
            ):
                yield str(templar.template(task[RULE]["fail_msg"])).strip()

    def _with(self, names: dict[str, Any]) -> Any:
        return self._templar.copy_with_new_env(available_variables=names)

    def _load(self, role: str, path: str, missing: Any) -> Any:
        file = ROLES / role / path
        return self._loader.load_from_file(str(file), trusted_as_template=True) if file.exists() else missing
