"""`atelier demo` as a new user runs it: real processes, shipped input, files at the end."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document


@pytest.fixture
def data() -> Iterator[Path]:
    """Where the embedded services' own user can go, unlike pytest's folders."""
    folder = Path(tempfile.mkdtemp(prefix="atl-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_the_demo_makes_letters_of_every_good_row_and_reports_the_others(
    tmp_path: Path, data: Path
) -> None:
    environment = {**os.environ, "ATELIER_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "entrypoints.cli", "demo", "--json", "--output", str(tmp_path)]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    documents = json.loads(done.stdout.splitlines()[-1])["documents"]
    assert (documents["rows"], documents["ok"], documents["failed"]) == (500, 493, 7)
    with zipfile.ZipFile(documents["zip"]) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if name.endswith(".docx")]
        assert len(names) == documents["ok"]
        assert sum(name.endswith(".pdf") for name in archive.namelist()) == documents["ok"]
        with archive.open(names[0]) as member:
            assert "Dear Ada O'Brien," in [each.text for each in Document(member).paragraphs]
    with Path(documents["report"]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == documents["rows"]
