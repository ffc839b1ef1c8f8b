"""How fast templates are filled beside docxtpl, docx-mailmerge2 and docxtemplater, on one core."""

import json
import sys
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from make_samples import FOLDER, letter
from peers import node_with, python_with
from rivals import Race, Rival, summary
from sample_rows import certificate_row, contract_row, people

WORKERS = Path(__file__).with_name("workers")
PYTHON_PEERS = ("docxtpl==0.20.2", "babel==2.18.0")
MAILMERGE = ("docx-mailmerge2==1.0.3",)
NODE_PEERS = ("docxtemplater@3.71.0", "pizzip@3.3.0")
ROUNDS = 7
LETTERS = 20_000  # rows; more than any engine could remember
WAYS: Mapping[str, Mapping[str, object]] = {
    "atelier": {},
    "atelier-libdeflate": {"presegment": False},
    "atelier-isal": {"presegment": False, "deflate": "isal"},
    "atelier-zlib": {"presegment": False, "deflate": "zlib"},
}


def run(work: Path, *, rounds: int = ROUNDS) -> dict[str, Any]:
    """The letter against all peers, contract and certificate against docxtpl."""
    results: dict[str, Any] = {"letter": _letter(work, rounds)}
    for name, row in (("contract", contract_row), ("certificate", certificate_row)):
        rows = _stored(work / f"{name}.json", (row(i) for i in range(2_000)))
        rivals = [*_ours(FOLDER / f"{name}.docx", rows), _docxtpl(FOLDER / f"{name}.docx", rows)]
        results[name] = _race(rivals, rounds)
    return results


def _letter(work: Path, rounds: int) -> dict[str, Any]:
    template = FOLDER / "letter.docx"
    rows = _stored(work / "letter.json", people(LETTERS, spoilt=False))
    shown = _stored(work / "shown.json", _as_shown(people(LETTERS, spoilt=False)))
    merge, brace = work / "merge.docx", work / "brace.docx"
    letter("merge").save(merge)
    letter("brace").save(brace)
    mailmerge = [python_with(*MAILMERGE), WORKERS / "mailmerge_worker.py", merge, shown]
    node = ["node", WORKERS / "docxtemplater_worker.cjs", node_with(*NODE_PEERS), brace, shown]
    return _race(
        [
            *_ours(template, rows),
            _docxtpl(template, rows),
            Rival("docx-mailmerge2", mailmerge),
            Rival("docxtemplater", node),
        ],
        rounds,
    )


def _race(rivals: list[Rival], rounds: int) -> dict[str, Any]:
    with Race(rivals) as race:
        documents = {rival.name: race.sample(rival.name) for rival in rivals}
        speeds = race.rounds(rounds)
    texts = {name: _text(document) for name, document in documents.items()}
    different = [name for name, text in texts.items() if text != texts["atelier"]]
    sizes = {name: len(document) for name, document in documents.items()}
    return summary(speeds, "atelier") | {"bytes": sizes, "says_something_else": different}


def _ours(template: Path, rows: Path) -> list[Rival]:
    worker = WORKERS / "atelier_worker.py"
    return [
        Rival(name, [sys.executable, worker, template, rows, json.dumps(options)])
        for name, options in WAYS.items()
    ]


def _docxtpl(template: Path, rows: Path) -> Rival:
    worker = WORKERS / "docxtpl_worker.py"
    return Rival("docxtpl", [python_with(*PYTHON_PEERS), worker, template, rows])


def _as_shown(rows: Iterable[dict[str, str]]) -> Iterable[dict[str, str]]:
    """Rows for tools without formats: dates and money as the letter shows them."""
    from datetime import date

    from babel.dates import format_date
    from babel.numbers import format_currency

    for row in rows:
        days = {
            name: format_date(date.fromisoformat(row[name]), "d MMMM yyyy", locale="en")
            for name in ("date", "due_date")
        }
        yield row | days | {"amount": format_currency(row["amount"], "EUR", locale="en")}


def _stored(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    path.write_text(json.dumps(list(rows)), encoding="utf-8")
    return path


def _text(document: bytes) -> list[str]:
    opened: Any = Document(BytesIO(document))
    section = opened.sections[0]
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    paragraphs = [*opened.paragraphs, *section.header.paragraphs, *section.footer.paragraphs]
    return [paragraph.text for paragraph in paragraphs] + cells
