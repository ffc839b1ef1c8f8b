"""What is printed of a note, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.artifacts.ports import BlobInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOrder:
    """A Markdown page with its pictures (stored objects by the names the page uses)."""

    title: str
    markdown: str
    pictures: Mapping[str, str]
    language: str | None
    html_key: str
    docx_key: str
    pdf_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    html: BlobInfo
    docx: BlobInfo
    pdf: BlobInfo
