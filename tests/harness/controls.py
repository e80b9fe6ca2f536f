# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage done on purpose to a running lab, which the checker has to find: its negative controls end to end.

Both leave the lab as it was, except that one order is gone. A test of them asserts that the
judgement is red, and red for this reason alone:

    judgement, gone = lose_an_order(lab, tmp_path, writer="gcp-db")
    assert (judgement.verdict, [one.id for one in judgement.lost]) == ("fail", [gone])

    judgement = open_the_standby(lab, tmp_path, writer="gcp-db", standby="aws-db")
    assert (judgement.verdict, bool(judgement.writers.certain)) == ("fail", True)
"""

from __future__ import annotations

import time
from pathlib import Path

from .checker import Judgement
from .history import Fault
from .trial import Lab, Trial

# All that keeps a standby from taking writes, undone by hand: its agent, read_only, the deadline in the database.
OPENED = (
    "SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF; SET sql_log_bin = 0;"
    " REPLACE INTO dr.lease (id, epoch, valid_until) VALUES (1, 0, UNIX_TIMESTAMP() + 60)"
)


def lose_an_order(lab: Lab, folder: Path, writer: str) -> tuple[Judgement, str]:
    """Delete one acknowledged order from the database, stock and all; the judgement, and the id that must be lost."""
    with Trial(lab, folder, database=writer) as trial:
        trial.await_orders(20)
        fault = Fault(time.monotonic(), time.monotonic())
        trial.await_orders(20)
    gone = next(one.id for journal in trial.journals() for one in journal.attempts if one.outcome == "acked")
    order = f"SELECT order_id FROM shop.orders WHERE request_id = '{gone}'"
    lab.sql(
        writer,
        "START TRANSACTION;"
        " UPDATE shop.product p JOIN shop.order_item i USING (sku)"
        f" SET p.stock = p.stock + i.qty WHERE i.order_id = ({order});"
        f" DELETE FROM shop.order_item WHERE order_id = ({order});"
        f" DELETE FROM shop.orders WHERE request_id = '{gone}'; COMMIT",
    )
    return trial.judge(writer, fault=fault), gone


def open_the_standby(lab: Lab, folder: Path, writer: str, standby: str) -> Judgement:
    """Open the standby by hand, beside the writer, until the observer has had some looks at it; the judgement."""
    with Trial(lab, folder, database=writer) as trial:
        trial.await_orders(20)
        lab.run(standby, "systemctl", "stop", "dr-agent")
        try:
            lab.sql(standby, OPENED)
            trial.await_sight(standby, "open", 5)
        finally:
            # It begins by closing what it finds open.
            lab.run(standby, "systemctl", "start", "dr-agent")
        trial.await_orders(20)
    return trial.judge(writer)
