"""Media types: which we accept from people, how their first bytes look, which we ever send."""

from dataclasses import dataclass
from typing import Final

from domain.kernel.errors import Invalid

ANYTHING: Final = "application/octet-stream"
HEAD_SIZE: Final = 4096  # bytes that `check` wants to see
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
DOCX: Final = f"{_OFFICE}.wordprocessingml.document"
XLSX: Final = f"{_OFFICE}.spreadsheetml.sheet"
ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"


class TypeNotAllowed(Invalid):
    """Facts: `media_type`, `allowed`."""

    code = "artifacts.type-not-allowed"


class ContentMismatch(Invalid):
    """The bytes are not what their type says; facts: `media_type`, `found`."""

    code = "artifacts.content-mismatch"


@dataclass(frozen=True, slots=True)
class Signature:
    """`marks` are (offset, bytes) that must all be there."""

    media_type: str
    marks: tuple[tuple[int, bytes], ...]

    def fits(self, head: bytes) -> bool:
        return all(head[at : at + len(mark)] == mark for at, mark in self.marks)


_ZIP: Final = ((0, b"PK\x03\x04"),)
_SIGNATURES: Final = (
    Signature("image/png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    Signature("image/jpeg", ((0, b"\xff\xd8\xff"),)),
    Signature("image/gif", ((0, b"GIF87a"),)),
    Signature("image/gif", ((0, b"GIF89a"),)),
    Signature("image/webp", ((0, b"RIFF"), (8, b"WEBP"))),
    Signature("image/bmp", ((0, b"BM"),)),
    Signature("image/tiff", ((0, b"II*\x00"),)),
    Signature("image/tiff", ((0, b"MM\x00*"),)),
    Signature("application/pdf", ((0, b"%PDF-"),)),
    *(Signature(kind, _ZIP) for kind in (DOCX, XLSX, ODS, "application/zip")),
)
_TEXT: Final = frozenset({"text/csv", "text/plain", "application/json"})
ACCEPTED: Final = frozenset(signature.media_type for signature in _SIGNATURES) | _TEXT
SERVED: Final = ACCEPTED | {
    "audio/mpeg",
    "audio/wav",
    "text/markdown",
    "text/vtt",
    "video/mp4",
    "video/webm",
}


def served_as(media_type: str) -> str:
    """The `Content-Type` of a download: from our list, else bytes nobody interprets."""
    bare = media_type.split(";", maxsplit=1)[0].strip().lower()
    return bare if bare in SERVED else ANYTHING


def check(media_type: str, head: bytes) -> str:
    """The type itself, if we accept it and the first `HEAD_SIZE` bytes look like it."""
    bare = media_type.split(";", maxsplit=1)[0].strip().lower()
    if bare not in ACCEPTED:
        raise TypeNotAllowed(
            f"Files of type {bare or 'unknown'} are not accepted here.",
            media_type=bare,
            allowed=sorted(ACCEPTED),
        )
    if not _looks_like(bare, head):
        found = sniff(head)
        raise ContentMismatch(
            f"The file says it is {bare}, but its bytes look like {found or 'something else'}.",
            media_type=bare,
            found=found,
        )
    return bare


def sniff(head: bytes) -> str | None:
    """The first type whose signature the bytes bear; text has none."""
    return next((s.media_type for s in _SIGNATURES if s.fits(head)), None)


def _looks_like(media_type: str, head: bytes) -> bool:
    if media_type in _TEXT:
        utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        return sniff(head) is None and (utf16 or b"\x00" not in head)
    return any(s.media_type == media_type and s.fits(head) for s in _SIGNATURES)
