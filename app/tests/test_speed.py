import importlib.util
import json
import math
import ssl
import sys
import threading
from collections.abc import Iterator
from email.message import Message
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("speed", Path(__file__).parent.parent / "speed.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["speed"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


speed = _load()


class Edge(BaseHTTPRequestHandler):
    """Misses once per page, then hits; /broken fails, /cut answers nothing."""

    protocol_version = "HTTP/1.1"
    seen: set[str]
    hosts: list[str]

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        if self.path == "/cut":
            self.close_connection = True
            return
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("X-Cache-Status", "HIT" if self.path in self.seen else "MISS")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.seen.add(self.path)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    Edge.seen, Edge.hosts = set(), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Edge)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_percentiles_are_nearest_rank() -> None:
    times = [float(i) for i in range(1, 101)]
    assert [speed.percentile(times, p) for p in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert speed.percentile([7.0], 99) == 7.0
    assert math.isnan(speed.percentile([], 50))


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({"X-Cache-Status": "HIT"}, "HIT"),
        ({"X-Cache": "Miss from cloudfront"}, "MISS"),
        ({"X-Cache": "RefreshHit from cloudfront"}, "REFRESHHIT"),
        ({"Cdn-Cache-Status": "hit"}, "HIT"),
        ({"X-Cache-Status": "STALE"}, "STALE"),
        ({"Age": "12"}, "HIT"),
        ({"Age": "0"}, "-"),
        ({}, "-"),
    ],
)
def test_what_the_cache_says(headers: dict[str, str], word: str) -> None:
    message: Message = HTTPMessage()
    for name, value in headers.items():
        message[name] = value
    assert speed.cache_word(message) == word


@pytest.mark.parametrize("extra", [[], ["--reconnect"]])
def test_both_ways_as_a_table(port: int, capsys: pytest.CaptureFixture[str], extra: list[str]) -> None:
    way = f"http://127.0.0.1:{port}"
    assert speed.main(["--direct", way, "--edge", way, "-n", "5", *extra, "/a", "/b"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["way", "page", "answers", "p50", "ms", "p95", "ms", "p99", "ms", "cache", "errors"]
    assert [line.split()[:3] for line in lines[1:7]] == [
        ["direct", "/a", "5"],
        ["direct", "/b", "5"],
        ["edge", "/a", "5"],
        ["edge", "/b", "5"],
        ["direct", "all", "10"],
        ["edge", "all", "10"],
    ]
    assert "HIT 5" in lines[1]
    assert lines[7].startswith("edge against direct: p50 ")


def test_json_a_name_resolved_by_hand_and_failures(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--edge", f"http://shop.example:{port}", "--resolve", f"shop.example:{port}:127.0.0.1", "--json"]
    assert speed.main([*arguments, "-n", "3", "/a", "/broken", "/cut"]) == 1
    good, broken, cut = json.loads(capsys.readouterr().out)["pages"]
    assert (good["answers"], good["cache"], good["errors"]) == (3, {"HIT": 3}, {})
    assert (broken["answers"], broken["errors"], broken["p50_ms"]) == (0, {"status 500": 3}, None)
    assert (cut["answers"], cut["errors"]) == (0, {"RemoteDisconnected": 3})
    assert set(Edge.hosts) == {f"shop.example:{port}"}


def test_host_override(port: int) -> None:
    assert speed.main(["--direct", f"http://127.0.0.1:{port}", "--host", "shop.example", "-n", "1", "/a"]) == 0
    assert set(Edge.hosts) == {"shop.example"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give --direct, --edge, or both"),
        (["--edge", "ftp://x"], "'ftp://x' is not http://HOST"),
        (["--edge", "http://x", "-n", "0"], "'0' is not a whole number from 1 to 10000"),
        (["--edge", "http://x", "-n", "99999"], "is not a whole number from 1 to 10000"),
        (["--edge", "http://x", "--resolve", "x"], "'x' is not HOST:PORT:ADDRESS"),
        (["--edge", "http://x", "--ca", "/no/such"], "--ca /no/such: there is no such file"),
        (["--edge", "http://x", "page"], "the page 'page' does not begin with /"),
    ],
)
def test_bad_command_lines_get_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        speed.main(arguments)
    assert stop.value.code == 2
    assert sentence in capsys.readouterr().err


def test_certificates_are_verified_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ssl.SSLContext] = []

    def measure(target: Any, page: str, *_: object) -> Any:
        seen.append(target.tls)
        return speed.Result(target.name, page)

    monkeypatch.setattr(speed, "measure", measure)
    speed.main(["--edge", "https://x", "/a"])
    speed.main(["--edge", "https://x", "--insecure", "/a"])
    assert [context.verify_mode for context in seen] == [ssl.CERT_REQUIRED, ssl.CERT_NONE]
