"""Ask a URL again and again, every request on a connection of its own; print what came of it as JSON.

Ends when the file STOP exists, after 5 minutes at the latest. Of four clients one asks for the slow page.
{answers: {version: count}, slow: {version: count}, failures: [text]}
"""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path


def ask(address: str, path: str) -> str:
    """The answer's version; raises what goes wrong."""
    connection = http.client.HTTPConnection(address, 8888, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise ConnectionError(f"status {response.status}")
        version: str = json.loads(body)["VERSION"]
        return version
    finally:
        connection.close()


def main(address: str, stop: Path) -> None:
    end = time.monotonic() + 300
    answers: Counter[str] = Counter()
    slow: Counter[str] = Counter()
    failures: list[str] = []

    def client(path: str, counter: Counter[str]) -> None:
        while not stop.exists() and time.monotonic() < end:
            try:
                counter[ask(address, path)] += 1
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{path}: {error!r}")
            time.sleep(0.02)

    threads = [threading.Thread(target=client, args=("/fast", answers)) for _ in range(3)]
    threads.append(threading.Thread(target=client, args=("/slow", slow)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"answers": answers, "slow": slow, "failures": failures}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
