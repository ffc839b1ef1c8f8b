"""Sheets read and shards rendered in child processes, on files of their scratch folders."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import structlog

from adapters.rendering.messages import (
    Earlier,
    IntakeAnswer,
    IntakeCall,
    ReportCall,
    ShardAnswer,
    ShardCall,
    SheetCall,
    TemplateFile,
)
from adapters.rendering.pools import BULK, OFFICE, QUICK
from adapters.rendering.templates import asset_files, template_file
from adapters.rendering.web_pictures import Pictures, WebPictures
from adapters.runtime.children import Children, Lease
from adapters.runtime.failures import (
    ChildCrashed,
    ChildKilledForMemory,
    ChildOutOfCpu,
    ChildOutOfMemory,
    ChildTimedOut,
)
from adapters.runtime.files import read_file, write_file
from application.documents.row_intake import CheckedChunk, read_shard
from application.documents.shard_file import RowFault, last_row
from domain.artifacts.ports import BlobInfo, BlobStore
from domain.documents.bulk_run import BulkRowNotFound
from domain.documents.effort import office_seconds
from domain.documents.engine_choice import choose_engine
from domain.documents.field_settings import bare, to_check
from domain.documents.fields import TemplateField
from domain.documents.ports import BulkEngine
from domain.documents.rendering import (
    Content,
    IntakeChunk,
    IntakeOrder,
    IntakeResult,
    ShardOrder,
    SheetInspection,
)
from domain.documents.run_options import Output, PdfEngineChoice, SheetReading
from domain.documents.shards import Shard, ShardResult, Slice

_CULPRITS: Final = 5  # rows of one shard that may kill a child before we give the shard up
_DEADLY: Final = (ChildCrashed, ChildOutOfMemory, ChildOutOfCpu, ChildTimedOut)
_DOCX_SECONDS: Final = 0.2  # a row may take, on the average of its shard
_PDF_SECONDS: Final = 6.0
_WEB_SECONDS: Final = 600.0  # for all pictures of the web that a shard names
log = structlog.get_logger()
_SHEET, _EARLIER, _ROWS, _TARGET, _CURSOR = "sheet", "earlier", "rows", "target", "cursor"


@dataclass(frozen=True, slots=True)
class ChildBulkEngine(BulkEngine):
    """`office` says whether LibreOffice is here, `usual` which engine stands for AUTO; `patience`
    is for those who wait for an answer.
    """

    children: Children
    blobs: BlobStore
    web: WebPictures
    office: bool = False
    usual: PdfEngineChoice = PdfEngineChoice.AUTO
    patience: float | None = 20.0

    async def inspect_sheet(
        self, name: str, content: Content, reading: SheetReading, fields: tuple[TemplateField, ...]
    ) -> SheetInspection:
        async with self.children.lease(QUICK, patience=self.patience) as child:
            await write_file(child.scratch / _SHEET, content())
            call = SheetCall(file=_SHEET, name=name, reading=reading, fields=bare(fields))
            return await child.call("inspect_sheet", call, returns=SheetInspection)

    async def take_in(
        self, order: IntakeOrder, each: Callable[[IntakeChunk], Awaitable[None]]
    ) -> IntakeResult:
        async def pass_on(chunk: CheckedChunk) -> None:
            await each(_chunk(order, chunk))

        async with self.children.lease(BULK) as child:
            await write_file(child.scratch / _SHEET, self.blobs.open(order.sheet_key))
            earlier = msgspec.msgpack.encode(Earlier(order.only, order.taken))
            await asyncio.to_thread((child.scratch / _EARLIER).write_bytes, earlier)
            found = await child.call(
                "take_in",
                _intake_call(order),
                returns=IntakeAnswer,
                each=pass_on,
                items=CheckedChunk,
            )
            blob = None
            if found.size:
                blob = await self.blobs.put(order.input_key, read_file(child.scratch / _TARGET))
        return IntakeResult(
            rows=found.rows,
            valid=found.valid,
            shards=found.shards,
            input=blob,
            warnings=found.warnings,
        )

    async def render(
        self, order: ShardOrder, each: Callable[[int], Awaitable[None]]
    ) -> ShardResult:
        began = asyncio.get_running_loop().time()
        chosen = choose_engine(
            order.options.fill.pdf_engine,
            order.source.fidelity,
            office=self.office,
            usual=self.usual,
        )
        pdf = order.options.output is not Output.DOCX
        office = pdf and chosen.engine is PdfEngineChoice.LIBREOFFICE
        async with self.children.lease(OFFICE if office else BULK) as child:
            await self._slice(order.shard.input, child)
            pictures = await self._pictures(order, child)
            answer = await self._rendered(child, order, chosen.engine, pictures, each)
            _log_defects(answer)
            blob = None
            if answer.members:
                blob = await self.blobs.put(order.target_key, read_file(child.scratch / _TARGET))
        return ShardResult(
            rows_ok=answer.rows_ok,
            rows_failed=answer.rows_failed,
            rows_json=answer.rows_json,
            object=blob,
            members=answer.members,
            members_size=answer.members_size,
            engine=answer.engine,
            duration_ms=round(1000 * (asyncio.get_running_loop().time() - began)),
        )

    async def read_row(self, shard: Shard, row_number: int) -> Mapping[str, Any]:
        place = shard.input
        stream = self.blobs.open(place.key, start=place.offset, length=place.length)
        packed = b"".join([block async for block in stream])
        for number, _, values in read_shard(packed):
            if number == row_number:
                return values
        raise BulkRowNotFound(f"The run has no data for row {row_number}.")

    async def report(
        self, lines: AsyncIterator[bytes], csv_key: str, xlsx_key: str, output: Output
    ) -> tuple[BlobInfo, BlobInfo]:
        async with self.children.lease(BULK) as child:
            await write_file(child.scratch / _ROWS, lines)
            call = ReportCall(rows=_ROWS, output=output, csv="report.csv", xlsx="report.xlsx")
            await child.call("report", call)
            csv = await self.blobs.put(csv_key, read_file(child.scratch / call.csv))
            xlsx = await self.blobs.put(xlsx_key, read_file(child.scratch / call.xlsx))
        return csv, xlsx

    async def _rendered(
        self,
        child: Lease,
        order: ShardOrder,
        engine: PdfEngineChoice,
        pictures: Pictures,
        each: Callable[[int], Awaitable[None]],
    ) -> ShardAnswer:
        """Tried again without the rows on which a child died; they are at fault, not the shard."""
        faults: dict[int, RowFault] = {}
        doubted = False
        while True:
            template = await template_file(child, self.blobs, order.source)
            try:
                return await child.call(
                    "render",
                    _shard_call(order, engine, template, pictures, faults),
                    returns=ShardAnswer,
                    each=each,
                    items=int,
                    wall_seconds=_wall_seconds(order, engine),
                )
            except _DEADLY as error:
                row = _culprit(child)
                if isinstance(error, ChildTimedOut) and not doubted:
                    doubted = True  # perhaps the machine was busy; no row is at fault for that
                    continue
                last_try = isinstance(error, ChildKilledForMemory) or len(faults) == _CULPRITS
                if row is None or row in faults or last_try:
                    raise
                log.warning("row killed its child", exc_info=error)
                faults[row] = RowFault(error.code, f"Rendering this row failed: {error}")

    async def _pictures(self, order: ShardOrder, child: Lease) -> Pictures:
        """Everything that rows name by reference, those of the web among them."""
        files = await asset_files(child, self.blobs, order.assets)
        found = await self.web.fetch(order.addresses, child.scratch, patience=_WEB_SECONDS)
        return Pictures(files | found.files, found.missing)

    async def _slice(self, place: Slice, child: Lease) -> None:
        stream = self.blobs.open(place.key, start=place.offset, length=place.length)
        await write_file(child.scratch / _ROWS, stream)


def _log_defects(answer: ShardAnswer) -> None:
    """Here, where the ids of the job are known; the child has no log of its own."""
    for defect in answer.defects:
        log.error("row defect", exception=[{"type": defect.type, "frames": defect.frames}])


def _shard_call(
    order: ShardOrder,
    engine: PdfEngineChoice,
    template: TemplateFile,
    pictures: Pictures,
    faults: Mapping[int, RowFault],
) -> ShardCall:
    return ShardCall(
        template=template,
        fields=bare(order.fields),
        options=order.options.fill,
        output=order.options.output,
        engine=engine,
        assets=pictures.files,
        missing=pictures.missing,
        rows=_ROWS,
        target=_TARGET,
        cursor=_CURSOR,
        faults=list(faults.items()),
    )


def _wall_seconds(order: ShardOrder, engine: PdfEngineChoice) -> float:
    rows = order.shard.rows
    if order.options.output is Output.DOCX:
        return 60 + rows * _DOCX_SECONDS
    if engine is PdfEngineChoice.LIBREOFFICE:
        return 60 + office_seconds(rows)
    return 60 + rows * _PDF_SECONDS


def _culprit(child: Lease) -> int | None:
    """The row a dead child was at, taken from its cursor; the next child starts a new one."""
    cursor = child.scratch / _CURSOR
    if not cursor.exists():
        return None
    row = last_row(cursor.read_bytes())
    cursor.unlink()
    return row


def _intake_call(order: IntakeOrder) -> IntakeCall:
    options = order.options
    return IntakeCall(
        sheet=SheetCall(
            file=_SHEET,
            name=order.sheet_name,
            reading=order.reading,
            fields=to_check(order.fields, options.fill.missing),
        ),
        pattern=options.pattern(order.template_name),
        mapping=options.mapping,
        shard_rows=options.output.shard_rows(),
        corrections=[(number, dict(cells)) for number, cells in order.corrections.items()],
        earlier=_EARLIER,
        max_rows=order.max_rows,
        urls=order.urls,
        target=_TARGET,
    )


def _chunk(order: IntakeOrder, chunk: CheckedChunk) -> IntakeChunk:
    return IntakeChunk(
        shards=tuple(
            Shard(
                round=order.round,
                number=each.number,
                first_row=each.first_row,
                last_row=each.last_row,
                rows=each.rows,
                input=Slice(key=order.input_key, offset=each.offset, length=each.length),
            )
            for each in chunk.shards
        ),
        rows_json=chunk.rows_json,
        last_row=chunk.last_row,
        rows=chunk.rows,
    )
