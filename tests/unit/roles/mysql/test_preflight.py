"""The role's preflight, run by Ansible itself: one host a case, all cases in one run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.fakes import preflight

ROOT = Path(__file__).resolve().parents[4]
USER = {"name": "shop", "hosts": ["10.10.0.0/16"], "password": "x" * 16, "privileges": {"shop.*": "SELECT"}}
BY_SOCKET = {"name": "monitor", "hosts": ["localhost"], "os_user": "agent", "privileges": {"*.*": "REPLICATION CLIENT"}}
GOOD: dict[str, Any] = {
    "mysql_address": "10.10.0.20",
    "mysql_replication_peer": "10.20.0.20",
    "mysql_replication_password": "x" * 32,
    "mysql_tls_ca_src": "ca.crt",
    "mysql_tls_cert_src": "server.crt",
    "mysql_tls_key_src": "server.key",
    "mysql_users": [USER, BY_SOCKET],
}

# What is set otherwise (None: not at all), and a part of the sentence; empty: it passes.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({}, ""),
    "good_alone": ({"mysql_replication_peer": "", "mysql_replication_password": "", "mysql_users": []}, ""),
    "good_semi_sync": ({"mysql_semi_sync": True}, ""),
    "good_settings": ({"mysql_settings": {"innodb_io_capacity": 200}}, ""),
    "address_missing": ({"mysql_address": None}, "mysql_address is empty or not allowed"),
    "address_name": ({"mysql_address": "db1"}, "mysql_address is empty or not allowed"),
    "certificate_missing": ({"mysql_tls_key_src": None}, "mysql_tls_key_src is empty"),
    "certificate_empty": ({"mysql_tls_ca_src": ""}, "mysql_tls_ca_src is empty"),
    "source": ({"mysql_package_source": "snap"}, "mysql_package_source is 'snap'"),
    "series": ({"mysql_apt_series": "8.0"}, "mysql_apt_series '8.0'"),
    "role": ({"mysql_initial_role": "slave"}, "mysql_initial_role is 'slave'"),
    "replica_alone": ({"mysql_initial_role": "replica", "mysql_replication_peer": ""}, "a replica needs"),
    "own_peer": ({"mysql_replication_peer": "10.10.0.20"}, "another one than mysql_address"),
    "password_missing": ({"mysql_replication_password": ""}, "mysql_replication_password is empty"),
    "password_long": ({"mysql_replication_password": "x" * 33}, "the one given has 33."),
    "password_quote": ({"mysql_replication_password": "x" * 15 + "'"}, "mysql_replication_password is not fit"),
    "user_root": ({"mysql_users": [{**USER, "name": "root"}]}, "mysql_users: root."),
    "user_replication": ({"mysql_users": [{**USER, "name": "replication"}]}, "mysql_users: replication."),
    "user_hosts": ({"mysql_users": [{**USER, "hosts": []}]}, "mysql_users: shop."),
    "user_weak": ({"mysql_users": [{**USER, "password": "short"}]}, "mysql_users: shop."),
    "user_empty_secret": ({"mysql_users": [{**USER, "password": ""}]}, "mysql_users: shop."),
    "user_both": ({"mysql_users": [{**BY_SOCKET, "password": "x" * 16}]}, "mysql_users: monitor."),
    "user_socket_elsewhere": ({"mysql_users": [{**BY_SOCKET, "hosts": ["10.%"]}]}, "mysql_users: monitor."),
    "user_twice": ({"mysql_users": [USER, USER]}, "a name and host occurs twice"),
    "setting_plain": ({"mysql_settings": {"super_read_only": "OFF"}}, "sets super_read_only;"),
    "setting_dashes": ({"mysql_settings": {"loose-read-only": "OFF"}}, "sets read_only;"),
    "setting_skip": ({"mysql_settings": {"skip_log_bin": ""}}, "sets log_bin;"),
    "semi_sync_recovery": ({"mysql_semi_sync": True, "mysql_relay_log_recovery": True}, "drop at its restart"),
    "semi_sync_flush": ({"mysql_semi_sync": True, "mysql_sync_relay_log": 0}, "drop at its restart"),
    "server_id": ({"mysql_server_id": 0}, "mysql_server_id (0)"),
    "files": ({"mysql_open_files_limit": 100}, "mysql_open_files_limit (100)"),
}


# Seen before any rule: what is required, of the right type, one of the choices.
SPECIFICATION = ("address_missing", "certificate_missing", "source", "series", "role")


def said(folder: Path, task: dict[str, Any]) -> dict[str, str]:
    return preflight.said(folder, task, GOOD, {case: change for case, (change, _) in CASES.items()})


@pytest.fixture(scope="module")
def by_the_role(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    role = {"include_role": {"name": "multicloud.dr.mysql", "tasks_from": "preflight"}}
    return said(tmp_path_factory.mktemp("role"), role)


@pytest.fixture(scope="module")
def in_one_go(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return said(tmp_path_factory.mktemp("module"), {"multicloud.dr.role_variables": {"roles": ["mysql"]}})


@pytest.mark.parametrize("case", CASES)
def test_sentence(by_the_role: dict[str, str], case: str) -> None:
    wanted = CASES[case][1]
    if wanted:
        assert wanted in by_the_role[case]
    else:
        assert by_the_role[case] == ""


@pytest.mark.parametrize("case", CASES)
def test_all_rules_at_once_say_the_same(by_the_role: dict[str, str], in_one_go: dict[str, str], case: str) -> None:
    """But for what the argument specification has found before them."""
    if case in SPECIFICATION:
        assert in_one_go[case]
    else:
        assert by_the_role[case] in in_one_go[case]
        assert bool(in_one_go[case]) == bool(by_the_role[case])
