"""What a child does with one template: check it, comment it, fill it, show it."""

from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from adapters.docx.annotate import annotate
from adapters.docx.filler import Filler
from adapters.docx.options import FillOptions as DocxFillOptions
from adapters.rendering.messages import (
    AnnotateCall,
    FillAnswer,
    FillCall,
    InspectCall,
    Inspected,
    PreviewCall,
    TemplateFile,
)
from adapters.runtime.child import Call
from domain.documents.bindings import Bindings
from domain.documents.cell_values import CellLocale
from domain.documents.field_settings import to_check
from domain.documents.layout.findings import Fidelity, Finding, Grade, grade
from domain.documents.rendering import PreviewKind
from domain.documents.row_check import RowCheck
from domain.documents.rows import MissingPolicy, RowInvalid, RowProblem
from domain.documents.run_options import DocumentFormat, PdfEngineChoice
from entrypoints.children.drawing import Tools, drawing, fast_engine, html_of, png_of
from entrypoints.children.workbench import HeldTemplate, Workbench, hold, resolver_of

_PREVIEW_DOTS = 96  # an inch


@dataclass(slots=True)
class TemplateWork:
    bench: Workbench
    office: Path | None = None

    def knows(self, call: Call) -> bool:
        return self.bench.knows(call.read(TemplateFile))

    def inspect(self, call: Call) -> Inspected:
        asked = call.read(InspectCall)
        data = (call.scratch / asked.file).read_bytes()
        held = hold(data, asked.syntaxes)
        usable = not held.compiled.errors()
        graded, pages = _look(held, call.scratch) if usable else (grade(()), 0)
        if usable:
            self.bench.keep(held)
        return Inspected(
            sha256=sha256(data).hexdigest(),
            size=len(data),
            fields=held.compiled.fields,
            problems=held.compiled.problems,
            fidelity=graded.fidelity,
            findings=graded.findings,
            pages=pages,
            preview=(call.scratch / "preview.png").exists(),
        )

    def annotate(self, call: Call) -> None:
        asked = call.read(AnnotateCall)
        held = self.bench.open(asked.template, call.scratch)
        commented = annotate(held.data, held.compiled.problems)
        (call.scratch / asked.target).write_bytes(commented)

    def fill(self, call: Call) -> FillAnswer:
        asked = call.read(FillCall)
        held = self.bench.open(asked.template, call.scratch)
        filler = _filler(held, asked, call.scratch)
        bindings = _bindings(filler, asked)
        target = call.scratch / asked.target
        if asked.format is DocumentFormat.DOCX:
            target.write_bytes(filler.fill_bindings(bindings))
            return FillAnswer(engine="docx")
        tools = Tools(scratch=call.scratch, office=self.office)
        with drawing(held, filler, asked.engine, tools) as drawer:
            target.write_bytes(drawer.pdf(bindings))
        return FillAnswer(engine=asked.engine.value)

    def preview(self, call: Call) -> None:
        asked = call.read(PreviewCall)
        filling = asked.filling
        held = self.bench.open(filling.template, call.scratch)
        filler = _filler(held, filling, call.scratch)
        bindings = _bindings(filler, filling)
        target = call.scratch / filling.target
        if asked.kind is PreviewKind.PNG:
            target.write_bytes(png_of(held, bindings, call.scratch, _PREVIEW_DOTS))
        else:
            target.write_bytes(html_of(held, bindings))


def _filler(held: HeldTemplate, asked: FillCall, scratch: Path) -> Filler:
    resolver = resolver_of(scratch, asked.assets, asked.missing)
    return held.filler(asked.options, asked.fields, resolver)


def _bindings(filler: Filler, asked: FillCall) -> Bindings:
    """Raises RowInvalid with everything that is wrong with the data."""
    fields = to_check(asked.fields, asked.options.missing)
    check = RowCheck(fields=fields, locale=CellLocale.of(asked.options.locale), urls=asked.urls)
    checked = check(asked.data)
    if checked.problems:
        raise RowInvalid(
            RowProblem(
                field=each.field,
                code=each.public_code,
                message=each.message,
                value=each.found,
            )
            for each in checked.problems
        )
    return filler.evaluate(asked.data | checked.values)


def _look(held: HeldTemplate, scratch: Path) -> tuple[Grade, int]:
    """How well the fast engines draw it, and how many pages it has with its tags left in."""
    drawn = held.drawable()
    filler = Filler(held.compiled, DocxFillOptions(missing=MissingPolicy.KEEP))
    try:
        bindings = filler.evaluate({})
        picture = png_of(held, bindings, scratch, _PREVIEW_DOTS)
        (scratch / "preview.png").write_bytes(picture)
        with closing(fast_engine(PdfEngineChoice.TYPST, drawn, scratch)) as engine:
            return drawn.grade, _count_pages(engine.pdf(bindings))
    except RowInvalid:  # cannot be shown without data; that is no fault of its drawing
        return drawn.grade, 0
    except Exception as error:  # noqa: BLE001 - whatever the engine cannot draw, another one may
        return grade((*drawn.grade.findings, _undrawn(error))), 0


def _undrawn(error: Exception) -> Finding:
    return Finding(
        feature="engine.failed",
        where=type(error).__name__,
        effect="the fast engines cannot draw this document",
        severity=Fidelity.NEEDS_HIGH_FIDELITY,
    )


def _count_pages(pdf: bytes) -> int:
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)
