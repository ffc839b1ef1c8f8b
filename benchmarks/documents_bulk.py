"""Bulk runs of letters: the engine alone on one core, and whole runs through HTTP and a worker."""

import csv
import time
from pathlib import Path
from typing import Any

import httpx
import xlsxwriter
from documents_bulk_engine import best_of
from installation import Meter, running
from make_samples import FOLDER
from sample_rows import COLUMNS, people

LETTER = FOLDER / "letter.docx"
SIZES = (1_000, 10_000, 100_000)
ENGINE_ROWS = 10_000
WARM_UP = 100
LOOK = 0.05  # seconds between two looks at a run
NAMES = "{last_name} {ref}"


def run(work: Path, *, rounds: int) -> dict[str, Any]:
    """Whole runs are made once each: they take what they take."""
    engine = best_of(rounds, work, LETTER, letters(work / "engine.csv", ENGINE_ROWS), NAMES)
    with running(work) as (supervisor, client):
        template = _upload(client, "/templates", LETTER)["template"]["id"]
        meter = Meter(supervisor)
        _whole(client, template, letters(work / "warm.csv", WARM_UP))
        sheets = {f"csv_{size}": letters(work / f"{size}.csv", size) for size in SIZES}
        sheets[f"xlsx_{SIZES[-1]}"] = _workbook(work / "people.xlsx", SIZES[-1])
        whole = {name: _measured(client, meter, template, sheet) for name, sheet in sheets.items()}
    return {f"engine_{ENGINE_ROWS}": engine, **whole}


def _measured(client: httpx.Client, meter: Meter, template: str, sheet: Path) -> dict[str, Any]:
    with meter.watched() as used:
        found = _whole(client, template, sheet)
    return found | used


def _whole(client: httpx.Client, template: str, sheet: Path) -> dict[str, Any]:
    """From the upload of the sheet until the run's ZIP and report are there."""
    began = time.perf_counter()
    sheet_id = _upload(client, "/sheets", sheet)["id"]
    body = {"template_id": template, "sheet_id": sheet_id, "file_names": NAMES}
    run = client.post("/bulk-runs", json=body).raise_for_status().json()
    phases = {"upload": time.perf_counter() - began}
    while run["finished_at"] is None:
        phase, since = run["phase"], time.perf_counter()
        time.sleep(LOOK)
        run = client.get(f"/bulk-runs/{run['id']}").raise_for_status().json()
        phases[phase] = phases.get(phase, 0.0) + time.perf_counter() - since
    seconds = time.perf_counter() - began
    if run["status"] != "success" or run["rows_ok"] + run["rows_invalid"] != run["rows_total"]:
        raise SystemExit(f"the run ended as {run}")
    return {
        "rows": run["rows_total"],
        "seconds": round(seconds, 2),
        "rows_per_second": round(run["rows_total"] / seconds),
        "seconds_by_phase": {name: round(took, 2) for name, took in phases.items()},
    }


def _upload(client: httpx.Client, path: str, file: Path) -> Any:
    with file.open("rb") as content:
        answer = client.post(path, files={"file": (file.name, content)})
    return answer.raise_for_status().json()


def letters(path: Path, rows: int) -> Path:
    """A sheet of people for the letter, a few of them spoilt."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(people(rows))
    return path


def _workbook(path: Path, rows: int) -> Path:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for number, row in enumerate(people(rows), 1):
            for column, name in enumerate(COLUMNS):
                sheet.write_string(number, column, row[name])
    return path
