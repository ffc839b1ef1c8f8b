"""Media types: which we accept from people, how their first bytes look, which we ever send."""

from dataclasses import dataclass
from typing import Final

from domain.artifacts.containers import CAPTIONS, FILMS, SAME, SOUNDS, SRT, VTT, container_of
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
_TEXT: Final = frozenset({"text/csv", "text/plain", "application/json"}) | CAPTIONS
_MEDIA: Final = FILMS | SOUNDS
ACCEPTED: Final = frozenset(signature.media_type for signature in _SIGNATURES) | _TEXT | _MEDIA
SERVED: Final = ACCEPTED | {"text/markdown"}
_BY_EXTENSION: Final = {
    "srt": SRT, "vtt": VTT, "csv": "text/csv", "txt": "text/plain", "json": "application/json",
    "docx": DOCX, "xlsx": XLSX, "ods": ODS, "zip": "application/zip",
}  # fmt: skip


def served_as(media_type: str) -> str:
    """The `Content-Type` of a download: from our list, else bytes nobody interprets."""
    bare = _bare(media_type)
    return bare if bare in SERVED else ANYTHING


def check(media_type: str, head: bytes) -> str:
    """The type, if we accept it and the first `HEAD_SIZE` bytes look like it.

    Films and sounds are what their bytes say: browsers only guess by the file's name.
    """
    bare = require_accepted(_bare(media_type))
    found = sniff(head)
    if bare in _MEDIA and found in _MEDIA:
        return found
    if not _looks_like(bare, head):
        raise ContentMismatch(
            f"The file says it is {bare}, but its bytes look like {found or 'something else'}.",
            media_type=bare,
            found=found,
        )
    return bare


def require_accepted(bare: str) -> str:
    """Raises TypeNotAllowed."""
    if bare not in ACCEPTED:
        raise TypeNotAllowed(
            f"Files of type {bare or 'unknown'} are not accepted here.",
            media_type=bare,
            allowed=sorted(ACCEPTED),
        )
    return bare


def declared_type(media_type: str, file_name: str) -> str:
    """What a sender says, or its file's name where the sender says nothing; "" for nothing."""
    bare = _bare(media_type)
    if bare in {"", ANYTHING}:
        bare = _BY_EXTENSION.get(file_name.rpartition(".")[2].lower(), "")
    if bare == "text/plain":  # what browsers say of captions
        by_name = _BY_EXTENSION.get(file_name.rpartition(".")[2].lower(), bare)
        bare = by_name if by_name in _TEXT else bare
    return bare


def settle(media_type: str, file_name: str, head: bytes) -> str:
    """The type of a file whose sender need not know it. Raises TypeNotAllowed, ContentMismatch."""
    return check(declared_type(media_type, file_name) or sniff(head) or "", head)


def sniff(head: bytes) -> str | None:
    """The first type whose signature the bytes bear; text has none."""
    known = next((s.media_type for s in _SIGNATURES if s.fits(head)), None)
    return known or container_of(head)


def _bare(media_type: str) -> str:
    bare = media_type.split(";", maxsplit=1)[0].strip().lower()
    return SAME.get(bare, bare)


def _looks_like(media_type: str, head: bytes) -> bool:
    if media_type in _TEXT:
        utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        return sniff(head) is None and (utf16 or b"\x00" not in head)
    return any(s.media_type == media_type and s.fits(head) for s in _SIGNATURES)
