# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.aws.changes import Changes


def test_a_change_is_pending_until_its_generation_is_served() -> None:
    changes = Changes()
    first, second = changes.record(), changes.record()
    assert (first["Status"], first["Id"] != second["Id"]) == ("PENDING", True)
    states = [
        [changes.info(change["Id"].removeprefix("/change/"), served)["Status"] for change in (first, second)]
        for served in (-1, 0, 1, 2)
    ]
    assert states == [["PENDING", "PENDING"], ["PENDING", "PENDING"], ["INSYNC", "PENDING"], ["INSYNC", "INSYNC"]]


def test_the_generation_grows_with_every_change() -> None:
    changes = Changes()
    assert changes.generation == 0
    changes.record()
    assert changes.generation == 1


def test_an_unknown_change_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Changes().info("C42", served=9)
