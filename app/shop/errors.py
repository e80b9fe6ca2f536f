"""Friendly pages, and JSON for programs, when something cannot be done."""

from typing import Any

from flask import Flask, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from . import db, sessions


def _answer(status: int, kind: str, message: str = "", headers: dict[str, str] | None = None) -> Any:
    if request.path.startswith("/api/"):
        return {"error": kind, "message": message}, status, headers or {}
    return render_template("error.html", status=status, kind=kind), status, headers or {}


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    kind = {404: "not_found", 405: "not_found", 500: "failed"}.get(status, "bad_request")
    headers = {"Allow": ", ".join(error.valid_methods)} if getattr(error, "valid_methods", None) else None  # type: ignore[attr-defined]
    return error if status < 400 else _answer(status, kind, error.description or "", headers)


def _unavailable(error: Exception) -> Any:
    """Nothing was changed; the same request may be sent again."""
    current_app.logger.warning("%s %s: %s", request.method, request.path, error)
    kind = "cart_unavailable" if isinstance(error, sessions.Unavailable) else "unavailable"
    return _answer(503, kind, "not done", {"Retry-After": str(current_app.config["RETRY_AFTER"])})


def _unknown(error: Exception) -> Any:
    """It may or may not have been done; the same Idempotency-Key sent again settles it."""
    current_app.logger.warning("%s %s: outcome unknown: %s", request.method, request.path, error)
    message = "the outcome is unknown; repeat the request with the same Idempotency-Key"
    return _answer(503, "unknown", message, {"Retry-After": str(current_app.config["RETRY_AFTER"])})


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(db.Unavailable, _unavailable)
    app.register_error_handler(sessions.Unavailable, _unavailable)
    app.register_error_handler(db.OutcomeUnknown, _unknown)
