"""What goes to a documents child and comes back; files are names inside the scratch folder."""

from typing import Any

import msgspec

from application.documents.shard_file import RowFault
from domain.documents.fields import TemplateField
from domain.documents.layout.findings import Fidelity, Finding
from domain.documents.problems import TemplateProblem
from domain.documents.rendering import PreviewKind
from domain.documents.run_options import (
    DocumentFormat,
    FillOptions,
    Output,
    PdfEngineChoice,
    SheetReading,
)
from domain.documents.template_version import Syntaxes


class TemplateFile(msgspec.Struct, frozen=True):
    """A template; a child that knows its `sha256` and `syntaxes` needs no `file`."""

    sha256: str
    syntaxes: Syntaxes
    file: str = "template.docx"


class InspectCall(msgspec.Struct):
    file: str
    syntaxes: Syntaxes


class Inspected(msgspec.Struct):
    sha256: str
    size: int
    fields: tuple[TemplateField, ...]
    problems: tuple[TemplateProblem, ...]
    fidelity: Fidelity
    findings: tuple[Finding, ...]
    pages: int
    preview: bool  # the file preview.png is there


class AnnotateCall(msgspec.Struct):
    template: TemplateFile
    target: str


class FillCall(msgspec.Struct):
    """`assets` names the file of each reference, `missing` says why a picture of the web has none.

    `urls`: pictures may be web addresses. `engine` is never AUTO.
    """

    template: TemplateFile
    fields: tuple[TemplateField, ...]
    data: dict[str, Any]
    format: DocumentFormat
    engine: PdfEngineChoice
    options: FillOptions
    assets: dict[str, str]
    missing: dict[str, str]
    urls: bool
    target: str


class FillAnswer(msgspec.Struct):
    engine: str
    warnings: tuple[str, ...] = ()


class PreviewCall(msgspec.Struct):
    filling: FillCall
    kind: PreviewKind


class SheetCall(msgspec.Struct):
    """`name` is what the file is called; `fields` are those columns may be."""

    file: str
    name: str
    reading: SheetReading
    fields: tuple[TemplateField, ...]


class Earlier(msgspec.Struct):
    """What a run has from earlier rounds: `taken` are file names, `only` row numbers, or None."""

    only: tuple[int, ...] | None
    taken: tuple[str, ...]


class IntakeCall(msgspec.Struct):
    """`target` takes the checked rows; the file `earlier` holds an Earlier, too large to send."""

    sheet: SheetCall
    pattern: str
    mapping: dict[str, str | None] | None
    shard_rows: int
    corrections: list[tuple[int, dict[str, str | None]]]
    earlier: str
    max_rows: int
    urls: bool
    target: str


class IntakeAnswer(msgspec.Struct):
    rows: int
    valid: int
    shards: int
    size: int
    warnings: tuple[str, ...] = ()


class ShardCall(msgspec.Struct):
    """`faults` are rows that killed a child before; `cursor` is where the current row is noted."""

    template: TemplateFile
    fields: tuple[TemplateField, ...]
    options: FillOptions
    output: Output
    engine: PdfEngineChoice
    assets: dict[str, str]
    missing: dict[str, str]
    rows: str
    target: str
    cursor: str
    faults: list[tuple[int, RowFault]]


class RowDefect(msgspec.Struct):
    """An unexpected exception at a row: its type and where, no message, which may quote the row."""

    type: str
    frames: list[str]


class ShardAnswer(msgspec.Struct):
    rows_ok: int
    rows_failed: int
    rows_json: bytes
    members: int
    members_size: int
    engine: str
    defects: list[RowDefect] = []  # the first few


class ReportCall(msgspec.Struct):
    """`rows` holds a JSON object a line."""

    rows: str
    output: Output
    csv: str
    xlsx: str
