"""`atelier docs` as a person uses it: files in, files out, one clear line when it goes wrong."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import LETTER, PEOPLE, rows_of, word_file

GERMAN = (
    "Name;Ort;Fällig\nZoé Åström;Köln;1.234,50\nBob;;3\nCy;Rom;viel\nAda;Oslo;7;zu viel\n"
).encode("cp1252")
SHORT = word_file("Dear {{ name }} of {{ ort }}, you owe {{ amount | currency('EUR') }}.")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One data directory for all commands, where the database's own user can reach it."""
    with tempfile.TemporaryDirectory(prefix="atl-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def docs(home: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "entrypoints.cli", "docs", *words],
        env={"PATH": os.environ["PATH"], "ATELIER_DATA_DIR": str(home), "HOME": str(home)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_fields_of_a_broken_template_are_told_with_every_error(home: Path, tmp_path: Path) -> None:
    (tmp_path / "t.docx").write_bytes(word_file("Dear {{ name", "{% if x %}"))

    told = docs(home, tmp_path, "fields", "t.docx")

    assert told.returncode == 1
    assert "PDF" not in told.stdout
    assert told.stderr.count("error: ") == 2
    assert "The template has 2 errors; the first: " in told.stderr.splitlines()[-1]


def test_what_is_missing_is_told_in_sentences(home: Path, tmp_path: Path) -> None:
    (tmp_path / "t.docx").write_bytes(SHORT)
    (tmp_path / "row.json").write_text('{"name": "Ada"}')

    told = docs(home, tmp_path, "fill", "t.docx", "--data", "row.json", "-o", "out.docx")
    nowhere = docs(home, tmp_path, "fill", "t.docx", "--data", "row.json", "-o", "no/out.docx")

    assert (told.returncode, nowhere.returncode) == (1, 1)
    assert "“ort” has no value. “amount” has no value. [documents.row-invalid]" in told.stderr
    assert "there is no folder" in nowhere.stderr


def test_an_odd_sheet_becomes_letters_and_a_report(home: Path, tmp_path: Path) -> None:
    (tmp_path / "t.docx").write_bytes(SHORT)
    (tmp_path / "leute.csv").write_bytes(GERMAN)

    unmapped = docs(home, tmp_path, "bulk", "t.docx", "leute.csv", "-o", "out.zip")
    nowhere = docs(home, tmp_path, "bulk", "t.docx", "leute.csv", "-o", "no/out.zip")
    made = docs(
        home, tmp_path, "bulk", "t.docx", "leute.csv", "-o", "out.zip", "--json",
        "--map", "amount=Fällig", "--sheet-locale", "de", "--names", "{name}",
    )  # fmt: skip

    assert (unmapped.returncode, nowhere.returncode) == (1, 1)
    assert "Every row needs “amount”, but no column" in unmapped.stderr
    assert "there is no folder" in nowhere.stderr
    assert made.returncode == 0, made.stderr
    facts = json.loads(made.stdout.splitlines()[-1])
    assert (facts["rows"], facts["ok"], facts["failed"]) == (4, 1, 3)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == ["Zoé Åström.docx"]
    report = rows_of((tmp_path / "out-report.csv").read_bytes())
    assert [row["status"] for row in report] == ["ok", "invalid", "invalid", "invalid"]


def test_the_samples_are_checked_without_making_anything(home: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.docx").write_bytes(LETTER)
    (tmp_path / "people.csv").write_bytes(PEOPLE)

    told = docs(home, tmp_path, "bulk", "letter.docx", "people.csv", "--dry-run")

    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[:2] == [
        "493 of 500 rows can be filled.",
        "7 rows cannot; the report says why.",
    ]
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "letter.docx", "people-report.csv", "people.csv",
    ]  # fmt: skip
