"""The document engines over a store of their own, as contract tests ask them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from adapters.rendering.bulk import ChildBulkEngine
from adapters.rendering.templates import ChildTemplateEngine
from adapters.rendering.web_pictures import WebPictures
from adapters.runtime.children import Children
from adapters.runtime.safe_http import SafeHttp
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock
from domain.documents.rendering import (
    FillOrder,
    Inspection,
    IntakeChunk,
    IntakeOrder,
    IntakeResult,
    ShardOrder,
    TemplateSource,
)
from domain.documents.run_options import (
    DocumentFormat,
    FillOptions,
    RunOptions,
    SheetReading,
)
from domain.documents.shards import Shard, ShardResult
from domain.documents.template_version import Syntaxes
from streams import stream
from studio import word_file
from tenants import NEW

LETTER = word_file("Dear {{ name }} of {{ city }}.")


class Bench:
    """The engines over a store of their own."""

    def __init__(self, children: Children, folder: Path) -> None:
        web = WebPictures(http=SafeHttp())
        self.blobs = LocalBlobStore(folder, UrlSigner((bytes(32),), SystemClock(), ""))
        self.templates = ChildTemplateEngine(children, self.blobs, web)
        self.bulk = ChildBulkEngine(children, self.blobs, web)

    async def inspected(self, content: bytes) -> Inspection:
        return await self.templates.inspect(lambda: stream(content), Syntaxes())

    async def source(self, content: bytes = LETTER) -> tuple[TemplateSource, Inspection]:
        found = await self.inspected(content)
        key = f"w/{found.sha256}"
        await self.blobs.put(key, stream(content))
        source = TemplateSource(
            sha256=found.sha256, key=key, syntaxes=Syntaxes(), fidelity=found.fidelity
        )
        return source, found

    async def order(self, data: dict[str, Any], **changes: Any) -> FillOrder:
        source, found = await self.source()
        order = FillOrder(
            source=source,
            fields=found.fields,
            data=data,
            format=DocumentFormat.DOCX,
            options=FillOptions(),
        )
        return replace(order, **changes)

    async def taken_in(
        self, content: bytes, found: Inspection, **changes: Any
    ) -> tuple[IntakeResult, list[IntakeChunk]]:
        key = f"w/{NEW()}"
        await self.blobs.put(f"{key}.csv", stream(content))
        order = IntakeOrder(
            sheet_key=f"{key}.csv",
            sheet_name="people.csv",
            reading=SheetReading(),
            fields=found.fields,
            options=RunOptions(),
            template_name="Letter",
            corrections={},
            round=1,
            only=None,
            taken=(),
            input_key=f"{key}.rows",
            max_rows=1_000,
        )
        chunks: list[IntakeChunk] = []

        async def each(chunk: IntakeChunk) -> None:
            chunks.append(chunk)

        return await self.bulk.take_in(replace(order, **changes), each), chunks

    async def rendered(
        self, shard: Shard, source: TemplateSource, found: Inspection, **options: Any
    ) -> ShardResult:
        async def silent(rows: int) -> None:
            pass

        order = ShardOrder(
            source=source,
            fields=found.fields,
            options=RunOptions(**options),
            shard=shard,
            target_key=f"w/{NEW()}",
        )
        return await self.bulk.render(order, silent)


def rows_of(chunks: list[IntakeChunk]) -> list[dict[str, Any]]:
    return [row for chunk in chunks for row in msgspec.json.decode(chunk.rows_json)]
