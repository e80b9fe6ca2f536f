"""A database host for tests: an agent (HTTP) and servers that say their name and echo.

mock.py ADDRESS AGENT_PORT PORT...; /run/mock/ADDRESS holds what the agent says: primary, replica, none, gone (silence).
"""

import http.server
import socketserver
import sys
import threading
from pathlib import Path

ADDRESS = sys.argv[1]
ROLE = Path("/run/mock", ADDRESS)


class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        role = ROLE.read_text().strip()
        if role == "gone":
            self.close_connection = True
            return
        yes = {"/primary": role == "primary", "/replica": role in ("primary", "replica")}
        self.send_response(200 if yes.get(self.path) else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(f"{ADDRESS}\n".encode())
        for line in self.rfile:
            self.wfile.write(line)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


for port in sys.argv[3:]:
    threading.Thread(target=Server((ADDRESS, int(port)), Echo).serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer((ADDRESS, int(sys.argv[2])), Agent).serve_forever()
