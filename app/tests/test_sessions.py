import json
from collections.abc import Callable
from typing import Any

import pytest
import redis

from shop import sessions


class Server:
    """A Redis server as the store sees it: two commands, a role, and a rival who writes in between."""

    def __init__(self, data: dict[str, str] | None = None, error: redis.RedisError | None = None) -> None:
        self.data, self.error = data if data is not None else {}, error
        self.ttl: int | None = None
        self.rival: Callable[[], None] | None = None

    def get(self, key: str) -> bytes | None:
        if isinstance(self.error, redis.ConnectionError):
            raise self.error
        value = self.data.get(key)
        return value.encode() if value else None

    def multi(self) -> None: ...

    def set(self, key: str, value: str, ex: int) -> None:
        self._pending = (key, value)
        self.ttl = ex

    def transaction(self, change: Callable[[Any], None], key: str) -> None:
        if self.error:
            raise self.error
        while True:
            before = self.data.get(key)
            change(self)
            if self.rival:
                rival, self.rival = self.rival, None
                rival()
            if self.data.get(key) == before:
                self.data.update([self._pending])
                return


def store(writer: Server, reader: Server | None = None) -> sessions.RedisStore:
    return sessions.RedisStore(writer, reader or writer, 60)  # type: ignore[arg-type]


def test_sessions_are_json_under_their_key_and_expire() -> None:
    server = Server()
    assert store(server).load("abc") is None
    assert store(server).update("abc", lambda data: data.update(cart=1)) == {"cart": 1}
    assert {key: json.loads(value) for key, value in server.data.items()} == {"session:abc": {"cart": 1}}
    assert server.ttl == 60
    assert store(server).load("abc") == {"cart": 1}


def test_two_changes_at_once_are_both_kept() -> None:
    server = Server({"session:abc": '{"a": 1}'})
    server.rival = lambda: server.data.update({"session:abc": '{"a": 1, "b": 2}'})
    store(server).update("abc", lambda data: data.update(c=3))
    assert json.loads(server.data["session:abc"]) == {"a": 1, "b": 2, "c": 3}


def test_without_a_writer_it_reads_the_replica_and_refuses_changes() -> None:
    gone = Server(error=redis.ConnectionError("refused"))
    replica = Server({"session:abc": '{"a": 1}'})
    assert store(gone, replica).load("abc") == {"a": 1}
    with pytest.raises(sessions.Unavailable):
        store(gone, replica).update("abc", lambda data: data.update(b=2))
    assert replica.data == {"session:abc": '{"a": 1}'}
    with pytest.raises(sessions.Unavailable):
        store(gone, gone).load("abc")


@pytest.mark.parametrize(
    "error",
    [
        redis.exceptions.ReadOnlyError("READONLY You can't write against a read only replica."),
        redis.ResponseError("NOREPLICAS Not enough good replicas to write."),
        redis.TimeoutError("timed out"),
    ],
)
def test_a_server_that_takes_no_writes_is_unavailable(error: redis.RedisError) -> None:
    server = Server({"session:abc": "{}"}, error)
    with pytest.raises(sessions.Unavailable):
        store(server).update("abc", lambda data: data.update(b=2))


def test_memory_forgets_after_the_ttl() -> None:
    now = [0.0]
    memory = sessions.MemoryStore(60, lambda: now[0])
    memory.update("abc", lambda data: data.update(a=1))
    now[0] = 59
    assert memory.load("abc") == {"a": 1}
    now[0] = 61
    assert memory.load("abc") is None


def test_clients_are_made_for_a_proxy_on_this_machine() -> None:
    client = sessions.connect("rediss://shop:pw@127.0.0.1:6379/0?ssl_ca_certs=/ca.crt", 2, 5)
    settings = client.connection_pool.connection_kwargs
    assert (settings["socket_connect_timeout"], settings["socket_timeout"]) == (2, 5)
    assert (settings["ssl_ca_certs"], settings["ssl_check_hostname"]) == ("/ca.crt", False)
    assert client.connection_pool.connection_class is redis.SSLConnection
    client.close()
