# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path


def test_another_table_and_other_gateways() -> None:
    text = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "screen.txt").read_text()
    assert "aws, epoch 1, lease held" in text
    assert "1/2" in text
