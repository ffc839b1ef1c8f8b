"""How fast PDFs are drawn by Typst, WeasyPrint and LibreOffice (by unoserver), on one core each."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pypdfium2
from make_samples import FOLDER
from peers import Office, office, python_with
from rivals import Race, Rival, summary
from sample_rows import certificate_row, contract_row, people

WORKERS = Path(__file__).with_name("workers")
UNOSERVER = ("unoserver==3.7",)
ROUNDS = 7
ROUND_SECONDS = 0.8  # ten letters of the slowest
ROWS = 1_000
GOALS = {"weasyprint": 5.0, "libreoffice": 8.0}  # how many times as fast Typst is to be


def run(work: Path, *, rounds: int = ROUNDS) -> dict[str, Any]:
    """Every engine on every shipped template; without LibreOffice the other two."""
    found = office()
    results: dict[str, Any] = {
        "libreoffice": "not installed" if found is None else f"{found.version}, {UNOSERVER[0]}",
        "goals": {f"typst_times_{name}": goal for name, goal in GOALS.items()},
    }
    rows: Mapping[str, Iterable[Mapping[str, object]]] = {
        "letter": people(ROWS, spoilt=False),
        "contract": (contract_row(i) for i in range(ROWS)),
        "certificate": (certificate_row(i) for i in range(ROWS)),
    }
    for name, items in rows.items():
        stored = work / f"{name}.json"
        stored.write_text(json.dumps(list(items)), encoding="utf-8")
        results[name] = _race(_rivals(FOLDER / f"{name}.docx", stored, found), rounds)
    return results


def _rivals(template: Path, rows: Path, found: Office | None) -> list[Rival]:
    worker = WORKERS / "pdf_worker.py"
    rivals = [
        Rival(name, [sys.executable, worker, template, rows, name])
        for name in ("typst", "weasyprint")
    ]
    if found is not None:
        packages = next(python_with(*UNOSERVER).parents[1].glob("lib/*/site-packages"))
        command = [sys.executable, WORKERS / "unoserver_worker.py", template, rows]
        rivals.append(Rival("libreoffice", [*command, found.program, found.python, packages]))
    return rivals


def _race(rivals: list[Rival], rounds: int) -> dict[str, Any]:
    with Race(rivals, round_seconds=ROUND_SECONDS, one_core=True) as race:
        pages = {rival.name: _pages(race.sample(rival.name)) for rival in rivals}
        result = summary(race.rounds(rounds), "typst")
    times: Any = result["times"]
    return result | {
        "pages": len(pages["typst"]),
        "breaks_otherwise": [name for name, found in pages.items() if found != pages["typst"]],
        "missed": [name for name, ratio in times.items() if ratio < GOALS[name]],
    }


def _pages(pdf: bytes) -> list[list[str]]:
    """The words of each page in an order of their own: engines write headers first or last."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [_words(page.get_textpage().get_text_range()) for page in document]


def _words(text: str) -> list[str]:
    """Bullets are letters of a symbol font in LibreOffice, of Unicode elsewhere."""
    plain = unicodedata.normalize("NFKC", text.replace("\uf0b7", "•"))
    return sorted(plain.split())
