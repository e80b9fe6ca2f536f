# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole site is accepted, and reads back as it was sent."""

from __future__ import annotations

from typing import Any

import pytest

from lab.gcp.store import path_of
from tests.unit.lab.gcp.client import PROJECT, SITE, Gcp, Refused

CREATED = [
    step for step in SITE if step["url"].startswith("compute:") and "http" not in step and "name" in step["body"]
]
# Sent, but not shown: a secret, a disk's recipe.
HIDDEN = {"sharedSecret", "initializeParams", "sourceImage"}


def differences(sent: Any, read: Any, where: str = "") -> list[str]:
    """Where an answer does not contain what was sent."""
    if isinstance(sent, dict):
        return [
            found
            for key, value in sent.items()
            if key not in HIDDEN
            for found in differences(value, read.get(key) if isinstance(read, dict) else None, f"{where}.{key}")
        ]
    if isinstance(sent, list) and where != ".rules":
        if len(sent) != len(read or []):
            return [where]
        pairs = enumerate(zip(sent, read, strict=True))
        return [found for index, (a, b) in pairs for found in differences(a, b, f"{where}[{index}]")]
    if isinstance(sent, list):
        return [] if len(sent) == len(read) else [where]
    same = {str(sent), path_of(sent, PROJECT), f"{sent}-{sent}"}
    return [] if str(read) in same or path_of(read, PROJECT) in same - {""} else [f"{where}: {sent} != {read}"]


@pytest.mark.parametrize("step", CREATED, ids=lambda step: str(step["id"]))
def test_reads_back_what_was_sent(site: Gcp, step: dict[str, Any]) -> None:
    sent = dict(step["body"])
    read = site.get(f"{step['url']}/{sent['name']}")
    if step["id"] in ("http-rule", "https-rule"):
        sent["IPAddress"] = site.get("compute:global/addresses/lb")["address"]
    if step["id"] == "group":
        sent["targetSize"] = 3  # the autoscaler's least
    assert differences(sent, read) == []
    assert read["selfLink"].endswith(f"/{sent['name']}")


def test_nothing_sent_was_ignored(gcp: Gcp) -> None:
    gcp.build()
    assert [entry for entry in gcp.cloud.entries() if entry["ignored"]] == []


def test_is_torn_down_in_reverse_to_nothing(site: Gcp) -> None:
    """Every resource can be removed, and only in the order of their dependencies."""
    everything = [path for path in site.cloud.state()["compute"] if "/instances/web-" not in path]
    site.patch("compute:regions/europe-west1/routers/prod", {"interfaces": [], "bgpPeers": [], "nats": []})
    left = [path for path in everything if "/instanceGroups/" not in path]
    while left:
        kept = []
        for path in left:
            try:
                if path in site.cloud.store("compute"):
                    site.delete(f"compute:{path.partition('/')[2].partition('/')[2]}")
            except Refused as refusal:
                assert refusal.reason == "resourceInUseByAnotherResource", refusal
                kept.append(path)
        assert len(kept) < len(left), kept
        left = kept
    assert site.cloud.state().get("compute", {}) == {}
