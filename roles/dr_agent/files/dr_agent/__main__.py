# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python3 -m dr_agent run CONFIG`` is the service; ``fence CONFIG`` closes the database, whatever ended that."""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils import _dynamodb
from ansible_collections.multicloud.dr.plugins.module_utils._failover import agent as core
from ansible_collections.multicloud.dr.plugins.module_utils._failover.gtid import GtidSet

from . import http_api, peer
from .cache import Cache
from .config import Config, load
from .daemon import Daemon
from .mysql import MySQL

log = logging.getLogger("dr-agent")
# Seconds: a renewal that takes longer than this is not worth waiting for.
RECORD_TIMEOUT = 1.5


def covers(executed: str, wanted: str) -> bool:
    return GtidSet.parse(wanted) <= GtidSet.parse(executed)


def mysql(config: Config) -> MySQL:
    import pymysql
    import pymysql.cursors

    def connect(patience: float) -> Any:
        return pymysql.connect(
            unix_socket=config.mysql_socket,
            user=config.mysql_user,
            connect_timeout=1,
            read_timeout=patience,
            write_timeout=patience,
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
            init_command="SET time_zone = '+00:00'",
        )

    def source() -> dict[str, Any]:
        return {
            "SOURCE_HOST": config.peer_address,
            "SOURCE_PORT": config.mysql_port,
            "SOURCE_USER": config.mysql_replication_user,
            "SOURCE_PASSWORD": config.mysql_replication_password,
            "SOURCE_AUTO_POSITION": 1,
            "SOURCE_SSL": 1,
            "SOURCE_SSL_CA": config.mysql_ca,
            "SOURCE_SSL_VERIFY_SERVER_CERT": 1,
            "SOURCE_CONNECT_RETRY": 1,
            "SOURCE_RETRY_COUNT": 86400,
            "SOURCE_HEARTBEAT_PERIOD": 2,
        }

    return MySQL(connect, config.mysql_socket, source)


def cache(config: Config) -> Cache | None:
    if not config.redis_address:
        return None
    import redis

    client = redis.Redis(
        host=config.redis_address,
        port=config.redis_port,
        username=config.redis_user,
        password=config.redis_password,
        ssl=True,
        ssl_ca_certs=config.redis_ca,
        socket_timeout=1,
        socket_connect_timeout=1,
        decode_responses=True,
    )
    return Cache(client, config.redis_peer_address, config.redis_port)


def waker(config: Config) -> Callable[[], None] | None:
    """Invoke the arbiter and do not wait for its verdict: it shows in the record."""
    if not config.arbiter:
        return None
    import boto3
    from botocore.config import Config as BotoConfig

    options = BotoConfig(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, proxies={})
    client = boto3.client("lambda", config=options, **config.aws())

    payload = json.dumps({"woken_by": f"the agent of {config.site}"}).encode()

    def wake() -> None:
        client.invoke(FunctionName=config.arbiter, InvocationType="Event", Payload=payload)

    return wake


def notifier() -> Callable[[str], None]:
    """sd_notify(3)."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return lambda message: None
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    address = "\0" + path[1:] if path.startswith("@") else path

    def notify(message: str) -> None:
        try:
            channel.sendto(message.encode(), address)
        except OSError as error:
            log.debug("sd_notify: %s", error)

    return notify


def run(config: Config) -> None:
    site = core.Site(config.site, config.peer_site, covers, core.Times(**config.times))
    stores = [
        _dynamodb.Store(_dynamodb.client(RECORD_TIMEOUT, RECORD_TIMEOUT, **config.aws()), config.table)
        for _ in range(2)
    ]
    other = peer.Peer(config.secret, peer.sender(f"http://{config.peer_address}:{config.port}"))
    agent = Daemon(site, stores[0], stores[1], mysql(config), cache(config), other, secrets.token_hex(8), waker(config))
    http = http_api.server(config.address, config.port, config.secret, agent)
    threading.Thread(target=http.serve_forever, name="http", daemon=True).start()
    notify = notifier()
    notify("READY=1")
    log.info("the agent of %s begins; the database is closed until a lease is held", config.site)
    agent.run(lambda: notify("WATCHDOG=1"))


def fence(config: Config) -> int:
    """0: the database is closed, or killed, or not there."""
    database = mysql(config)
    try:
        database.close()
    except Exception as error:
        killed = database.kill()
        log.warning("the database did not close (%s)%s", error, " and was killed" if killed else "; it is not running")
        return 0
    log.info("the database is closed")
    return 0


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    verb, path = sys.argv[1:]
    config = load(path)
    if verb == "fence":
        return fence(config)
    run(config)
    return 1


if __name__ == "__main__":
    sys.exit(main())
