# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysqlbinlog for "binary logs" that are kept as what the real one prints of them (see binlogs/made_by.sql)."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from ansible_collections.multicloud.dr.plugins.module_utils._failover.gtid import GtidSet

ROOT = Path(__file__).parents[3]
BINLOGS = Path(__file__).parent / "binlogs"
UUID = "4765b1d5-e72f-11f1-bd08-02fc00000001"
# All that the kept logs hold.
EVERYTHING = f"{UUID}:21-27:drill:1"


def printed(argv: Sequence[str]) -> Generator[bytes]:
    """The lines that ``mysqlbinlog --no-defaults [--include-gtids=SET] FILE...`` prints."""
    _, no_defaults, *rest = argv
    assert no_defaults == "--no-defaults", "an administrator's options would change what is printed"
    wanted = GtidSet.parse(rest.pop(0).removeprefix("--include-gtids=")) if rest[0].startswith("--") else None
    for name in rest:
        yield from _selected(Path(name).read_bytes().splitlines(keepends=True), wanted)


def _selected(lines: list[bytes], wanted: GtidSet | None) -> Iterator[bytes]:
    """What is before the first transaction, between two files, and the wanted transactions."""
    part: list[bytes] = []
    for line in lines:
        if b"\tGTID\t" in line or b"\tRotate to" in line or b"added by mysqlbinlog" in line:
            yield from part if _is_wanted(part, wanted) else ()
            part = []
        part.append(line)
    yield from part


def _is_wanted(part: list[bytes], wanted: GtidSet | None) -> bool:
    match = re.search(rb"GTID_NEXT= '(.+:.+)'", b"".join(part))
    return wanted is None or match is None or GtidSet.parse(match[1].decode()) <= wanted


def command(folder: Path) -> str:
    """Path of a program that does it, made in ``folder``."""
    program = folder / "mysqlbinlog"
    path = f"{ROOT / 'collections'}:{ROOT}"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} -m {__name__} "$@"\n')
    program.chmod(0o755)
    return str(program)


if __name__ == "__main__":
    sys.stdout.buffer.writelines(printed(sys.argv))
