"""A router with openings, seen from a client on one side and from a backend on the other."""

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


@pytest.fixture(scope="module")
def backend() -> Any:
    return connect("backend")


def reach(source: Any, address: str, port: int) -> str:
    """What a client meets: "open", "refused" (the packet arrived, nothing listens) or "dropped"."""
    script = f"import socket; socket.create_connection(('{address}', {port}), 1)"
    result = source.run(f'python3 -c "{script}"')
    if result.rc == 0:
        return "open"
    return "refused" if "ConnectionRefusedError" in result.stderr else "dropped"


@pytest.mark.parametrize(
    ("port", "outcome"),
    [(22, "dropped"), (8080, "refused"), (9000, "refused"), (9010, "refused"), (9011, "dropped"), (8081, "dropped")],
)
def test_openings_for_the_client(client: Any, port: int, outcome: str) -> None:
    assert reach(client, "10.10.0.11", port) == outcome


@pytest.mark.parametrize(("port", "outcome"), [(22, "dropped"), (8080, "dropped"), (8081, "refused")])
def test_openings_for_the_backend(backend: Any, port: int, outcome: str) -> None:
    assert reach(backend, "10.20.0.11", port) == outcome


def test_esp_is_let_in(server: Any) -> None:
    assert "meta l4proto esp accept" in server.check_output("nft list chain inet common input")


def test_routed_packets_pass_where_they_may(server: Any, client: Any, backend: Any) -> None:
    server.check_output("sysctl -q -w net.ipv4.ip_forward=1")
    assert reach(client, "10.20.0.12", 22) == "open"
    # Answers go to 10.10.0.12 only: not to another address of the same client.
    client.check_output("ip address replace 10.10.0.13/24 dev eth0")
    assert client.run("ping -c 1 -W 1 -I 10.10.0.12 10.20.0.12").rc == 0
    assert client.run("ping -c 1 -W 1 -I 10.10.0.13 10.20.0.12").rc != 0


def test_accounts(server: Any) -> None:
    assert server.user("bob").exists
    assert not server.user("mallory").exists
    assert "alice" in server.file("/home/alice/.ssh/authorized_keys").content_string
    assert server.run("sudo -u alice sudo -n id -u").stdout.strip() == "0"
    assert server.run("sudo -u bob sudo -n true").rc != 0


def test_names_and_time_zone(server: Any) -> None:
    assert server.check_output("date +%Z") == "KST"
    assert server.addr("backend").ipv4_addresses == ["10.20.0.12"]


def test_options(server: Any) -> None:
    assert "allowtcpforwarding yes" in server.check_output("sshd -T").splitlines()
    assert 'APT::Periodic::Unattended-Upgrade "0";' in server.check_output("apt-config dump")
    assert '"^mysql-"' in server.check_output("apt-config dump Unattended-Upgrade::Package-Blacklist")
    assert "10.10.0.12" in server.check_output("chronyc -n sources")
    assert "SystemMaxUse=64M" in server.file("/etc/systemd/journald.conf").content_string
