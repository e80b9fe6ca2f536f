"""Read by gunicorn when it starts in this folder; its command line overrides it."""

import os
from typing import Any

worker_class = "gthread"
workers = 2
threads = 8
timeout = 30
graceful_timeout = 20


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the live gauges of a worker that has gone."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
