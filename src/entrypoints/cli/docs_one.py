"""One template at the command line: its fields, or one document; engines only, no database."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from adapters.libreoffice.office import find_office
from adapters.rendering.pools import document_kinds
from adapters.rendering.templates import ChildTemplateEngine
from adapters.rendering.web_pictures import WebPictures
from adapters.runtime.children import Children
from adapters.runtime.safe_http import SafeHttp
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock
from domain.documents.effort import weigh
from domain.documents.field_settings import flat
from domain.documents.problems import TemplateHasErrors, TemplateProblem, counted
from domain.documents.rendering import Content, FillOrder, Inspection, TemplateSource
from domain.documents.run_options import DocumentFormat, FillOptions
from domain.documents.template_version import DEFAULT_SYNTAXES, Syntaxes
from entrypoints.children import DOCUMENTS
from entrypoints.cli.docs import BadOption
from entrypoints.settings import Settings

_KEY = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """`commented` is the document with a comment at each problem, if it was asked for."""

    found: Inspection
    commented: bytes | None

    def facts(self) -> dict[str, Any]:
        return {
            "fields": msgspec.to_builtins(self.found.fields),
            "problems": msgspec.to_builtins(self.found.problems),
            "grade": self.found.fidelity.value,
            "findings": msgspec.to_builtins(self.found.findings),
            "pages": self.found.pages,
        }

    def lines(self) -> list[str]:
        graded = () if self.found.errors() else _grade_lines(self.found)
        return [*_field_lines(self.found), *graded]

    def problems(self) -> list[str]:
        return [_told(problem) for problem in self.found.problems]

    def require_usable(self) -> None:
        _require_usable(self.found)


async def inspect(template: Path, *, form_fields: bool, comments: bool) -> Inspected:
    syntaxes = Syntaxes(form_fields=form_fields)
    async with engines() as (engine, store):
        found = await engine.inspect(content_of(template), syntaxes)
        commented = None
        if comments:
            commented = await engine.annotated(await _kept(store, template, found, syntaxes))
    return Inspected(found=found, commented=commented)


async def fill_once(
    template: Path, row: Mapping[str, Any], output: Path, options: Mapping[str, str]
) -> dict[str, Any]:
    """Writes `output`; answers what was made."""
    format_ = _format(output)
    weigh(row)
    async with engines() as (engine, store):
        found = await engine.inspect(content_of(template), DEFAULT_SYNTAXES)
        _require_usable(found)
        order = FillOrder(
            source=await _kept(store, template, found, DEFAULT_SYNTAXES),
            fields=found.fields,
            data=row,
            format=format_,
            options=msgspec.convert(dict(options), FillOptions),
        )
        async with engine.fill(order) as filled:
            with output.open("wb") as file:
                async for block in filled.content():
                    file.write(block)
            return {
                "file": str(output),
                "bytes": filled.size,
                "engine": filled.engine,
                "grade": filled.fidelity.value,
                "warnings": list(filled.warnings),
            }


@asynccontextmanager
async def engines() -> AsyncIterator[tuple[ChildTemplateEngine, LocalBlobStore]]:
    """Engines in child processes, and a store for what they read, gone at the end."""
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        store = LocalBlobStore(Path(folder) / "files", UrlSigner((bytes(32),), SystemClock(), ""))
        program = find_office(settings.libreoffice)
        office = None if program is None else str(program)
        kinds = document_kinds(DOCUMENTS, quick=1, bulk=1, office=office)
        async with Children(kinds, Path(folder) / "scratch") as children, SafeHttp() as http:
            web = WebPictures(http=http)  # no order of ours names an address
            engine = ChildTemplateEngine(
                children, store, web, office=office is not None, usual=settings.pdf_engine
            )
            yield engine, store


def content_of(path: Path) -> Content:
    async def read() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                yield block

    return read


async def _kept(
    store: LocalBlobStore, template: Path, found: Inspection, syntaxes: Syntaxes
) -> TemplateSource:
    await store.put(_KEY, content_of(template)())
    return TemplateSource(sha256=found.sha256, key=_KEY, syntaxes=syntaxes, fidelity=found.fidelity)


def _format(output: Path) -> DocumentFormat:
    ending = output.suffix.lower().removeprefix(".")
    if ending not in set(DocumentFormat):
        raise BadOption(f"{output}: the file to write must end with .docx or .pdf.")
    return DocumentFormat(ending)


def _require_usable(found: Inspection) -> None:
    errors = found.errors()
    if errors:
        raise TemplateHasErrors(
            f"The template has {counted(errors)}; the first: {errors[0].message}",
            problems=msgspec.to_builtins(errors),
        )


def _field_lines(found: Inspection) -> list[str]:
    rows = [
        (name, field.kind.value, "required" if field.required else "", field.example)
        for name, field in flat(found.fields)
    ]
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(3)]
    return [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]))
        for row in rows
    ]


def _grade_lines(found: Inspection) -> list[str]:
    effects = [f"  {each.feature}: {each.effect} ({each.where})" for each in found.findings]
    return ["", f"PDF: {found.fidelity.value.replace('_', ' ')}", *effects]


def _told(problem: TemplateProblem) -> str:
    where = f" — “{problem.place.text[:60]}”" if problem.place else ""
    hint = f" {problem.hint}" if problem.hint else ""
    return f"{problem.severity.value}: {problem.message}{hint}{where}"
