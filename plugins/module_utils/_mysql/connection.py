# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to MySQL, as a function that runs one statement. Errors are typed.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

with contextlib.suppress(ImportError):  # the module says what is missing
    import pymysql
    import pymysql.cursors

CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"

Row = dict[str, Any]
Query = Callable[[str], list[Row]]


class QueryError(Exception):
    """A statement, or the connection, failed; the text says why. ``code`` is MySQL's error number, 0 without one."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


def arguments(login: Mapping[str, Any]) -> dict[str, Any]:
    """PyMySQL's arguments from the module's options (``login_*`` and the like)."""
    timeout = login["connect_timeout"]
    common = {
        "user": login["login_user"],
        "password": login["login_password"] or "",
        "connect_timeout": timeout,
        "read_timeout": timeout,
        "write_timeout": timeout,
        "autocommit": True,
        "charset": "utf8mb4",
        "init_command": "SET time_zone = '+00:00'",
    }
    if login["login_unix_socket"]:
        return {**common, "unix_socket": login["login_unix_socket"]}
    tls = {"ca": login["ca_cert"], "check_hostname": login["check_hostname"]} if login["ca_cert"] else None
    return {**common, "host": login["login_host"], "port": login["login_port"], "ssl": tls}


@contextlib.contextmanager
def connected(login: Mapping[str, Any]) -> Iterator[Query]:
    """Gives a Query; closes the connection afterwards. Raises QueryError."""
    where = login["login_unix_socket"] or f"{login['login_host']}:{login['login_port']}"

    def query(statement: str) -> list[Row]:
        try:
            with connection.cursor(pymysql.cursors.DictCursor) as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        except pymysql.MySQLError as error:
            raise _typed(f"MySQL at {where} refuses '{statement}'", error) from error

    try:
        connection = pymysql.connect(**arguments(login))
    except (pymysql.MySQLError, OSError) as error:
        raise _typed(f"No connection to MySQL at {where}", error) from error
    with contextlib.closing(connection):
        # PyMySQL before 1.2 goes on in clear text with a server that offers no TLS.
        if login["ca_cert"] and not login["login_unix_socket"] and not query(CIPHER)[0]["Value"]:
            raise QueryError(f"No connection to MySQL at {where}: it offers no TLS, but ca_cert is given")
        yield query


def _typed(what: str, error: Exception) -> QueryError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    return QueryError(f"{what}: {error.args[-1] if error.args else error}", code)
