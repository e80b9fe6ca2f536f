# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils._role_variables import unknown_variables

OPTIONS: dict[str, dict[str, dict[str, str]]] = {
    "mysql": {"mysql_server_id": {}, "mysql_version": {}},
    "dr": {"dr_x": {}},
    "dr_agent": {"dr_agent_port": {}},
}


def test_known_and_foreign_variables_are_silent() -> None:
    assert unknown_variables(["mysql_server_id", "ansible_host", "nginx_port", "dr_agent_port"], OPTIONS) == []


def test_a_typo_names_the_variable_and_the_likely_one() -> None:
    assert unknown_variables(["mysql_sevrer_id"], OPTIONS) == [
        "mysql_sevrer_id is not a variable of the role mysql; did you mean mysql_server_id?"
    ]


def test_without_a_likely_one_the_options_are_listed() -> None:
    assert unknown_variables(["mysql_zzz"], OPTIONS) == [
        "mysql_zzz is not a variable of the role mysql; its options are mysql_server_id, mysql_version."
    ]


def test_the_longest_role_name_owns_a_variable() -> None:
    assert unknown_variables(["dr_agent_prot"], OPTIONS) == [
        "dr_agent_prot is not a variable of the role dr_agent; did you mean dr_agent_port?"
    ]
