"""A stand-in for a web host and for the agent: says what it was asked, and misbehaves where the path says so."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from urllib.parse import urlsplit

NAME, PORT = sys.argv[1], int(sys.argv[2])
asked: dict[str, int] = {}
HEADERS = {
    "/cached": {"Cache-Control": "public, max-age=60"},
    "/by-language": {"Cache-Control": "public, max-age=60"},
    "/stale": {"Cache-Control": "public, max-age=1"},
    "/revalidated": {"Cache-Control": "public, max-age=1, stale-while-revalidate=60"},
    "/cookie": {"Cache-Control": "public, max-age=60", "Set-Cookie": "shop_session=one"},
    "/private": {"Cache-Control": "private, max-age=60"},
    "/closed": {"Retry-After": "7"},
}
STATUS = {"/closed": 503, "/bad": 502, "/writable": 503}


class Handler(BaseHTTPRequestHandler):
    """Answers JSON: {name, asked: {path: count}, headers, body}."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Answer any method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        path = urlsplit(self.path).path
        asked[path] = asked.get(path, 0) + 1
        if path == "/cut":  # after the request was read: it may have been carried out
            self.close_connection = True
            return
        if path == "/hang" or (path == "/healthz" and NAME == "web2"):
            sleep(3)
        about = {"name": NAME, "asked": asked, "headers": dict(self.headers.items()), "body": body}
        content = json.dumps(about, ensure_ascii=False).encode()
        self.send_response(STATUS.get(path, 200))
        for name, value in HEADERS.get(path, {}).items():
            self.send_header(name, value)
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def log_message(self, *_: object) -> None:
        """Nothing."""


ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()
