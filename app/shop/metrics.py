"""Prometheus metrics. With several worker processes set PROMETHEUS_MULTIPROC_DIR (see gunicorn.conf.py)."""

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

REQUESTS = Counter("shop_requests_total", "Answers by endpoint and status", ["endpoint", "method", "status"])
SECONDS = Histogram("shop_request_seconds", "Time to answer", ["endpoint"])
ORDERS = Counter("shop_orders_total", "Attempts to place an order by result", ["result"])
ORDERING_OPEN = Gauge("shop_ordering_open", "1 while orders can be placed", multiprocess_mode="livemostrecent")
INFO = Gauge("shop_info", "Which site and version this is", ["site", "version"], multiprocess_mode="max")


def _start() -> None:
    g.started = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, request.method, response.status_code).inc()
    if "started" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.started)
    return response


def _render() -> Response:
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    """Count and time every request."""
    INFO.labels(app.config["SITE"], app.config["VERSION"]).set(1)
    app.before_request(_start)
    app.after_request(_count)
    app.add_url_rule("/metrics", "metrics", _render)
