# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VPN tunnel's options: between a module's options and the API, and what has to be changed. Pure.

``Tunnel`` is keyed by the modules' option names; lists whose order means nothing are sorted. What the API does not show
has AWS's default.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnTunnelOptionsSpecification.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

Tunnel = dict[str, Any]

TUNNELS = 2
INSIDE = IPv4Network("169.254.0.0/16")
RESERVED = (*(IPv4Network(f"169.254.{number}.0/30") for number in range(6)), IPv4Network("169.254.169.252/30"))
PRE_SHARED_KEY = re.compile(r"(?!0)[A-Za-z0-9._]{8,64}")
SECRET = "pre_shared_key"
# What a diff and a plan show instead of the key.
KEPT, REPLACED = "(as wanted)", "(another key)"

# Option -> its name in requests and, where Describe spells it otherwise, in answers.
REQUEST = {
    "inside_cidr": "TunnelInsideCidr",
    SECRET: "PreSharedKey",
    "ike_versions": "IKEVersions",
    "phase1_encryption_algorithms": "Phase1EncryptionAlgorithms",
    "phase1_integrity_algorithms": "Phase1IntegrityAlgorithms",
    "phase1_dh_groups": "Phase1DHGroupNumbers",
    "phase1_lifetime_seconds": "Phase1LifetimeSeconds",
    "phase2_encryption_algorithms": "Phase2EncryptionAlgorithms",
    "phase2_integrity_algorithms": "Phase2IntegrityAlgorithms",
    "phase2_dh_groups": "Phase2DHGroupNumbers",
    "phase2_lifetime_seconds": "Phase2LifetimeSeconds",
    "rekey_margin_seconds": "RekeyMarginTimeSeconds",
    "rekey_fuzz_percentage": "RekeyFuzzPercentage",
    "replay_window_size": "ReplayWindowSize",
    "dpd_timeout_seconds": "DPDTimeoutSeconds",
    "dpd_timeout_action": "DPDTimeoutAction",
    "startup_action": "StartupAction",
}
ANSWER = REQUEST | {
    "ike_versions": "IkeVersions",
    "dpd_timeout_seconds": "DpdTimeoutSeconds",
    "dpd_timeout_action": "DpdTimeoutAction",
}

ENCRYPTION = ["AES128", "AES128-GCM-16", "AES256", "AES256-GCM-16"]
INTEGRITY = ["SHA1", "SHA2-256", "SHA2-384", "SHA2-512"]
CHOICES: dict[str, list[Any]] = {
    "ike_versions": ["ikev1", "ikev2"],
    "phase1_encryption_algorithms": ENCRYPTION,
    "phase1_integrity_algorithms": INTEGRITY,
    "phase1_dh_groups": [2, *range(14, 25), 35],
    "phase2_encryption_algorithms": ENCRYPTION,
    "phase2_integrity_algorithms": INTEGRITY,
    "phase2_dh_groups": [2, 5, *range(14, 25), 35, 36, 37],
}
DEFAULTS: Tunnel = {
    **CHOICES,
    "phase1_lifetime_seconds": 28_800,
    "phase2_lifetime_seconds": 3_600,
    "rekey_margin_seconds": 270,
    "rekey_fuzz_percentage": 100,
    "replay_window_size": 1024,
    "dpd_timeout_seconds": 30,
    "dpd_timeout_action": "clear",
    "startup_action": "add",
}
RANGES: dict[str, tuple[int, int | None]] = {
    "phase1_lifetime_seconds": (900, 28_800),
    "phase2_lifetime_seconds": (900, 3_600),
    "rekey_margin_seconds": (60, 1_800),
    "rekey_fuzz_percentage": (0, 100),
    "replay_window_size": (64, 2048),
    "dpd_timeout_seconds": (30, None),
}


class OptionError(ValueError):
    """The options contradict each other or what exists; the text is for the user."""


@dataclass(frozen=True)
class Existing:
    """A tunnel as it is; its Amazon-side address identifies it in the API."""

    outside_address: str
    options: Tunnel


@dataclass(frozen=True)
class Change:
    """A tunnel to be modified. ``request``: the arguments of ModifyVpnTunnelOptions, with the key in clear."""

    outside_address: str
    before: Tunnel
    after: Tunnel
    request: dict[str, Any]


def given(options: Mapping[str, Any]) -> Tunnel:
    """The options of one tunnel that were given at all."""
    return {name: _normal(options[name]) for name in REQUEST if options.get(name) is not None}


def from_api(answer: Mapping[str, Any]) -> Existing:
    """One of Options.TunnelOptions of a VPN connection."""
    found = dict(DEFAULTS)
    for name, key in ANSWER.items():
        value = answer.get(key)
        if value not in (None, []):
            found[name] = _normal([each["Value"] for each in value] if name in CHOICES else value)
    return Existing(answer["OutsideIpAddress"], found)


def to_api(options: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a request that sets these options."""
    return {
        REQUEST[name]: [{"Value": each} for each in value] if name in CHOICES else value
        for name, value in options.items()
    }


def _normal(value: Any) -> Any:
    return sorted(set(value)) if isinstance(value, list) else value


def require_valid(wanted: Sequence[Tunnel]) -> None:
    """Raises OptionError for what AWS would refuse, naming the tunnel and never its key."""
    if len(wanted) > TUNNELS:
        raise OptionError(f"tunnels has {len(wanted)} entries; a VPN connection has {TUNNELS} tunnels.")
    cidrs = [tunnel["inside_cidr"] for tunnel in wanted if "inside_cidr" in tunnel]
    if len(set(cidrs)) < len(cidrs):
        raise OptionError(f"tunnels has the inside_cidr {cidrs[0]} twice; each tunnel needs its own.")
    for number, tunnel in enumerate(wanted, 1):
        where = f"tunnels: tunnel {number}"
        if "inside_cidr" in tunnel:
            _require_inside_cidr(where, tunnel["inside_cidr"])
        if SECRET in tunnel and not PRE_SHARED_KEY.fullmatch(tunnel[SECRET]):
            allowed = "allowed are 8 to 64 of A-Z a-z 0-9 . and _, the first one not 0"
            raise OptionError(f"{where} has a pre_shared_key that AWS refuses; {allowed}.")
        for name, (least, most) in RANGES.items():
            value = tunnel.get(name)
            if value is not None and (value < least or (most is not None and value > most)):
                limits = f"{least} or more" if most is None else f"{least} to {most}"
                raise OptionError(f"{where} has {name} {value}; allowed is {limits}.")
        _require_times(where, DEFAULTS | tunnel)


def _require_inside_cidr(where: str, text: str) -> None:
    try:
        cidr = IPv4Network(text)
    except ValueError:
        cidr = IPv4Network("0.0.0.0/0")
    if cidr.prefixlen != 30 or not cidr.subnet_of(INSIDE) or cidr in RESERVED:
        reserved = ", ".join(map(str, RESERVED))
        raise OptionError(f"{where} has the inside_cidr {text}; allowed is a /30 in {INSIDE} other than {reserved}.")


def _require_times(where: str, tunnel: Tunnel) -> None:
    first, second = tunnel["phase1_lifetime_seconds"], tunnel["phase2_lifetime_seconds"]
    if second >= first:
        raise OptionError(f"{where} has phase2_lifetime_seconds {second}; it must be less than phase 1's, {first}.")
    if tunnel["rekey_margin_seconds"] > second // 2:
        margin = tunnel["rekey_margin_seconds"]
        raise OptionError(f"{where} has rekey_margin_seconds {margin}; at most half of phase 2's lifetime is allowed.")


def match(wanted: Sequence[Tunnel], existing: Sequence[Existing]) -> list[tuple[Existing, Tunnel]]:
    """Which wanted tunnel is which existing one: by the inside CIDR, and the rest in the API's order.

    The order of the answer comes from the wishes. Raises OptionError if there are more wishes than tunnels.
    """
    if len(wanted) > len(existing):
        raise OptionError(f"tunnels has {len(wanted)} entries, but the VPN connection has {len(existing)} tunnels.")
    by_cidr = {tunnel.options.get("inside_cidr"): tunnel for tunnel in existing}
    named = {wish["inside_cidr"] for wish in wanted if wish.get("inside_cidr") in by_cidr}
    rest = iter([tunnel for tunnel in existing if tunnel.options.get("inside_cidr") not in named])
    return [(by_cidr[wish["inside_cidr"]] if wish.get("inside_cidr") in named else next(rest), wish) for wish in wanted]


def changes(pairs: Iterable[tuple[Existing, Tunnel]]) -> list[Change]:
    """The tunnels that differ from the wishes, in the order of the wishes."""
    found = []
    for tunnel, wish in pairs:
        differs = {name: value for name, value in wish.items() if tunnel.options.get(name) != value}
        if differs:
            before = {name: tunnel.options.get(name) for name in differs}
            secret = SECRET in differs
            found.append(
                Change(
                    tunnel.outside_address,
                    before | ({SECRET: REPLACED} if secret else {}),
                    differs | ({SECRET: KEPT} if secret else {}),
                    to_api(differs),
                )
            )
    return found


def shown(options: Mapping[str, Any]) -> Tunnel:
    """A tunnel's options without its key."""
    return {name: value for name, value in options.items() if name != SECRET}


def tag_changes(current: Mapping[str, str], wanted: Mapping[str, str], purge: bool) -> tuple[dict[str, str], list[str]]:
    """Tags to set and keys to remove. Those that AWS sets itself stay."""
    add = {key: value for key, value in wanted.items() if current.get(key) != value}
    surplus = {key for key in current.keys() - wanted.keys() if not key.startswith("aws:")}
    return add, sorted(surplus) if purge else []
