# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is up until the data plane says so; then exactly that is."""

from __future__ import annotations

from typing import Any

from tests.unit.lab.gcp.client import PROJECT, REGION, Gcp

HOME = f"projects/{PROJECT}/regions/{REGION}"
TUNNELS = f"compute:regions/{REGION}/vpnTunnels"
GATEWAY = f"compute:regions/{REGION}/vpnGateways/prod"
ROUTER = f"compute:regions/{REGION}/routers/prod"
GROUP = f"regions/{REGION}/instanceGroups/web"


def peers(gcp: Gcp) -> dict[str, dict[str, Any]]:
    result = gcp.get(f"{ROUTER}/getRouterStatus")["result"]
    return {peer["name"]: peer for peer in result["bgpPeerStatus"]}


def health(gcp: Gcp) -> list[str]:
    answer = gcp.post("compute:global/backendServices/web/getHealth", {"group": GROUP})
    return [entry["healthState"] for entry in answer["healthStatus"]]


def test_without_a_data_plane_nothing_is_up(site: Gcp) -> None:
    assert {tunnel["status"] for tunnel in site.get(TUNNELS)["items"]} == {"NO_INCOMING_PACKETS"}
    assert {(peer["status"], peer["numLearnedRoutes"]) for peer in peers(site).values()} == {("DOWN", 0)}
    assert health(site) == ["UNHEALTHY"] * 3
    assert site.get("compute:global/sslCertificates/web")["managed"]["status"] == "PROVISIONING"
    assert site.get("certificatemanager:certificates/web")["managed"]["state"] == "PROVISIONING"


def test_one_tunnel_of_four(site: Gcp) -> None:
    site.cloud.observed.report({"vpn": {f"{HOME}/vpnTunnels/aws-1": "ESTABLISHED"}})
    status = {tunnel["name"]: tunnel["status"] for tunnel in site.get(TUNNELS)["items"]}
    assert [name for name, value in status.items() if value == "ESTABLISHED"] == ["aws-1"]
    assert site.get(f"{TUNNELS}/aws-1")["detailedStatus"] == "Tunnel is up and running."


def test_why_a_tunnel_is_down(site: Gcp) -> None:
    site.cloud.observed.report({"vpn": {f"{HOME}/vpnTunnels/aws-1": "AUTHORIZATION_ERROR"}})
    assert "shared secret" in site.get(f"{TUNNELS}/aws-1")["detailedStatus"]


def test_one_session_of_four(site: Gcp) -> None:
    site.cloud.observed.report({"bgp": {f"{HOME}/routers/prod/peer-2": 3}})
    found = peers(site)
    assert (found["peer-2"]["status"], found["peer-2"]["state"]) == ("UP", "Established")
    assert found["peer-2"]["numLearnedRoutes"] == 3
    assert found["peer-2"]["linkedVpnTunnel"].endswith("/aws-2")
    assert [name for name, peer in found.items() if peer["status"] == "UP"] == ["peer-2"]


def test_a_peer_that_is_switched_off_is_down_whatever_is_seen(site: Gcp) -> None:
    site.cloud.observed.report({"bgp": {f"{HOME}/routers/prod/peer-0": 3}})
    body = site.get(ROUTER)
    body["bgpPeers"][0]["enable"] = "FALSE"
    site.patch(ROUTER, {"bgpPeers": body["bgpPeers"]})
    assert (peers(site)["peer-0"]["status"], peers(site)["peer-0"]["state"]) == ("DOWN", "Idle")


def test_one_healthy_instance(site: Gcp) -> None:
    answer = site.post("compute:global/backendServices/web/getHealth", {"group": GROUP})
    path = answer["healthStatus"][0]["instance"].partition("/v1/")[2]
    site.cloud.observed.report({"health": {path: True}})
    assert sorted(health(site)) == ["HEALTHY", "UNHEALTHY", "UNHEALTHY"]
    site.post(f"compute:{path.removeprefix(f'projects/{PROJECT}/')}/stop")
    assert health(site) == ["UNHEALTHY"] * 3


def test_health_of_a_group_that_is_no_backend(site: Gcp) -> None:
    body = {"group": f"regions/{REGION}/instanceGroups/spare"}
    assert "not a backend" in site.refused("POST", "compute:global/backendServices/web/getHealth", body).message


def test_a_certificate_is_active_when_its_domains_are(site: Gcp) -> None:
    site.cloud.observed.report({"certificates": {"www.example.com": True}})
    managed = site.get("compute:global/sslCertificates/web")["managed"]
    assert (managed["status"], managed["domainStatus"]) == ("ACTIVE", {"www.example.com": "ACTIVE"})
    assert site.get("certificatemanager:certificates/web")["managed"]["state"] == "PROVISIONING"
    site.cloud.observed.report({"certificates": {"example.com": True, "*.example.com": True}})
    assert site.get("certificatemanager:certificates/web")["managed"]["state"] == "ACTIVE"


def test_redundancy_is_a_matter_of_tunnels(site: Gcp) -> None:
    """Of which interfaces are connected, not of what passes."""
    connection = site.get(f"{GATEWAY}/getStatus")["result"]["vpnConnections"][0]
    assert connection["state"] == {"state": "CONNECTION_REDUNDANCY_MET"}
    assert len(connection["tunnels"]) == 4
    site.patch(ROUTER, {"bgpPeers": [], "interfaces": []})
    site.delete(f"{TUNNELS}/aws-3")
    state = site.get(f"{GATEWAY}/getStatus")["result"]["vpnConnections"][0]["state"]
    assert state["unsatisfiedReason"] == "INCOMPLETE_TUNNELS_COVERAGE"


def test_a_secret_is_kept_and_not_shown(site: Gcp) -> None:
    """The data plane has to know it; the API shows only whether it changed."""
    body = site.get(f"{TUNNELS}/aws-0")
    assert set(body["sharedSecret"]) == {"*"}
    assert "not-a-real-secret" not in str(site.cloud.state())
    assert site.cloud.private()["compute"][f"{HOME}/vpnTunnels/aws-0"] == {"sharedSecret": "not-a-real-secret-0"}
    assert body["sharedSecretHash"] != site.get(f"{TUNNELS}/aws-1")["sharedSecretHash"]


def test_a_tunnel_knows_its_peer(site: Gcp) -> None:
    assert site.get(f"{TUNNELS}/aws-2")["peerIp"] == "192.0.2.3"


def test_both_interfaces_of_a_gateway_have_addresses_of_their_own(site: Gcp) -> None:
    addresses = [
        interface["ipAddress"]
        for name in ("prod", "other")
        for interface in site.get(f"compute:regions/{REGION}/vpnGateways/{name}")["vpnInterfaces"]
    ]
    assert len(set(addresses)) == 4
