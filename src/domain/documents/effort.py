"""How much work a single document is: what is answered at once, and what becomes a job."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.documents.marks import FieldKind
from domain.documents.run_options import DocumentFormat, PdfEngineChoice
from domain.documents.template_version import TemplateVersion
from domain.kernel.errors import TooLarge

QUICK_TEMPLATE: Final = 5 << 20  # bytes
QUICK_PAGES: Final = 30  # of the unfilled template
QUICK_VALUES: Final = 5_000  # values in the data, those in lists included
QUICK_ADDRESSES: Final = 8  # pictures of the web, fetched all at once
OFFICE_BATCH: Final = 25  # documents that LibreOffice draws in one start
OFFICE_START: Final = 30.0  # seconds
OFFICE_DOCUMENT: Final = 20.0  # seconds
OFFICE_RETRIES: Final = 4  # documents of a batch that are tried again alone
MAX_VALUES: Final = 500_000
MAX_DEPTH: Final = 20
ASSET_PREFIX: Final = "artifact:"
NAMES_FILES: Final = frozenset({FieldKind.IMAGE, FieldKind.SUBDOCUMENT})


class DataTooLarge(TooLarge):
    """Facts: `limit`."""

    code = "documents.data-too-large"


def is_quick(
    version: TemplateVersion, format_: DocumentFormat, engine: PdfEngineChoice, values: int
) -> bool:
    """Whether the document can be made while its caller waits."""
    pages = version.pages if format_ is DocumentFormat.PDF else 0
    return (
        version.size <= QUICK_TEMPLATE
        and pages <= QUICK_PAGES
        and values <= QUICK_VALUES
        and engine is not PdfEngineChoice.LIBREOFFICE
    )


def office_seconds(documents: int) -> float:
    """What LibreOffice may take for so many, with those it tries again; then it gives up itself."""
    batches = -(-documents // OFFICE_BATCH)
    again = OFFICE_RETRIES * (OFFICE_START + OFFICE_DOCUMENT)
    return batches * (OFFICE_START + again) + documents * OFFICE_DOCUMENT


def weigh(data: Mapping[str, Any]) -> tuple[int, frozenset[str]]:
    """How many values there are, and the files they name. Raises DataTooLarge."""
    count, refs = 0, set()
    for value in _values(data, 0):
        count += 1
        if count > MAX_VALUES:
            raise DataTooLarge(f"The data has more than {MAX_VALUES:,} values.", limit=MAX_VALUES)
        if isinstance(value, str) and value.startswith(ASSET_PREFIX):
            refs.add(value)
    return count, frozenset(refs)


def _values(value: Any, depth: int) -> Iterator[Any]:
    if depth > MAX_DEPTH:
        raise DataTooLarge(f"The data is nested more than {MAX_DEPTH} deep.", limit=MAX_DEPTH)
    match value:
        case dict():
            for each in value.values():
                yield from _values(each, depth + 1)
        case list() | tuple():
            for each in value:
                yield from _values(each, depth + 1)
        case _:
            yield value
