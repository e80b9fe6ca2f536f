"""An online shop that keeps selling while its data moves between two clouds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from . import cart, catalogue, config, db, errors, health, i18n, metrics, orders, security, sessions

APP_DIR = Path(__file__).resolve().parent.parent


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Build the application from the environment, overridden by `settings` (see config.py for the names)."""
    app = Flask(
        __name__,
        template_folder=str(APP_DIR / "templates"),
        static_folder=str(APP_DIR / "static"),
    )
    app.config.from_mapping(config.from_environment())
    app.config.from_mapping(settings or {})
    config.validate(app.config)
    app.url_map.strict_slashes = False
    app.json.ensure_ascii = False  # type: ignore[attr-defined]

    if app.config["PROXY_HOPS"]:
        hops = app.config["PROXY_HOPS"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]

    for concern in (metrics, db, sessions, i18n, security, catalogue, cart, orders, health, errors):
        concern.init_app(app)
    return app
