# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.aws.__main__ import arguments
from lab.route53.model import Checker

BIND = ["--bind", "127.0.0.1:5000"]


def test_the_whole_command_line() -> None:
    options = arguments(
        [*BIND, "--bind", "127.0.0.2:80", "--route53-dns", "127.0.0.1:53", "--checkers", "192.0.2.1-192.0.2.10"]
    )
    assert options.bind == [("127.0.0.1", 5000), ("127.0.0.2", 80)]
    assert options.route53_dns == [("127.0.0.1", 53)]
    assert len(options.checkers) == 10
    assert options.checkers[0] == Checker("192.0.2.1", "us-east-1")
    assert options.checkers[8] == Checker("192.0.2.9", "us-east-1")


def test_the_api_alone() -> None:
    assert arguments(BIND).checkers is None


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        ([], "--bind"),
        (["--bind", "5000"], "'5000' is not ADDRESS:PORT"),
        (["--bind", "localhost:5000"], "is not ADDRESS:PORT"),
        ([*BIND, "--checkers", "192.0.2.1-192.0.2.2"], "go together"),
        ([*BIND, "--route53-dns", "127.0.0.1:53"], "go together"),
        ([*BIND, "--route53-dns", "127.0.0.1:53", "--checkers", "192.0.2.9-192.0.2.1"], "holds no address"),
        ([*BIND, "--route53-dns", "127.0.0.1:53", "--checkers", "everybody"], "FIRST-LAST"),
    ],
)
def test_mistakes_end_with_a_sentence(argv: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(argv)
    assert part in capsys.readouterr().err
