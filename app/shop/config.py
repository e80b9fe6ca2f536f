"""Settings: names, defaults, and what is allowed."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SITE_LABELS = {"gcp": "Google Cloud", "aws": "AWS"}
DEFAULTS: dict[str, str] = {
    "SITE": "gcp",
    "DATABASE_URL": f"sqlite:///{Path(__file__).resolve().parent.parent / 'shop.db'}",
    "DATABASE_READ_URL": "",  # empty: DATABASE_URL
    "REDIS_URL": "",  # empty: carts in the memory of this process
    "REDIS_READ_URL": "",  # empty: REDIS_URL
    "SECRET_KEY": "",  # must be the same on both sites
    "SESSION_TTL": "1209600",  # seconds
    "SESSION_COOKIE_SECURE": "auto",  # auto: as the request came
    "SESSION_COOKIE_SAMESITE": "Lax",
    "PROXY_HOPS": "0",  # reverse proxies that set X-Forwarded-For and -Proto
    "CONNECT_TIMEOUT": "2",  # seconds, database and Redis
    "READ_TIMEOUT": "5",
    "RETRY_AFTER": "10",  # seconds, the answer's header while ordering is closed
    "PAGE_MAX_AGE": "30",  # seconds that shared caches keep an anonymous page
    "VERSION": "dev",
}
NUMBERS = ("SESSION_TTL", "PROXY_HOPS", "CONNECT_TIMEOUT", "READ_TIMEOUT", "RETRY_AFTER", "PAGE_MAX_AGE")


def from_environment(env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the settings; raise ValueError with one sentence for a value that is not allowed."""
    settings: dict[str, Any] = {name: env.get(name) or default for name, default in DEFAULTS.items()}
    for name in NUMBERS:
        if not settings[name].isdecimal():
            raise ValueError(f"{name} is {settings[name]!r}; it must be a whole number, 0 or more.")
        settings[name] = int(settings[name])
    return settings


def validate(settings: dict[str, Any]) -> None:
    """Fill in what follows from other settings; raise ValueError for what cannot work."""
    settings["DATABASE_READ_URL"] = settings["DATABASE_READ_URL"] or settings["DATABASE_URL"]
    settings["REDIS_READ_URL"] = settings["REDIS_READ_URL"] or settings["REDIS_URL"]
    for name in ("DATABASE_URL", "DATABASE_READ_URL"):
        scheme = settings[name].partition("://")[0]
        if scheme not in ("mysql", "sqlite"):
            raise ValueError(f"{name} begins with {scheme!r}; allowed are mysql:// and sqlite:///.")
    if str(settings["SESSION_COOKIE_SECURE"]).lower() not in ("auto", "0", "1"):
        raise ValueError(f"SESSION_COOKIE_SECURE is {settings['SESSION_COOKIE_SECURE']!r}; allowed are auto, 0 and 1.")
    if settings["SESSION_COOKIE_SAMESITE"] not in ("Lax", "Strict"):
        raise ValueError(
            f"SESSION_COOKIE_SAMESITE is {settings['SESSION_COOKIE_SAMESITE']!r}; allowed are Lax and Strict."
        )
    if not settings["SECRET_KEY"]:
        if settings["DATABASE_URL"].startswith("mysql"):
            raise ValueError("SECRET_KEY is not set; with MySQL it must be, and be the same on both sites.")
        settings["SECRET_KEY"] = "local run only"
