"""Templates checked, filled and drawn in child processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from adapters.rendering.messages import (
    AnnotateCall,
    FillAnswer,
    FillCall,
    InspectCall,
    Inspected,
    PreviewCall,
    TemplateFile,
)
from adapters.rendering.pools import BULK, OFFICE, QUICK
from adapters.rendering.web_pictures import WebPictures
from adapters.runtime.children import Children, Lease
from adapters.runtime.files import read_file, write_file
from domain.artifacts.ports import BlobStore
from domain.documents.engine_choice import ChosenEngine, choose_engine
from domain.documents.field_settings import bare
from domain.documents.ports import TemplateEngine
from domain.documents.refusals import TemplateTooLarge
from domain.documents.rendering import (
    Asset,
    Content,
    Filled,
    FillOrder,
    Inspection,
    Preview,
    PreviewKind,
    TemplateSource,
)
from domain.documents.run_options import DocumentFormat, PdfEngineChoice
from domain.documents.template_version import Syntaxes

MAX_TEMPLATE = 50 << 20  # bytes
_TARGET = "document"
_WEB_QUICK, _WEB_PATIENT = 15.0, 300.0  # seconds for the pictures of the web


@dataclass(frozen=True, slots=True)
class ChildTemplateEngine(TemplateEngine):
    """`office` says whether LibreOffice is here, `usual` which engine stands for AUTO; `patience`:
    seconds to wait for a free child.
    """

    children: Children
    blobs: BlobStore
    web: WebPictures
    office: bool = False
    usual: PdfEngineChoice = PdfEngineChoice.AUTO
    patience: float | None = 20.0

    async def inspect(self, content: Content, syntaxes: Syntaxes) -> Inspection:
        too_large = TemplateTooLarge(
            f"A template has at most {MAX_TEMPLATE >> 20} MB.", limit=MAX_TEMPLATE
        )
        async with self.children.lease(QUICK, patience=self.patience) as child:
            source = child.scratch / "source.docx"
            await write_file(source, content(), limit=MAX_TEMPLATE, error=too_large)
            found = await child.call(
                "inspect", InspectCall(file=source.name, syntaxes=syntaxes), returns=Inspected
            )
            drawn = child.scratch / "preview.png"
            preview = drawn.read_bytes() if found.preview else None
        return Inspection(
            sha256=found.sha256,
            size=found.size,
            fields=found.fields,
            problems=found.problems,
            fidelity=found.fidelity,
            findings=found.findings,
            pages=found.pages,
            preview=preview,
        )

    async def annotated(self, source: TemplateSource) -> bytes:
        async with self.children.lease(QUICK, patience=self.patience) as child:
            template = await template_file(child, self.blobs, source)
            await child.call("annotate", AnnotateCall(template=template, target=_TARGET))
            return (child.scratch / _TARGET).read_bytes()

    @asynccontextmanager
    async def fill(self, order: FillOrder) -> AsyncIterator[Filled]:
        chosen = self._engine(order)
        patience = None if order.patient else self.patience
        async with self.children.lease(_pool(order, chosen), patience=patience) as child:
            call = await self._call(child, order, chosen)
            made = await child.call("fill", call, returns=FillAnswer)
            path = child.scratch / _TARGET
            warning = (chosen.warning,) if chosen is not None and chosen.warning else ()
            yield Filled(
                engine=made.engine,
                fidelity=order.source.fidelity,
                size=path.stat().st_size,
                content=partial(read_file, path),
                warnings=warning + made.warnings,
            )

    async def preview(self, order: FillOrder, kind: PreviewKind) -> Preview:
        """Drawn by the fast engines, whatever the PDF is made by."""
        engine = PdfEngineChoice.WEASYPRINT if kind is PreviewKind.HTML else PdfEngineChoice.TYPST
        async with self.children.lease(QUICK, patience=self.patience) as child:
            call = await self._call(child, order, ChosenEngine(engine))
            await child.call("preview", PreviewCall(filling=call, kind=kind))
            return Preview(kind=kind, content=(child.scratch / _TARGET).read_bytes())

    def _engine(self, order: FillOrder) -> ChosenEngine | None:
        if order.format is DocumentFormat.DOCX:
            return None
        wanted, fidelity = order.options.pdf_engine, order.source.fidelity
        return choose_engine(wanted, fidelity, office=self.office, usual=self.usual)

    async def _call(self, child: Lease, order: FillOrder, chosen: ChosenEngine | None) -> FillCall:
        pictures = await self.web.fetch(
            order.addresses, child.scratch, patience=_WEB_PATIENT if order.patient else _WEB_QUICK
        )
        return FillCall(
            template=await template_file(child, self.blobs, order.source),
            fields=bare(order.fields),
            data=dict(order.data),
            format=order.format,
            engine=chosen.engine if chosen else PdfEngineChoice.TYPST,
            options=order.options,
            assets=await asset_files(child, self.blobs, order.assets) | pictures.files,
            missing=pictures.missing,
            urls=order.urls,
            target=_TARGET,
        )


def _pool(order: FillOrder, chosen: ChosenEngine | None) -> str:
    if chosen is not None and chosen.engine is PdfEngineChoice.LIBREOFFICE:
        return OFFICE
    return BULK if order.patient else QUICK


async def template_file(child: Lease, blobs: BlobStore, source: TemplateSource) -> TemplateFile:
    """The template as the child takes it; read from the store only if it is not known there."""
    template = TemplateFile(sha256=source.sha256, syntaxes=source.syntaxes)
    if not await child.call("knows", template, returns=bool):
        await write_file(child.scratch / template.file, blobs.open(source.key))
    return template


async def asset_files(child: Lease, blobs: BlobStore, assets: tuple[Asset, ...]) -> dict[str, str]:
    """Pictures and documents put into the scratch folder, by the references that name them."""
    files = {}
    for number, asset in enumerate(assets):
        files[asset.ref] = f"asset-{number}"
        await write_file(child.scratch / files[asset.ref], blobs.open(asset.key))
    return files
