"""Bulk runs without database and HTTP: CSV to ZIP and report, in seconds of all processes."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

from psutil import Process

from adapters.rendering.bulk import ChildBulkEngine
from adapters.rendering.pools import document_kinds
from adapters.rendering.templates import ChildTemplateEngine
from adapters.runtime.children import Children
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock
from application.documents.archives import Archives
from domain.artifacts.artifact import ArtifactId
from domain.documents.fields import TemplateField
from domain.documents.rendering import IntakeChunk, IntakeOrder, ShardOrder, TemplateSource
from domain.documents.run_options import Output, RunOptions, SheetReading
from domain.documents.shards import Shard, ShardObject
from domain.documents.template_version import DEFAULT_SYNTAXES
from entrypoints.children import DOCUMENTS

KEPT = ArtifactId(UUID(int=0))


def best_of(rounds: int, work: Path, template: Path, sheet: Path, names: str) -> dict[str, Any]:
    """The round that took the least CPU time; children are warm, as in a worker."""
    made = [asyncio.run(_round(work / "engine", template, sheet, names)) for _ in range(rounds)]
    return min(made, key=lambda each: float(each["cpu_seconds"]))


async def _round(folder: Path, template: Path, sheet: Path, names: str) -> dict[str, Any]:
    store = LocalBlobStore(folder / "files", UrlSigner((bytes(32),), SystemClock(), ""))
    await store.put("sheet", _content(sheet))
    await store.put("template", _content(template))
    kinds = document_kinds(DOCUMENTS, quick=1, bulk=1)
    try:
        async with Children(kinds, folder / "scratch") as children:
            found = await ChildTemplateEngine(children, store).inspect(
                lambda: _content(template), DEFAULT_SYNTAXES
            )
            source = TemplateSource(
                sha256=found.sha256,
                key="template",
                syntaxes=DEFAULT_SYNTAXES,
                fidelity=found.fidelity,
            )
            await children.warm()
            run = EngineRun(ChildBulkEngine(children, store), store, source, found.fields, names)
            return await run.measured()
    finally:
        shutil.rmtree(folder)


class EngineRun:
    """What a worker does for a run, one thing after the other."""

    def __init__(
        self,
        engine: ChildBulkEngine,
        store: LocalBlobStore,
        source: TemplateSource,
        fields: tuple[TemplateField, ...],
        names: str,
    ) -> None:
        self.engine, self.store, self.source, self.fields = engine, store, source, fields
        self.options = RunOptions(file_names=names, output=Output.DOCX)
        self.shards: list[Shard] = []
        self.rows: dict[int, dict[str, Any]] = {}
        self.objects: list[ShardObject] = []

    async def measured(self) -> dict[str, Any]:
        cpu, began = _cpu(), time.perf_counter()
        parts = {}
        for part in (self._take_in, self._render, self._report, self._archive):
            since = _cpu()
            await part()
            parts[part.__name__.strip("_")] = round(_cpu() - since, 3)
        return {
            "rows": len(self.rows),
            "seconds": round(time.perf_counter() - began, 3),
            "cpu_seconds": round(_cpu() - cpu, 3),
            "cpu_seconds_by_part": parts,
        }

    async def _take_in(self) -> None:
        order = IntakeOrder(
            sheet_key="sheet",
            sheet_name="people.csv",
            reading=SheetReading(),
            fields=self.fields,
            options=self.options,
            template_name="letter",
            corrections={},
            round=1,
            only=None,
            taken=(),
            input_key="rows",
            max_rows=1_000_000,
        )
        await self.engine.take_in(order, self._keep)

    async def _keep(self, chunk: IntakeChunk) -> None:
        self.shards += chunk.shards
        self._note(chunk.rows_json)

    async def _render(self) -> None:
        for shard in self.shards:
            order = ShardOrder(
                source=self.source,
                fields=self.fields,
                options=self.options,
                shard=shard,
                target_key=f"shard-{shard.number}",
            )
            result = await self.engine.render(order, _nobody_listens)
            assert result.object is not None
            self._note(result.rows_json)
            self.objects.append(
                ShardObject(
                    artifact_id=KEPT,
                    key=result.object.key,
                    size=result.object.size,
                    members=result.members,
                    members_size=result.members_size,
                )
            )

    async def _report(self) -> None:
        await self.engine.report(self._lines(), "report.csv", "report.xlsx", Output.DOCX)

    async def _archive(self) -> None:
        await Archives(self.store).build(self.objects, "documents.zip")

    def _note(self, rows_json: bytes) -> None:
        """As the table of rows keeps what is told of them."""
        for row in json.loads(rows_json):
            known = self.rows.setdefault(row["n"], {})
            known |= {"n": row["n"], "s": row["s"]}
            known |= {"dx": row["dxs"]} if "dxs" in row else {}
            known |= {name: row[name] for name in ("f", "us", "c", "m") if name in row}

    async def _lines(self) -> AsyncIterator[bytes]:
        yield b"".join(json.dumps(row).encode() + b"\n" for row in self.rows.values())


async def _content(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


async def _nobody_listens(rows: int) -> None:
    del rows


def _cpu() -> float:
    """Seconds that this process and its children have worked."""
    ourselves = Process()
    times = [each.cpu_times() for each in (ourselves, *ourselves.children(recursive=True))]
    return sum(each.user + each.system for each in times)
