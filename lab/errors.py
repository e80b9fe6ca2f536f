# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that end a command with one sentence instead of a traceback."""

from __future__ import annotations


class LabError(Exception):
    """Something the operator can act on; its text is the whole message."""


class CommandError(LabError):
    """A command that had to succeed did not."""

    def __init__(self, argv: list[str], returncode: int, output: str) -> None:
        super().__init__(f"`{' '.join(argv)}` ended with {returncode}: {output.strip() or 'no output'}")
        self.argv = argv
        self.returncode = returncode
        self.output = output
