# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables are misspelt. PRIVATE to the collection; no Ansible import.

A variable that starts with a role's name and an underscore but is no option of that role is a typing mistake: Ansible
itself would ignore it silently, and the role would run with its default.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


def unknown_variables(names: Iterable[str], options: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Sentences about misspelt variables, sorted.

    names: all variable names that a host sees. options: for each role, the options of its argument specification.
    A name belongs to the longest role name that it starts with (``dr_agent_x`` to ``dr_agent``, not to ``dr``).
    """
    found = []
    for name in sorted(set(names)):
        owners = [role for role in options if name.startswith(f"{role}_")]
        if not owners:
            continue
        role = max(owners, key=len)
        if name in options[role]:
            continue
        close = difflib.get_close_matches(name, list(options[role]), n=1)
        hint = f"did you mean {close[0]}?" if close else f"its options are {', '.join(sorted(options[role]))}."
        found.append(f"{name} is not a variable of the role {role}; {hint}")
    return found
