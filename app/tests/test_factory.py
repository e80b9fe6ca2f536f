import runpy
from pathlib import Path

import pytest

from shop import create_app

APP = Path(__file__).parent.parent


@pytest.mark.parametrize(("name", "site"), [("app", "gcp"), ("app_dr", "aws")])
def test_entry_points_differ_by_their_site_only(
    name: str, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE", "")
    monkeypatch.delenv("SITE")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    app = runpy.run_path(str(APP / f"{name}.py"))["app"]
    assert app.test_client().get("/livez").json["site"] == site


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"DATABASE_URL": "postgres://x"}, "DATABASE_URL begins with 'postgres'; allowed are mysql:// and sqlite:///."),
        ({"DATABASE_URL": "mysql://shop@db/shop"}, "SECRET_KEY is not set; with MySQL it must be"),
        ({"SESSION_COOKIE_SECURE": "yes"}, "SESSION_COOKIE_SECURE is 'yes'; allowed are auto, 0 and 1."),
        ({"SESSION_COOKIE_SAMESITE": "None"}, "SESSION_COOKIE_SAMESITE is 'None'; allowed are Lax and Strict."),
    ],
)
def test_bad_settings_get_one_sentence(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        create_app(settings)


def test_bad_number_in_the_environment_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_TTL", "-5")
    with pytest.raises(ValueError, match="SESSION_TTL is '-5'; it must be a whole number"):
        create_app()


def test_both_clouds_run_the_same_packages() -> None:
    pinned = {}
    for site in ("local", "gcp", "aws"):
        lines = (APP / f"requirements_{site}.txt").read_text().splitlines()
        pinned[site] = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert pinned["gcp"] == pinned["aws"]
    assert {"gunicorn", "pymysql[rsa]", "redis"} <= pinned["gcp"].keys()
    common = pinned["local"].keys() & pinned["gcp"].keys()
    assert {name: pinned["local"][name] for name in common} == {name: pinned["gcp"][name] for name in common}
