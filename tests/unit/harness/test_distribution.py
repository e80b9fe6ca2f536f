# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.harness.distribution import Distribution, distribution, percentile


@pytest.mark.parametrize(
    ("n", "percent", "rank"),
    [(1, 50, 1), (2, 50, 1), (3, 50, 2), (10, 95, 10), (20, 95, 19), (21, 95, 20), (100, 99, 99), (101, 99, 100)],
)
def test_the_exact_rank(n: int, percent: int, rank: int) -> None:
    assert percentile([float(value) for value in range(n, 0, -1)], percent) == rank


def test_a_run_that_never_recovered_is_the_worst_not_left_out() -> None:
    assert distribution([3.0, None, 1.0]) == Distribution(n=3, p50=3.0, p95=None, p99=None, max=None)


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_no_figure_out_of_nothing(values: list[float | None], percent: int) -> None:
    with pytest.raises(ValueError, match="allowed are"):
        percentile(values, percent)
