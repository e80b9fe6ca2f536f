"""A client on the controller, outside of the scenario's network, that trusts the scenario's authority only."""

import http.client
import json
import os
import socket
import ssl
from pathlib import Path
from typing import Any

CA = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "pki" / "ca.crt"


class Answer:
    """Status, headers (names in lower case) and body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()

    @property
    def cache(self) -> str:
        """What the cache did."""
        return self.headers["x-cache"]

    @property
    def json(self) -> Any:
        """The stand-in's account of the request."""
        return json.loads(self.text)


class Client:
    """Talks to the edge under ``name``, whatever DNS says."""

    def __init__(self, host: Any, name: str = "shop.multicloud.example", **headers: str) -> None:
        self.address, self.name, self.headers = host.ansible.get_variables()["ansible_host"], name, headers

    def tls(self, **options: Any) -> ssl.SSLSocket:
        """A TLS connection, verified."""
        context = ssl.create_default_context(cafile=str(CA))
        for option, value in options.items():
            setattr(context, option, value)
        return context.wrap_socket(socket.create_connection((self.address, 443), 10), server_hostname=self.name)

    def __call__(self, method: str, path: str, body: str = "", host: str = "", **headers: str) -> Answer:
        """Send a request over TLS."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.sock = self.tls()
        return self._send(connection, method, path, body, host, headers)

    def plain(self, path: str, host: str = "") -> Answer:
        """Send a GET without TLS."""
        return self._send(http.client.HTTPConnection(self.address, timeout=20), "GET", path, "", host, {})

    def _send(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: str, host: str, more: dict[str, str]
    ) -> Answer:
        names = {name.replace("_", "-"): value for name, value in (self.headers | more).items()}
        agent = {"Host": host or self.name, "User-Agent": "test", "Accept": "*/*"}
        connection.request(method, path, body.encode() or None, agent | names)
        answer = Answer(connection.getresponse())
        connection.close()
        return answer
