# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path


def test_the_screen_says_who_is_active_and_how_far_the_standby_is_behind() -> None:
    lines = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "screen.txt").read_text().splitlines()
    shown = {line[:10].strip(): line[10:] for line in lines}
    assert shown["active"].startswith("gcp, epoch 1, lease held")
    assert shown["lag"] == "aws 0.2 s, 0 transactions behind"
    assert shown["agents"] == "gcp active, aws standby"
    # Nobody was asked.
    assert (shown["tunnels"], shown["DNS"]) == ("?/4", "?")
    assert len(lines) <= 14
