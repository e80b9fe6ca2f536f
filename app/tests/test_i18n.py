import string

import pytest
from flask.testing import FlaskClient

from shop.messages import MESSAGES


@pytest.mark.parametrize(
    ("wants", "lang"), [("en-GB,en;q=0.9", "en"), ("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("fr", "ko"), ("", "ko")]
)
def test_the_front_door_leads_to_the_browsers_language(client: FlaskClient, wants: str, lang: str) -> None:
    answer = client.get("/", headers={"Accept-Language": wants})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/{lang}/"
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_switch_stays_on_the_page(client: FlaskClient) -> None:
    page = client.get("/en/products?category=home&_external=1&_scheme=javascript").text
    assert 'href="/ko/products?category=home&amp;_external=1&amp;_scheme=javascript"' in page
    assert 'href="/ko/search?q=%EC%B0%BB%EC%9E%94"' in client.get("/en/search?q=%EC%B0%BB%EC%9E%94").text
    assert 'href="/ko/"' in client.get("/en/nothing").text


def test_every_message_takes_the_same_values_in_both_languages() -> None:
    for key, versions in MESSAGES.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in versions]
        assert fields[0] == fields[1], key
        assert all(versions), key
