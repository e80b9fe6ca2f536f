"""A client for tests; prints JSON. Deadlines are generous: they bound a wait, they are not what is tested.

client.py who PORT                     the server's name, "closed" or "refused"
client.py hold PORT SECONDS [COMMAND]  open a session, run a command: is the session cut within so many seconds?
client.py storm PORT COMMAND           connect again and again while the command runs and two seconds more: what came
"""

import json
import socket
import subprocess
import sys
import time
from collections import Counter


def connect(port: int) -> tuple[socket.socket | None, str]:
    try:
        session = socket.create_connection(("127.0.0.1", port), timeout=10)
        name = session.recv(100).decode().strip()
    except ConnectionRefusedError:
        return None, "refused"
    except ConnectionError:
        return None, "closed"
    return session, name or "closed"


def hold(port: int, seconds: float, command: str = "true") -> dict[str, object]:
    session, name = connect(port)
    assert session, name
    session.sendall(b"hello\n")
    assert session.recv(100) == b"hello\n"
    subprocess.run(command, shell=True, check=True)
    session.settimeout(seconds)
    try:
        cut = session.recv(100) == b""
    except ConnectionError:
        cut = True
    except TimeoutError:
        session.sendall(b"still here\n")
        cut = session.recv(100) != b"still here\n"
    return {"server": name, "cut": cut}


def storm(port: int, command: str) -> Counter[str]:
    seen: Counter[str] = Counter()
    running = subprocess.Popen(command, shell=True)
    until = float("inf")
    while time.monotonic() < until:
        session, name = connect(port)
        seen[name] += 1
        if session:
            session.close()
        if running.poll() is not None and until == float("inf"):
            until = time.monotonic() + 2
    return seen


def main(verb: str, port: str, *rest: str) -> object:
    if verb == "hold":
        return hold(int(port), float(rest[0]), *rest[1:])
    if verb == "storm":
        return storm(int(port), *rest)
    return connect(int(port))[1]


print(json.dumps(main(*sys.argv[1:])))
