"""Opens a template and marks every part of it that can be filled: where all outputs begin."""

from dataclasses import dataclass, field

from adapters.docx.annotate import drop_own_comments
from adapters.docx.archive import open_archive
from adapters.docx.limits import DEFAULT_LIMITS, Limits
from adapters.docx.marking.blocks import place_blocks
from adapters.docx.marking.controls import mark_controls
from adapters.docx.marking.formfields import mark_form_fields
from adapters.docx.marking.ledger import Ledger, Places
from adapters.docx.marking.mergefields import mark_merge_fields
from adapters.docx.marking.tags import mark_tags
from adapters.docx.neutralise import neutralise
from adapters.docx.options import DEFAULT_OPTIONS, TemplateOptions
from adapters.docx.package import Package, open_package
from adapters.docx.wordml import TEMPLATE, Element, drop, parse
from domain.documents.marks import Mark
from domain.documents.problems import Severity, TemplateProblem


@dataclass(frozen=True, slots=True)
class MarkedPart:
    """A part whose constructs are replaced by elements of `urn:atelier:template`."""

    name: str
    root: Element = field(repr=False)
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class MarkedTemplate:
    """`marks` are indexed by their numbers; `parts` holds every fillable part, marked or not."""

    package: Package
    parts: tuple[MarkedPart, ...]
    marks: tuple[Mark, ...]
    problems: tuple[TemplateProblem, ...]


def mark_template(
    data: bytes, options: TemplateOptions = DEFAULT_OPTIONS, limits: Limits = DEFAULT_LIMITS
) -> MarkedTemplate:
    """Raises TemplateTooLarge or a TemplateRefused; what is wrong with tags is in `problems`."""
    package = open_package(open_archive(data, limits))
    ledger = Ledger(limits)
    neutralise(package, ledger)
    drop_own_comments(package)
    found: list[tuple[str, Element, tuple[int, ...]]] = []
    for name in package.fillable():
        root = parse(package.archive.read(name), name)
        found.append((name, root, mark_part(name, root, ledger, options)))
    parts = tuple(
        MarkedPart(name, root, tuple(ledger.marks[n] for n in numbers))
        for name, root, numbers in found
    )
    return MarkedTemplate(package, parts, tuple(ledger.marks), tuple(ledger.problems))


def mark_part(
    name: str, root: Element, ledger: Ledger, options: TemplateOptions
) -> tuple[int, ...]:
    """Mark one part in place; the numbers of its marks in document order."""
    for foreign in list(root.iter(f"{{{TEMPLATE}}}*")):
        drop(foreign)
    places = Places(name, root)
    if options.merge_fields:
        mark_merge_fields(root, places, ledger)
    if options.content_controls:
        mark_controls(root, places, ledger)
    if options.form_fields:
        mark_form_fields(root, places, ledger)
    statements = mark_tags(root, places, ledger)
    place_blocks(statements, ledger)
    return ledger.adopt(root)


def has_errors(problems: tuple[TemplateProblem, ...]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)
