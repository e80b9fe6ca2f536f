# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a release of the shop on the controller: one archive of its source and of the wheels it needs.

The version is a digest of what goes in, so the same source gives the same version on every controller. Prints JSON:
{version, path, built}. Runs of the same version wait for each other; only the first builds.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path


class BuildError(Exception):
    """A release cannot be built; the message is one sentence."""


def source_files(source: Path, exclude: Sequence[str]) -> list[Path]:
    """Paths of all files, relative to ``source``, of which no part matches a pattern of ``exclude``."""
    relative = (path.relative_to(source) for path in source.rglob("*") if path.is_file())
    return sorted(path for path in relative if not any(fnmatch(part, p) for part in path.parts for p in exclude))


def digest(source: Path, files: Iterable[Path], *more: str) -> str:
    """12 hexadecimal digits for the names, contents and executable bits of ``files``, and ``more``."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in files:
        content = hashlib.sha256((source / path).read_bytes()).hexdigest()
        total.update(f"\0{path}\0{bool((source / path).stat().st_mode & 0o100)}\0{content}".encode())
    return total.hexdigest()[:12]


def pack(archive: Path, members: Iterable[tuple[Path, str]]) -> None:
    """Write (file, name) ``members`` to a tar.gz that depends on nothing but their names and contents."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, name in members:
            content = path.read_bytes()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            # Web servers make an ETag of time and size: the time has to change with the content, and only with it.
            info.mtime = 1_000_000_000 + int(hashlib.sha256(content).hexdigest()[:7], 16)
            tar.addfile(info, io.BytesIO(content))


def download(wheels: Path, requirements: Path, python: str, platforms: Sequence[str]) -> None:
    """Fill the folder ``wheels`` for another Python than this one."""
    options = [option for platform in platforms for option in ("--platform", platform)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", str(wheels)]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *options]
    result = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, check=False)
    if result.returncode:
        errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        raise BuildError(f"pip could not download {requirements.name} for Python {python}: {' '.join(errors)}")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(
    source: Path, requirements: str, python: str, platforms: Sequence[str], exclude: Sequence[str], cache: Path
) -> dict[str, str | bool]:
    """Build the release unless ``cache`` has it; {version, path, built}."""
    files = source_files(source, exclude)
    if Path(requirements) not in files:
        raise BuildError(f"{requirements} is not in {source}; the shop's requirements file has to be.")
    version = digest(source, files, requirements, python, *platforms)
    archive = cache / f"shop-{version}.tar.gz"
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "lock"):
        built = not archive.exists()
        if built:
            lists = [path for path in files if path.name.startswith("requirements")]
            wheels = cache / f"wheels-{digest(source, lists, requirements, python, *platforms)}"
            if not wheels.exists():
                unfinished = wheels.with_suffix(".part")
                download(unfinished, source / requirements, python, platforms)
                unfinished.rename(wheels)
            members = [(source / path, str(path)) for path in files]
            members += [(wheel, f"wheels/{wheel.name}") for wheel in sorted(wheels.iterdir())]
            unfinished = archive.with_suffix(".part")
            pack(unfinished, members)
            unfinished.rename(archive)
    return {"version": version, "path": str(archive), "built": built}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--requirements", required=True, help="file in the source")
    parser.add_argument("--python", required=True, help="version on the web hosts, such as 3.13")
    parser.add_argument("--platform", action="append", required=True, help="such as manylinux_2_28_x86_64")
    parser.add_argument("--exclude", action="append", default=[], help="pattern of file and folder names")
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args(argv)
    try:
        cache = options.cache.expanduser().resolve()
        source = options.source.resolve(strict=True)
        result = build(source, options.requirements, options.python, options.platform, options.exclude, cache)
    except (BuildError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
