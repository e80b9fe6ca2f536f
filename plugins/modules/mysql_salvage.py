#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write down transactions of a deposed MySQL server before its data are replaced."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_salvage
version_added: 0.1.0
short_description: Write down transactions of a deposed MySQL server before its data are replaced
description:
  - >-
    A server that was deposed may have executed transactions that the new writer never received. They would be lost when
    the server is made a replica again. This module reads them from its binary logs and writes four files.
  - >-
    C(rows.jsonl) has one JSON object for every row that changed, with the row before and after by column name, its
    primary key, the transaction's GTID and the time of its commit. Decimals are strings, binary values are
    C({"hex": ...}), TIMESTAMP values are UTC.
  - >-
    C(ledger.jsonl) has one JSON object for every transaction, with the tables, the primary keys and the columns of
    O(ledger_ids) that it touched.
  - >-
    C(replay.sql) puts the rows back with plain statements that can be read and edited. It stops at a row that exists
    already, or that is no longer what it was: a counter that has moved on is not set back. Triggers fire. Generated
    columns, and what was changed by C(ON UPDATE CASCADE), have to be removed by hand.
  - >-
    C(binlog.sql) is the complete output of C(mysqlbinlog) for these transactions, as a replica would run them: under
    their own GTIDs, without triggers, and without looking at what a row has become meanwhile.
  - >-
    Either all transactions of O(gtid_set) are written or none. If some of them are in no binary log, the module fails
    and names them.
  - >-
    It reads files and does not connect, so it works on a server that does not start. Column names and primary keys come
    from the binary log itself, if the server runs with C(binlog_row_metadata=FULL); without, columns are called V(@1),
    V(@2) and C(replay.sql) leaves these transactions out.
options:
  gtid_set:
    description: The transactions, as MySQL writes GTID sets. Tags are allowed. An empty set needs no files.
    type: str
    required: true
  dest:
    description:
      - Folder on the host for the four files. It is made if need be, readable only by its owner.
      - The files hold customers' data. Files of the same names are replaced.
    type: path
    required: true
  binlog_index:
    description: The index of the binary logs, in the server's data directory.
    type: path
    default: /var/lib/mysql/binlog.index
  ledger_ids:
    description:
      - Columns that the ledger and the return value show beside the primary key, by C(schema.table).
      - Columns that are not in the row image are left out.
    type: dict
    default: {"shop.orders": ["order_id", "request_id"]}
  replay_skip:
    description: Tables (C(schema.table)) whose rows are not worth putting back. Only C(replay.sql) leaves them out.
    type: list
    elements: str
    default: [dr.heartbeat]
  mysqlbinlog:
    description: The program, of the server's version or newer.
    type: path
    default: /usr/bin/mysqlbinlog
requirements:
  - mysqlbinlog of MySQL 8.4 or newer
notes:
  - Tested with MySQL 9.7. Made for the row format, which is the default; statements and DDL are kept as text.
  - Encrypted logs, and logs with parts of JSON documents (C(binlog_row_value_options=PARTIAL_JSON)), are refused.
  - Text in a character set other than Unicode, ASCII, C(latin1) and C(euckr) is shown in hexadecimal form.
extends_documentation_fragment:
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.mysql_gtid_info
  - name: mysqlbinlog
    description: MySQL's reference manual.
    link: https://dev.mysql.com/doc/refman/8.4/en/mysqlbinlog.html
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: What does this server have that the new writer has not?
  multicloud.dr.mysql_gtid_info:
    login_unix_socket: /run/mysqld/mysqld.sock
    compare_to: "{{ writer.executed }}"
  register: deposed

- name: Write it down
  multicloud.dr.mysql_salvage:
    gtid_set: "{{ deposed.errant }}"
    dest: /var/lib/multicloud/salvage/2026-01-01T120000
  register: salvage

- name: Which orders are affected?
  ansible.builtin.debug:
    var: salvage.ids['shop.orders']
"""

RETURN = r"""
gtid_set:
  description: What was found, in MySQL's canonical form. Equal to the option.
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:23-25
transactions:
  description: How many transactions.
  returned: success
  type: int
  sample: 3
statements:
  description: How many of their steps were logged as text, not as rows.
  returned: success
  type: int
  sample: 0
first_committed_at:
  description: The earliest time of commit, ISO 8601 in UTC. Empty if there is none.
  returned: success
  type: str
  sample: "2026-01-01T12:00:00.000123+00:00"
last_committed_at:
  description: The latest time of commit, ISO 8601 in UTC. Empty if there is none.
  returned: success
  type: str
  sample: "2026-01-01T12:00:01.500000+00:00"
tables:
  description: How many rows were inserted, updated and deleted, by C(schema.table).
  returned: success
  type: dict
  sample: {"shop.orders": {"insert": 3, "update": 0, "delete": 0}}
ids:
  description: The rows of the tables in O(ledger_ids), in the order of the log.
  returned: success
  type: dict
  sample: {"shop.orders": [{"operation": "insert", "order_id": 1042, "request_id": "b1c2"}]}
files:
  description: Paths of the files. Empty if O(gtid_set) is.
  returned: success
  type: list
  elements: str
  sample: [/srv/salvage/rows.jsonl, /srv/salvage/ledger.jsonl, /srv/salvage/replay.sql, /srv/salvage/binlog.sql]
missing:
  description: The transactions that are in no binary log. Nothing was written.
  returned: failure because of them
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:23
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._failover.gtid import GtidError, GtidSet
from ..module_utils._mysql import binlog, salvage
from ..module_utils._mysql.values import BinlogError

FILES = ("rows.jsonl", "ledger.jsonl", "replay.sql", "binlog.sql")


def output(argv: Sequence[str]) -> Generator[bytes]:
    """The lines that a command prints. Raises BinlogError with its last words if it fails; closing it ends it."""
    # Times in comments do not depend on where it runs.
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors, env=environment)
        except OSError as error:
            raise BinlogError(f"{argv[0]} cannot be run: {error.strerror}.") from error
        with process:
            assert process.stdout is not None
            try:
                yield from process.stdout
            except GeneratorExit:
                process.kill()
                raise
        if process.returncode:
            errors.seek(0)
            words = errors.read().decode(errors="replace").strip().splitlines() or [f"exit status {process.returncode}"]
            raise BinlogError(f"{argv[0]} failed: {words[-1]}")


def copied(lines: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    """The same lines, written to a file on their way."""
    for line in lines:
        file.write(line)
        yield line


def extract(options: dict[str, Any], wanted: GtidSet, folder: Path, lines: binlog.Lines = output) -> salvage.Summary:
    """Write the four files to ``folder``. Raises TransactionsMissing, if need be before anything is read in full."""
    index, command = options["binlog_index"], options["mysqlbinlog"]
    try:
        files = binlog.index_files(index, Path(index).read_text())
    except OSError as error:
        raise BinlogError(f"binlog_index is '{index}', which cannot be read: {error.strerror}.") from error
    chosen = binlog.needed(files, wanted, lambda path: binlog.previous_gtids(path, command, lines))
    summary = salvage.Summary(options["ledger_ids"])
    with ExitStack() as stack:
        rows, ledger, replay, raw = (stack.enter_context((folder / name).open("wb")) for name in FILES)
        replay.write(salvage.REPLAY_HEAD.encode())
        for transaction in binlog.transactions(copied(binlog.read(chosen, wanted, command, lines), raw)):
            summary.add(transaction)
            rows.writelines(salvage.line(image).encode() for image in salvage.images(transaction))
            ledger.write(salvage.line(salvage.ledger_entry(transaction, options["ledger_ids"])).encode())
            replay.writelines(f"{line}\n".encode() for line in salvage.replay(transaction, options["replay_skip"]))
    summary.require(wanted)
    return summary


def digest(path: Path) -> str:
    """SHA-256 of a file; empty if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish(made: Path, dest: Path, move: Callable[[str, str], object]) -> None:
    """Move the files to ``dest``, for their owner only. Folders above it, if they are made, are ordinary ones."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    mask = os.umask(0o077)
    try:
        dest.mkdir(exist_ok=True)
        for name in FILES:
            move(str(made / name), str(dest / name))
    finally:
        os.umask(mask)


def require_ids(ids: dict[str, Any]) -> None:
    """Raises ValueError unless this is a list of column names for each schema.table."""
    for name, columns in ids.items():
        if name.count(".") != 1 or not isinstance(columns, list) or not all(isinstance(each, str) for each in columns):
            raise ValueError(f"ledger_ids has '{name}: {columns}'; allowed is schema.table with a list of its columns.")


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleModule(
        argument_spec={
            "gtid_set": {"type": "str", "required": True},
            "dest": {"type": "path", "required": True},
            "binlog_index": {"type": "path", "default": "/var/lib/mysql/binlog.index"},
            "ledger_ids": {"type": "dict", "default": {"shop.orders": ["order_id", "request_id"]}},
            "replay_skip": {"type": "list", "elements": "str", "default": ["dr.heartbeat"]},
            "mysqlbinlog": {"type": "path", "default": "/usr/bin/mysqlbinlog"},
        },
        supports_check_mode=True,
    )
    dest = Path(module.params["dest"])
    try:
        wanted = GtidSet.parse(module.params["gtid_set"])
    except GtidError as error:
        module.fail_json(msg=f"gtid_set is '{module.params['gtid_set']}': {error}")
    try:
        require_ids(module.params["ledger_ids"])
        with tempfile.TemporaryDirectory(dir=module.tmpdir) as folder:
            made = Path(folder)
            summary = extract(module.params, wanted, made) if wanted else salvage.Summary(module.params["ledger_ids"])
            files = FILES if wanted else ()
            before = {name: digest(dest / name) for name in files}
            after = {name: digest(made / name) for name in files}
            if before != after and not module.check_mode:
                publish(made, dest, module.atomic_move)
    except binlog.TransactionsMissing as error:
        module.fail_json(msg=f"{error} Nothing was written.", missing=str(error.missing))
    except (BinlogError, OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    if summary.unnamed:
        module.warn(
            f"The columns in {len(summary.unnamed)} transactions have no names (binlog_row_metadata was not FULL):"
            " replay.sql leaves these transactions out, binlog.sql has them."
        )
    report: dict[str, Any] = {"changed": before != after, "files": [str(dest / name) for name in files]}
    if module._diff:
        report["diff"] = {"before": before, "after": after}
    module.exit_json(**report, **summary.facts())


if __name__ == "__main__":
    main()
