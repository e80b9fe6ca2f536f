"""Korean and English. The language stands in the path (/ko/…, /en/…), so a cached page is the same for everybody."""

from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, redirect, request, url_for

from .messages import MESSAGES

LANGUAGES = {"ko": "한국어", "en": "English"}
PREFIX = f"/<any({', '.join(LANGUAGES)}):lang>"


def preferred() -> str:
    """Return the language that the browser asks for, Korean if it asks for neither."""
    return request.accept_languages.best_match(LANGUAGES) or "ko"


def language() -> str:
    """Return the language of this request: its path's, else the browser's."""
    first = request.path.split("/")[1]
    return first if first in LANGUAGES else preferred()


def t(key: str, **values: object) -> str:
    """Return a message in the language of this request."""
    return MESSAGES[key][list(LANGUAGES).index(language())].format(**values)


def won(amount: int) -> str:
    """Return a price: 12,000원 or ₩12,000."""
    return f"{amount:,}원" if language() == "ko" else f"₩{amount:,}"


def local(row: dict[str, Any], column: str) -> Any:
    """Return a row's column in the language of this request: name → name_ko."""
    return row[f"{column}_{language()}"]


def in_language(lang: str) -> str:
    """Return the address of this page in another language; the front page's if this one has none to GET."""
    if not g.get("lang") or "GET" not in (request.url_rule.methods or () if request.url_rule else ()):
        return url_for("catalogue.home", lang=lang)
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    return f"/{lang}{quote(request.path[3:])}{query}"


def init_app(app: Flask) -> None:
    """Put the language into addresses and templates, and redirect `/`."""

    @app.url_defaults
    def add_language(endpoint: str, values: dict[str, Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values.setdefault("lang", language())

    @app.get("/")
    def root() -> Response:
        response = redirect(url_for("catalogue.home", lang=preferred()))
        response.vary.add("Accept-Language")
        g.cacheable = True
        return response  # type: ignore[return-value]

    app.jinja_env.filters.update(won=won, local=local)
    app.jinja_env.globals.update(t=t, language=language, languages=LANGUAGES, in_language=in_language)
