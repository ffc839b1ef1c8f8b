"""The documents part: a letter and 500 people, some with mistakes, become DOCX and PDF."""

import time
from pathlib import Path
from typing import Any, Final

from domain.kernel.errors import Conflict
from entrypoints.cli.demonstration.stage import Stage
from entrypoints.cli.output import say
from entrypoints.cli.progress import shown_progress

SAMPLES: Final = Path(__file__).parents[1] / "samples/documents"
_LAST: Final = "documents.assemble-run"
_ENDS: Final = frozenset({"success", "failed", "cancelled"})


class DemoFailed(Conflict):
    code = "cli.demo-failed"


async def show_documents(stage: Stage) -> dict[str, Any]:
    """Everything through the API, rendered by the worker."""
    began = time.monotonic()
    template = await stage.api.upload_template(SAMPLES / "letter.docx", name="Premium reminder")
    version = template["version"]
    say(f"Template: {len(template['fields'])} fields, PDF {version['fidelity']}.")
    sheet = await stage.api.upload_sheet(SAMPLES / "people.csv")
    body = {
        "template_id": template["template"]["id"],
        "sheet_id": sheet["id"],
        "output": "both",
        "file_names": "{last_name} {ref}",
        "locale": "en-IE",
    }
    run = await stage.api.json("POST", "/bulk-runs", json=body)
    await _follow(stage, run["job_id"])
    run = await stage.api.json("GET", f"/bulk-runs/{run['id']}")
    if run["status"] != "success":
        raise DemoFailed(f"The bulk run ended as {run['status']}.", run=run["id"])
    archive = await stage.save(run["archive_id"], "letters.zip")
    report = await stage.save(run["report_csv_id"], "report.csv")
    workbook = await stage.save(run["report_xlsx_id"], "report.xlsx")
    return {
        "rows": run["rows_total"],
        "ok": run["rows_ok"],
        "failed": run["rows_invalid"] + run["rows_failed"],
        "documents": 2 * run["rows_ok"],
        "rows_per_second": run["rows_per_second"],
        "seconds": round(time.monotonic() - began, 2),
        "zip": str(archive),
        "zip_bytes": archive.stat().st_size,
        "report": str(report),
        "report_xlsx": str(workbook),
    }


async def _follow(stage: Stage, root_id: str) -> None:
    """Until the last job of the run has ended, over the WebSocket."""
    with shown_progress("Letters") as tell:
        async for event in stage.events(root_id):
            note = event["data"].get("note") or {}
            if note.get("rows_total"):
                tell(note)
            if event["event"] in _ENDS and (event["kind"] == _LAST or event["event"] != "success"):
                return
