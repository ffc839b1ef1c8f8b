"""What a child does with a shard: every row into its documents, one file of ZIP members."""

import os
import traceback
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.docx.filler import Filler
from adapters.rendering.messages import RowDefect, ShardAnswer, ShardCall
from adapters.runtime.child import Call
from application.documents.row_intake import read_shard
from application.documents.shard_file import Made, ShardFile, Values
from domain.documents.bindings import Bindings
from domain.documents.run_options import DocumentFormat, Output
from domain.kernel.errors import DomainError
from entrypoints.children.drawing import Drawer, Tools, drawing
from entrypoints.children.workbench import Workbench, resolver_of

_DEFECTS: Final = 10  # of one shard that are told; the next hundred say nothing new
_FRAMES: Final = 8


@dataclass(slots=True)
class ShardWork:
    bench: Workbench
    office: Path | None = None

    def render(self, call: Call) -> ShardAnswer:
        asked = call.read(ShardCall)
        held = self.bench.open(asked.template, call.scratch)
        resolver = resolver_of(call.scratch, asked.assets, asked.missing)
        filler = held.filler(asked.options, asked.fields, resolver)
        tools = Tools(scratch=call.scratch, office=self.office)
        rows = read_shard((call.scratch / asked.rows).read_bytes())
        defects = _Defects()
        cursor = os.open(call.scratch / asked.cursor, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            with (
                drawing(held, filler, asked.engine, tools) as drawer,
                (call.scratch / asked.target).open("wb", buffering=1 << 20) as sink,
            ):
                file = ShardFile(
                    make=_Maker(filler=filler, drawer=drawer, output=asked.output),
                    sink=sink,
                    cursor=cursor,
                    known=dict(asked.faults),
                    tell=call.emit,
                    on_defect=defects.note,
                    at_once=1 if asked.output is Output.DOCX else drawer.at_once,
                )
                file.write(rows)
        finally:
            os.close(cursor)
        engine = "docx" if asked.output is Output.DOCX else asked.engine.value
        return ShardAnswer(
            rows_ok=file.rows_ok,
            rows_failed=file.rows_failed,
            rows_json=file.results(),
            members=file.run.members,
            members_size=file.run.size,
            engine=engine,
            defects=defects.noted,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """The documents of some rows, or what refuses them."""

    filler: Filler
    drawer: Drawer
    output: Output

    def __call__(self, rows: Sequence[Values]) -> Sequence[Sequence[Made] | DomainError]:
        if self.output is Output.DOCX:
            return [self._docx(values) for values in rows]
        bound = [self._bound(values) for values in rows]
        good = [each for each in bound if not isinstance(each, DomainError)]
        drawn = iter(self.drawer.pdfs(good))
        return [
            each if isinstance(each, DomainError) else self._both(each, next(drawn))
            for each in bound
        ]

    def _docx(self, values: Values) -> Sequence[Made] | DomainError:
        """The short way: the constant beginning is never copied."""
        try:
            tail = self.filler.tail(values)
        except DomainError as refused:
            return refused
        return [Made(DocumentFormat.DOCX, (self.filler.prefix, tail.content), tail.crc)]

    def _bound(self, values: Values) -> Bindings | DomainError:
        try:
            return self.filler.evaluate(values)
        except DomainError as refused:
            return refused

    def _both(self, bindings: Bindings, pdf: bytes | DomainError) -> Sequence[Made] | DomainError:
        if isinstance(pdf, DomainError):
            return pdf
        made = [_whole(DocumentFormat.PDF, pdf)]
        if self.output is Output.BOTH:
            made.insert(0, _whole(DocumentFormat.DOCX, self.filler.fill_bindings(bindings)))
        return made


def _whole(format_: DocumentFormat, content: bytes) -> Made:
    return Made(format_, (content,), zlib.crc32(content))


@dataclass(frozen=True, slots=True)
class _Defects:
    """The first few are told to the parent, which has the log."""

    noted: list[RowDefect] = field(default_factory=list)

    def note(self, error: Exception) -> None:
        if len(self.noted) < _DEFECTS:
            frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
            places = [f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames]
            self.noted.append(RowDefect(type=type(error).__qualname__, frames=places))
