"""What the engines are asked for and what they answer, as plain values."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.artifacts.ports import BlobInfo
from domain.documents.fields import TemplateField
from domain.documents.layout.findings import Fidelity, Finding
from domain.documents.mapping import Suggestion
from domain.documents.problems import TemplateProblem
from domain.documents.run_options import (
    DocumentFormat,
    FillOptions,
    RunOptions,
    SheetReading,
)
from domain.documents.shards import Shard
from domain.documents.template_version import Syntaxes, TemplateVersion

Content = Callable[[], AsyncIterator[bytes]]  # may be read more than once


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSource:
    """A stored template; an engine that knows its `sha256` does not read it again."""

    sha256: str
    key: str
    syntaxes: Syntaxes
    fidelity: Fidelity


def source_of(version: TemplateVersion) -> TemplateSource:
    return TemplateSource(
        sha256=version.sha256,
        key=version.source_key,
        syntaxes=version.syntaxes,
        fidelity=version.fidelity,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a document is as a template; `preview` is a PNG of its first page, where it has one."""

    sha256: str
    size: int
    fields: tuple[TemplateField, ...]
    problems: tuple[TemplateProblem, ...]
    fidelity: Fidelity
    findings: tuple[Finding, ...]
    pages: int
    preview: bytes | None = field(default=None, repr=False)

    def errors(self) -> tuple[TemplateProblem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A stored picture or document that data names by `ref`, such as `artifact:<id>`."""

    ref: str
    key: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FillOrder:
    """One document out of one row; `fields` say what is required and what stands in for it.

    `urls`: pictures may be web addresses; `addresses` are those to fetch. `patient`: nobody waits
    for the answer, so it may take long.
    """

    source: TemplateSource
    fields: tuple[TemplateField, ...]
    data: Mapping[str, Any]
    format: DocumentFormat
    options: FillOptions
    assets: tuple[Asset, ...] = ()
    urls: bool = False
    addresses: frozenset[str] = frozenset()
    patient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """`content` can be read while the engine's answer is open. `engine` is what made it."""

    engine: str
    fidelity: Fidelity
    size: int
    content: Content
    warnings: tuple[str, ...] = ()


class PreviewKind(StrEnum):
    PNG = "png"  # of the first page
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    kind: PreviewKind
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A column with the first few of its values."""

    name: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetInspection:
    """How a sheet reads; `confidence` (0 to 1) is how sure its encoding is.

    `letters` are cells by which a person can judge that; `suggestions` the column of each field.
    """

    format: str
    reading: SheetReading
    confidence: float
    letters: tuple[str, ...]
    sheet_names: tuple[str, ...]
    columns: tuple[SheetColumn, ...]
    rows: int
    suggestions: tuple[Suggestion, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOrder:
    """Check the rows of a sheet; `only` names those to look at (None: all).

    `taken` are file names other rows of the run already have. `input_key` is where the checked
    rows go. `max_rows` bounds the sheet.
    """

    sheet_key: str
    sheet_name: str
    reading: SheetReading
    fields: tuple[TemplateField, ...]
    options: RunOptions
    template_name: str
    corrections: Mapping[int, Mapping[str, str | None]]
    round: int
    only: tuple[int, ...] | None
    taken: tuple[str, ...]
    input_key: str
    max_rows: int
    urls: bool = False  # pictures may be web addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeChunk:
    """Some rows, checked, with the shards they fill; `rows_json` is as the rows table takes it."""

    shards: tuple[Shard, ...]
    rows_json: bytes
    last_row: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeResult:
    """`input` is the object of checked rows, of which shards are slices; None without any."""

    rows: int
    valid: int
    shards: int
    input: BlobInfo | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardOrder:
    """Render one shard's rows into the object `target_key`; `addresses` are pictures to fetch."""

    source: TemplateSource
    fields: tuple[TemplateField, ...]
    options: RunOptions
    shard: Shard
    target_key: str
    assets: tuple[Asset, ...] = ()
    addresses: frozenset[str] = frozenset()
