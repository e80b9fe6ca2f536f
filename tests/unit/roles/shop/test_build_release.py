"""The shop's release: its version, its archive, and when it is built."""

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from roles.shop.files import build_release as release

EXCLUDE = ["tests", "__pycache__", "*.pyc", ".*"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, content in {
        "app.py": "app = 1\n",
        "requirements_gcp.txt": "flask==3\n",
        "static/shop.css": "body {}\n",
        "tests/test_app.py": "",
        "shop/__pycache__/cart.pyc": "",
        ".env": "secret",
    }.items():
        path = tmp_path / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "app"


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instead of pip: one wheel; the list names the requirements asked for."""
    asked: list[str] = []

    def download(wheels: Path, requirements: Path, _python: str, _platforms: list[str]) -> None:
        asked.append(requirements.name)
        wheels.mkdir()
        (wheels / "flask-3-py3-none-any.whl").write_text("wheel")

    monkeypatch.setattr(release, "download", download)
    return asked


def build(source: Path, **more: Any) -> Any:
    arguments: dict[str, Any] = {
        "requirements": "requirements_gcp.txt",
        "python": "3.13",
        "platforms": ["any"],
        "exclude": EXCLUDE,
        "cache": source.parent / "cache",
    }
    return release.build(source, **(arguments | more))


def test_archive_holds_source_and_wheels_and_nothing_else(source: Path, downloads: list[str]) -> None:
    built = build(source)
    with tarfile.open(built["path"]) as tar:
        assert tar.getnames() == [
            "app.py",
            "requirements_gcp.txt",
            "static/shop.css",
            "wheels/flask-3-py3-none-any.whl",
        ]
        assert {member.uid for member in tar} == {0}
    assert (built["built"], downloads) == (True, ["requirements_gcp.txt"])


def test_the_same_source_is_the_same_archive_built_once(source: Path, downloads: list[str]) -> None:
    first = build(source)
    again = build(source)
    elsewhere = build(source, cache=source.parent / "other")
    assert again == first | {"built": False}
    assert elsewhere["version"] == first["version"]
    assert Path(elsewhere["path"]).read_bytes() == Path(first["path"]).read_bytes()
    assert len(downloads) == 2  # one per cache


def test_excluded_files_do_not_change_the_version(source: Path, downloads: list[str]) -> None:
    before = build(source)["version"]
    (source / "tests" / "test_app.py").write_text("changed")
    assert build(source)["version"] == before
    assert len(downloads) == 1


@pytest.mark.parametrize("change", ["content", "name", "mode", "python"])
def test_everything_else_does(source: Path, downloads: list[str], change: str) -> None:
    before = build(source)
    match change:
        case "content":
            (source / "static" / "shop.css").write_text("body { }")
        case "name":
            (source / "static" / "shop.css").rename(source / "static" / "site.css")
        case "mode":
            (source / "app.py").chmod(0o755)
    after = build(source, python="3.14" if change == "python" else "3.13")
    assert after["version"] != before["version"]
    assert len(downloads) == (2 if change == "python" else 1)  # wheels are kept while the requirements stay


def test_time_of_a_file_follows_its_content(source: Path, downloads: list[str]) -> None:
    """nginx makes ETags of time and size."""

    def times() -> dict[str, float]:
        with tarfile.open(build(source)["path"]) as tar:
            return {member.name: member.mtime for member in tar}

    before = times()
    (source / "static" / "shop.css").write_text("html {}\n")  # of the same size
    after = times()
    assert after.pop("static/shop.css") != before.pop("static/shop.css")
    assert after == before
    assert downloads


def test_unfinished_builds_are_begun_anew(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(wheels: Path, *_: Any) -> None:
        wheels.mkdir(exist_ok=True)
        raise release.BuildError("no network")

    monkeypatch.setattr(release, "download", fail)
    for _ in range(2):
        with pytest.raises(release.BuildError):
            build(source)
    assert not list((source.parent / "cache").glob("*.tar.gz"))


def test_a_missing_requirements_file_is_named(source: Path) -> None:
    with pytest.raises(release.BuildError, match=r"requirements_aws\.txt is not in"):
        build(source, requirements="requirements_aws.txt")


def test_errors_are_one_sentence() -> None:
    command = [
        sys.executable,
        str(release.__file__),
        "--source=/nowhere",
        "--requirements=r.txt",
        "--python=3.13",
        "--platform=any",
    ]
    result = subprocess.run([*command, "--cache=/nowhere"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert "/nowhere" in result.stderr
    assert "Traceback" not in result.stderr
