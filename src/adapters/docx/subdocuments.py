"""Puts other Word documents in place of paragraphs, with their styles, lists and pictures."""

from collections.abc import Sequence

from adapters.docx.limits import Limits
from domain.documents.bindings import Subdocument


def insert_subdocuments(
    docx: bytes, placeholder: str, documents: Sequence[Subdocument], limits: Limits
) -> bytes:
    raise NotImplementedError
