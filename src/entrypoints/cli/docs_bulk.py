"""A bulk run at the command line: the whole application in this process, gone at the end."""

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import Artifacts, BlobStore
from domain.kernel.errors import Invalid
from entrypoints.cli.api_calls import ApiCalls
from entrypoints.cli.progress import shown_progress
from entrypoints.harness import Harness, Member
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging

_LOOK: Final = 0.2  # seconds between two looks at a run


class BulkFailed(Invalid):
    """Facts: `reason`, `report`."""

    code = "documents.bulk-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOrder:
    """The options of `atelier docs bulk`."""

    template: Path
    sheet: Path
    output: Path | None
    format_: str
    report: Path | None
    names: str
    mapping: dict[str, str | None] | None
    delimiter: str | None
    encoding: str | None
    sheet_name: str | None
    sheet_locale: str | None
    dry_run: bool
    missing: str
    engine: str
    locale: str

    def report_path(self) -> Path:
        """Beside the ZIP, or beside the sheet where there is none."""
        beside = self.output or self.sheet
        return self.report or beside.with_name(f"{beside.stem}-report.csv")

    def body(self, template_id: str, sheet_id: str) -> dict[str, Any]:
        """What the API is asked for."""
        reading = {
            "delimiter": self.delimiter,
            "encoding": self.encoding,
            "sheet_name": self.sheet_name,
            "locale": self.sheet_locale,
        }
        return {
            "template_id": template_id,
            "sheet_id": sheet_id,
            "output": self.format_,
            "file_names": self.names,
            "mapping": self.mapping,
            "reading": {name: value for name, value in reading.items() if value},
            "missing": self.missing,
            "pdf_engine": self.engine,
            "locale": self.locale,
            "dry_run": self.dry_run,
        }


async def run_bulk(order: BulkOrder) -> dict[str, Any]:
    """Writes the ZIP and the report. Raises BulkFailed when no row became a document."""
    began = time.monotonic()
    settings = Settings.from_environment()
    start_logging(replace(settings, log_level="warning"))
    folder = settings.data_dir / "harness"
    async with Harness.start(folder=folder) as atelier:
        member = await atelier.sign_up("Command line")
        api = ApiCalls(atelier.http(member))
        template = await api.upload_template(order.template)
        sheet = await api.upload_sheet(order.sheet)
        body = order.body(template["template"]["id"], sheet["id"])
        run = await api.json("POST", "/bulk-runs", json=body)
        run = await _finished(atelier, api, run)
        report = order.report_path()
        excel = report.suffix.lower() == ".xlsx"
        await _save(atelier, member, run["report_xlsx_id" if excel else "report_csv_id"], report)
        if order.output is not None and run["archive_id"]:
            await _save(atelier, member, run["archive_id"], order.output)
    if run["status"] != "success":
        _fail(run, report)
    return {
        "rows": run["rows_total"],
        "ok": run["rows_ok"],
        "failed": run["rows_invalid"] + run["rows_failed"],
        "zip": str(order.output) if order.output and run["archive_id"] else None,
        "report": str(report),
        "dry_run": order.dry_run,
        "seconds": round(time.monotonic() - began, 1),
    }


async def _finished(atelier: Harness, api: ApiCalls, run: Any) -> Any:
    draining = asyncio.create_task(atelier.drain())
    with shown_progress("Filling") as tell:
        while not draining.done():
            await asyncio.wait({draining}, timeout=_LOOK)
            run = await api.json("GET", f"/bulk-runs/{run['id']}")
            tell(run)
    await draining
    return run


async def _save(atelier: Harness, member: Member, artifact_id: str | None, path: Path) -> None:
    if artifact_id is None:
        return
    async with atelier.acting(member.actor) as scope:
        artifacts, blobs = await scope.get(Artifacts), await scope.get(BlobStore)
        artifact = await artifacts.get(member.actor.workspace_id, ArtifactId(UUID(artifact_id)))
        with path.open("wb") as file:
            async for block in blobs.open(artifact.key):
                file.write(block)


def _fail(run: Any, report: Path) -> None:
    error = run["error"] or {"code": "documents.run-cancelled", "message": "The run was stopped."}
    told = f" ({report} says why, row by row)" if run["report_csv_id"] else ""
    raise BulkFailed(f"{error['message']}{told}", reason=error["code"], report=str(report))
