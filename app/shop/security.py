"""Headers, caching, and the check that a form was sent from our own pages."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request, url_for

CSP = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def same_origin() -> None:
    """Refuse a form that another site had a browser send.

    Browsers state the origin themselves, so no token is needed, and product pages stay the same for everybody. The
    JSON API takes no cookie and needs no check.
    """
    if request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith("/api/"):
        return
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site in ("same-origin", "none"):
        return
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    if fetch_site or urlsplit(source).netloc != request.host:
        abort(403, "cross-site form")


def finish(response: Response) -> Response:
    """Add the security headers, which site served it, and how long it may be cached."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers["X-Site"] = current_app.config["SITE"]
    if request.endpoint == "static":
        # The address carries a hash of the content (see `asset`); without it, revalidate.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
    elif g.get("cacheable") and response.status_code < 400:
        seconds = current_app.config["PAGE_MAX_AGE"]
        response.headers["Cache-Control"] = (
            f"public, max-age={min(seconds, 10)}, s-maxage={seconds}, stale-while-revalidate=60, stale-if-error=86400"
        )
        response.add_etag()
        response.make_conditional(request)
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


@lru_cache
def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def asset(filename: str) -> str:
    """Return the address of a static file, which changes whenever the file does."""
    return url_for("static", filename=filename, v=_digest(Path(current_app.static_folder or "") / filename))


def init_app(app: Flask) -> None:
    """Check each request and finish each answer."""
    app.before_request(same_origin)
    app.after_request(finish)
    app.jinja_env.globals["asset"] = asset
