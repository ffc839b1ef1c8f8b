"""From a row to pages: bindings into Typst or WeasyPrint, or a filled DOCX into LibreOffice."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.docx.filler import Filler
from adapters.docx.layout.drawable import Drawable
from adapters.libreoffice.engine import OfficeTemplate
from adapters.libreoffice.office import LibreOffice
from adapters.typst.engine import TypstTemplate
from domain.documents.bindings import Bindings
from domain.documents.effort import OFFICE_BATCH
from domain.documents.engine_choice import EngineNotInstalled
from domain.documents.ports import PdfEngine
from domain.documents.run_options import PdfEngineChoice
from domain.kernel.errors import DomainError
from entrypoints.children.workbench import HeldTemplate, drawable_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """`office` is LibreOffice's program, where there is one."""

    scratch: Path
    office: Path | None = None


@dataclass(slots=True, kw_only=True)
class Drawer:
    """Draws rows of one template; for one shard, or one document."""

    held: HeldTemplate
    filler: Filler
    engine: PdfEngineChoice
    tools: Tools
    opened: ExitStack = field(default_factory=ExitStack)
    _engine: PdfEngine | None = None

    @property
    def at_once(self) -> int:
        """How many rows are best drawn together."""
        return OFFICE_BATCH if self.engine is PdfEngineChoice.LIBREOFFICE else 1

    def pdf(self, bindings: Bindings) -> bytes:
        """Raises PdfNotDrawn."""
        office = self.engine is PdfEngineChoice.LIBREOFFICE
        if self.held.compiled.has_subdocuments() and not office:
            return self._of_document(self.filler.fill_bindings(bindings))
        return self._ready().pdf(bindings)

    def pdfs(self, rows: Sequence[Bindings]) -> Sequence[bytes | DomainError]:
        """As `pdf`, with refusals in their places."""
        engine = self._ready() if self.at_once > 1 else None
        if isinstance(engine, OfficeTemplate):
            return engine.pdfs(rows)
        found: list[bytes | DomainError] = []
        for bindings in rows:
            try:
                found.append(self.pdf(bindings))
            except DomainError as refused:
                found.append(refused)
        return found

    def _ready(self) -> PdfEngine:
        if self._engine is None:
            self._engine = self.opened.enter_context(closing(self._open()))
        return self._engine

    def _open(self) -> PdfEngine:
        if self.engine is not PdfEngineChoice.LIBREOFFICE:
            return fast_engine(self.engine, self.held.drawable(), self.tools.scratch)
        if self.tools.office is None:
            raise EngineNotInstalled("LibreOffice is not installed here.", engine=self.engine)
        office = LibreOffice(program=self.tools.office, scratch=self.tools.scratch)
        return OfficeTemplate(self.filler.fill_bindings, office)

    def _of_document(self, document: bytes) -> bytes:
        """A document that took others in has pages of its own: it is read as it is now."""
        drawn = drawable_of(document, self.held.options)
        with closing(fast_engine(self.engine, drawn, self.tools.scratch)) as engine:
            return engine.pdf({})


@contextmanager
def drawing(
    held: HeldTemplate, filler: Filler, engine: PdfEngineChoice, tools: Tools
) -> Iterator[Drawer]:
    drawer = Drawer(held=held, filler=filler, engine=engine, tools=tools)
    with drawer.opened:
        yield drawer


def fast_engine(engine: PdfEngineChoice, drawn: Drawable, scratch: Path) -> PdfEngine:
    """Raises EngineNotInstalled."""
    if engine is PdfEngineChoice.WEASYPRINT:
        found: PdfEngine = _weasyprint(drawn)
        return found
    return TypstTemplate(drawn.layout, drawn.media, scratch=scratch)


def html_of(held: HeldTemplate, bindings: Bindings) -> bytes:
    """A page for a browser: one file, no scripts, nothing fetched."""
    return str(_weasyprint(held.drawable()).html(bindings)).encode()


def png_of(held: HeldTemplate, bindings: Bindings, scratch: Path, dots: float) -> bytes:
    """The first page as a picture, with so many dots an inch."""
    drawn = held.drawable()
    with closing(TypstTemplate(drawn.layout, drawn.media, scratch=scratch)) as typst:
        return typst.png(bindings, 1, dots)


def _weasyprint(drawn: Drawable) -> Any:
    """Raises EngineNotInstalled where the libraries it draws with are missing."""
    try:
        from adapters.weasyprint.engine import HtmlTemplate
    except OSError as error:  # what cffi raises for a missing Pango
        raise EngineNotInstalled(
            "WeasyPrint needs Pango, which is not installed here; choose another engine.",
            engine=PdfEngineChoice.WEASYPRINT,
        ) from error
    return HtmlTemplate(drawn.layout, drawn.media)
