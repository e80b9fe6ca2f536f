"""A server as the defaults make it, seen from itself and from a client in its network."""

import os
from typing import Any

import pytest
import testinfra


def connect(name: str) -> Any:
    return testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])


@pytest.fixture(scope="module")
def server() -> Any:
    return connect("server")


@pytest.fixture(scope="module")
def client() -> Any:
    return connect("client")


def reach(source: Any, address: str, port: int) -> str:
    """What a client meets: "open", "refused" (the packet arrived, nothing listens) or "dropped"."""
    script = f"import socket; socket.create_connection(('{address}', {port}), 1)"
    result = source.run(f'python3 -c "{script}"')
    if result.rc == 0:
        return "open"
    return "refused" if "ConnectionRefusedError" in result.stderr else "dropped"


def test_only_ssh_is_open(server: Any, client: Any) -> None:
    assert reach(client, "10.10.0.11", 22) == "open"
    assert reach(client, "10.10.0.11", 8080) == "dropped"
    assert reach(server, "10.10.0.11", 8080) == "refused", "lo is not filtered, or the test above proves nothing"


def test_the_server_reaches_others_and_gets_answers(server: Any) -> None:
    assert reach(server, "10.10.0.12", 22) == "open"


def test_ping_is_answered_but_not_over_ipv6(server: Any, client: Any) -> None:
    assert client.run("ping -c 1 -W 2 10.10.0.11").rc == 0
    address = server.check_output("ip -br -6 address show dev eth0 scope link | awk '{print $3}' | cut -d/ -f1")
    # Neighbour discovery works, everything above it is dropped.
    assert client.run(f"ping -c 1 -W 2 {address}%eth0").rc != 0
    assert client.run(f"ip -6 neighbour show dev eth0 | grep -F {address} | grep -q lladdr").rc == 0


def test_a_packet_that_is_not_for_the_server_is_not_routed(server: Any) -> None:
    assert "policy drop" in server.check_output("nft list chain inet common forward")


def test_tables_of_others_survive_a_reload(server: Any) -> None:
    server.check_output("nft add table inet other")
    try:
        server.check_output("systemctl reload nftables")
        assert server.run("nft list table inet other").rc == 0
        assert server.check_output("nft list table inet common").count("chain ") == 2
    finally:
        server.run("nft delete table inet other")


@pytest.mark.parametrize(
    "setting",
    [
        "permitrootlogin no",
        "passwordauthentication no",
        "kbdinteractiveauthentication no",
        "authenticationmethods publickey",
        "maxauthtries 3",
        "allowtcpforwarding no",
        "x11forwarding no",
    ],
)
def test_ssh(server: Any, setting: str) -> None:
    assert setting in server.check_output("sshd -T").splitlines()


def test_ssh_offers_no_password(client: Any) -> None:
    options = "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    answer = client.run(f"ssh {options} ops@10.10.0.11 || exit 1")
    assert "Permission denied (publickey)." in answer.stderr


@pytest.mark.parametrize("name", ["nftables", "chrony", "ssh"])
def test_services_run_now_and_at_boot(server: Any, name: str) -> None:
    assert server.service(name).is_running
    assert server.service(name).is_enabled


def test_the_clock_is_left_alone(server: Any) -> None:
    assert " -x" in server.check_output("ps -C chronyd -o args=")


def test_security_updates_only_and_every_day(server: Any) -> None:
    settings = server.check_output("apt-config dump")
    assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
    origins = [line for line in settings.splitlines() if line.startswith("Unattended-Upgrade::Origins-Pattern:: ")]
    assert len(origins) == 1
    assert "Debian-Security" in origins[0]


def test_the_journal_is_kept_and_bounded(server: Any) -> None:
    assert server.file("/var/log/journal").is_directory
    assert "SystemMaxUse=500M" in server.file("/etc/systemd/journald.conf").content_string
