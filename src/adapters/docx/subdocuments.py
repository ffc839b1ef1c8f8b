"""Puts other Word documents in place of paragraphs, with their styles, lists and pictures."""

import random
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from docx import Document
from docxcompose.composer import Composer

from adapters.docx.archive import open_archive
from adapters.docx.limits import Limits
from adapters.docx.marking.ledger import Ledger
from adapters.docx.neutralise import neutralise
from adapters.docx.package import open_package
from adapters.docx.repacking import repacked
from adapters.docx.wordml import Element, drop, w
from domain.documents.bindings import Subdocument
from domain.kernel.errors import DomainError, Invalid


class SubdocumentUnusable(Invalid):
    code = "documents.subdocument-unusable"


def insert_subdocuments(
    docx: bytes, placeholder: str, documents: Sequence[Subdocument], limits: Limits
) -> bytes:
    """Replace the paragraph of each placeholder (its text, the position, `;`) by a document's body.

    Sections, headers and footers of the documents are left out: the page is the template's.
    Raises SubdocumentUnusable, TemplateRefused.
    """
    if not documents:
        return docx
    with _repeatable(docx):
        master: Any = Document(BytesIO(docx))
        composer = Composer(master)
        for position, document in enumerate(documents):
            paragraph = _paragraph_of(master.element.body, f"{placeholder}{position};")
            inner = _opened(harmless(document.content, limits))
            _put_before(paragraph, _composed(composer, master, inner))
        buffer = BytesIO()
        master.save(buffer)
    return repacked(open_archive(buffer.getvalue(), limits))


def harmless(docx: bytes, limits: Limits) -> bytes:
    """The document without what would fetch, run or embed anything. Raises TemplateRefused."""
    package = open_package(open_archive(docx, limits))
    neutralise(package, Ledger(limits))
    return repacked(package.archive)


def _opened(docx: bytes) -> Any:
    try:
        return Document(BytesIO(docx))
    except Exception as error:  # python-docx raises what its parser happens to meet
        raise _unusable(error) from error


def _composed(composer: Composer, master: Any, inner: Any) -> list[Element]:
    """The inner document's paragraphs and tables, now at the end of the master's body."""
    body = master.element.body
    start = composer.append_index()
    try:
        composer.insert(start, inner)
    except DomainError:
        raise
    except Exception as error:  # docxcompose, too
        raise _unusable(error) from error
    return list(body[start : composer.append_index()])


def _put_before(paragraph: Element, elements: list[Element]) -> None:
    for element in elements:
        paragraph.addprevious(element)
    ends_well = bool(elements) and elements[-1].tag == w("p")
    if paragraph.getparent().tag == w("tc") and paragraph.getnext() is None and not ends_well:
        for run in list(paragraph.iter(w("r"))):  # a cell ends with a paragraph
            drop(run)
    else:
        drop(paragraph)


def _paragraph_of(body: Element, placeholder: str) -> Element:
    for text in body.iter(w("t")):
        if placeholder in (text.text or ""):
            return next(text.iterancestors(w("p")))
    raise SubdocumentUnusable("The place of a sub-document was not found in the document.")


def _unusable(error: Exception) -> SubdocumentUnusable:
    return SubdocumentUnusable(
        f"A sub-document cannot be put into this one ({type(error).__name__}). Open it in Word, "
        "save it again, and retry."
    )


@contextmanager
def _repeatable(docx: bytes) -> Iterator[None]:
    """Docxcompose numbers lists at random; the same input must give the same bytes."""
    state = random.getstate()
    random.seed(zlib.crc32(docx))
    try:
        yield
    finally:
        random.setstate(state)
