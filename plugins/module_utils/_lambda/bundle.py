# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lambda's zip, out of the very files that agent and modules run, plus dnspython.

    python -m plugins.module_utils._lambda.bundle OUTPUT.zip

From the same files come the same bytes, wherever and whenever it is built: sorted, one fixed time, one mode, and stored
rather than compressed (two zlib versions compress differently; the whole is 2 MB). Prints CodeSha256 as Lambda shows
it, so that a deployed function can be compared.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import io
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path

# What Lambda calls.
PACKAGE = "multicloud_dr"
HANDLER = f"{PACKAGE}._lambda.handler.handler"
# Beside this folder; a folder means all of its Python files.
OWN = ("_failover", "_lambda", "_dns.py", "_dynamodb.py")
UNNEEDED = frozenset({f"{PACKAGE}/_lambda/bundle.py"})
# Pure Python, and not in AWS's runtime.
VENDORED = "dns", "dnspython"
# The earliest that a zip can say.
EPOCH = (1980, 1, 1, 0, 0, 0)


def contents() -> dict[str, bytes]:
    """Path in the zip to content."""
    utils = Path(__file__).parents[1]
    found = {f"{PACKAGE}/__init__.py": b""}
    for name in OWN:
        source = utils / name
        if not source.exists():
            raise FileNotFoundError(f"{source} is missing; the bundle needs it.")
        found |= {f"{PACKAGE}/{path.relative_to(utils)}": path.read_bytes() for path in _python_files(source)}
    return {name: data for name, data in (found | _vendored(*VENDORED)).items() if name not in UNNEEDED}


def _python_files(source: Path) -> Iterator[Path]:
    yield from [source] if source.is_file() else source.rglob("*.py")


def _vendored(package: str, name: str) -> dict[str, bytes]:
    """An installed package with its licence."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"The Python package {name} is not installed here; the bundle needs it.")
    home = Path(spec.origin).parent
    found = {f"{package}/{path.relative_to(home)}": path.read_bytes() for path in home.rglob("*.py")}
    licences = [file for file in distribution(name).files or () if file.name.startswith("LICENSE")]
    return found | {f"{package}/{file.name}": Path(str(file.locate())).read_bytes() for file in licences}


def pack(files: Mapping[str, bytes]) -> bytes:
    """The zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()


def code_sha256(packed: bytes) -> str:
    """As in Lambda's FunctionConfiguration."""
    return base64.b64encode(hashlib.sha256(packed).digest()).decode()


def main(argv: Sequence[str] | None = None) -> None:
    """Write the zip; an unchanged one is left alone."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", type=Path)
    output: Path = parser.parse_args(argv).output
    try:
        packed = pack(contents())
    except FileNotFoundError as error:
        sys.exit(str(error))
    if not output.exists() or output.read_bytes() != packed:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(packed)
    print(f"{output} CodeSha256 {code_sha256(packed)}")


if __name__ == "__main__":
    main()
