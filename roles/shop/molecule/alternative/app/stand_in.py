"""A WSGI application that tells who answered, and can take its time."""

import json
import os
import time
from collections.abc import Callable, Iterable
from typing import Any


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/slow":
        time.sleep(3)
    names = ("SITE", "VERSION", "GREETING", "DATABASE_READ_URL", "PROXY_HOPS")
    about = {name: os.environ.get(name, "") for name in names}
    about |= {name: str(value) for name, value in environ.items() if name.startswith("HTTP_")}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(about).encode()]
