"""What every reader of a part needs at hand: the document's tables and where to report."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.docx.layout.numbering import Numbering
from adapters.docx.layout.package import Parts
from adapters.docx.layout.styles import StyleSheet
from adapters.docx.layout.text_formats import Said
from adapters.docx.layout.theme import Theme
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity, Finding
from domain.documents.layout.nodes import Block, BreakKind, Inline

_EXCERPT: Final = 60
_HIGH: Final = Fidelity.NEEDS_HIGH_FIDELITY
_NESTING: Final = 30  # tables in cells in boxes; deeper files are made to break readers


@dataclass(slots=True)
class Document:
    """The whole document's tables, filled while it is read."""

    package: Parts
    theme: Theme
    sheet: StyleSheet
    numbering: Numbering
    loops: frozenset[int] = frozenset()  # which marks are loops; the others are conditions
    word_2013: bool = True  # lays tables out from the margin, not from the cell's text
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    fonts: dict[str, None] = field(default_factory=dict)
    media: dict[str, None] = field(default_factory=dict)
    notes: dict[tuple[bool, str], Element] = field(default_factory=dict)
    notes_parts: dict[bool, str] = field(default_factory=dict)

    def report(self, feature: str, where: str, effect: str, severity: Fidelity) -> None:
        """Keep one finding per feature and place."""
        where = where[:_EXCERPT].strip()
        self.findings.setdefault((feature, where), Finding(feature, where, effect, severity))


@dataclass(frozen=True, slots=True)
class TableLayer:
    """What the table style says of text in the cell at hand."""

    paragraph: Said = field(default_factory=dict)
    text: Said = field(default_factory=dict)


@dataclass(slots=True)
class ComplexField:
    """A field between its begin and end marks."""

    code: str = ""
    in_result: bool = False
    replaced: bool = False  # its result is not shown: something else stands there
    link: str = ""
    start: int = 0  # where its result began among the inlines


@dataclass(slots=True)
class Part:
    """One part while it is read."""

    document: Document
    name: str
    read_blocks: Callable[["Part", Element], tuple[Block, ...]]
    layer: TableLayer = field(default_factory=TableLayer)
    fields: list[ComplexField] = field(default_factory=list)
    paragraph_text: str = ""
    depth: int = 0
    in_cell: bool = False
    pending_break: BreakKind | None = None  # ended the paragraph before; opens the next one

    @contextmanager
    def inside(self, **changed: Any) -> Iterator[bool]:
        """Read something nested with other settings; yields False when it nests too deep."""
        kept = {name: getattr(self, name) for name in changed}
        for name, value in changed.items():
            setattr(self, name, value)
        self.depth += 1
        if self.depth > _NESTING:
            self.report("document.depth", "what nests too deep is left out", _HIGH)
        try:
            yield self.depth <= _NESTING
        finally:
            self.depth -= 1
            for name, value in kept.items():
                setattr(self, name, value)

    def report(self, feature: str, effect: str, severity: Fidelity = Fidelity.APPROXIMATE) -> None:
        text = " ".join(self.paragraph_text.split())
        where = f"{self.name}: {text}" if text else self.name
        self.document.report(feature, where, effect, severity)


Inlines = list[Inline]
