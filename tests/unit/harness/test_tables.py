# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.harness.tables import Order, Tables, query, read_tables


def test_rows_as_the_client_prints_them() -> None:
    rows = [
        ["order", "id-1", "7", "40", "uuid-a", "gcp", "cup:2:10,jar:1:20"],
        ["order", "id-2", "8", "0", "uuid-a", "gcp", ""],
        ["product", "cup", "100000"],
    ]
    assert read_tables(rows) == Tables(
        (
            Order("id-1", 7, 40, {"cup": (2, 10), "jar": (1, 20)}, "uuid-a", "gcp"),
            Order("id-2", 8, 0, {}, "uuid-a", "gcp"),
        ),
        {"cup": 100000},
    )


def test_another_row_is_refused() -> None:
    with pytest.raises(ValueError, match="not a row of the final tables"):
        read_tables([["order", "id-1"]])


def test_a_query_is_for_one_run() -> None:
    assert "'harness-abc1@example.org'" in query("abc1")
    with pytest.raises(ValueError, match="allowed are letters and digits"):
        query("' OR 1=1")
