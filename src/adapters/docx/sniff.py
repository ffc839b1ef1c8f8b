"""Tells a DOCX from what people upload in its place, and says which it is."""

import struct
from typing import Final

from domain.documents.refusals import (
    TemplateEmpty,
    TemplateEncrypted,
    TemplateIsLegacyDoc,
    TemplateIsOtherFormat,
    TemplateRefused,
)

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES: Final = (
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"7z\xbc\xaf", "7-Zip archive"),
    (b"Rar!", "RAR archive"),
    (b"\x1f\x8b", "gzip file"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"PK\x05\x06", "empty ZIP archive"),
    (b"PK\x07\x08", "split ZIP archive"),
)
_MARKUP: Final = ((b"<html", "HTML"), (b"<!doctype html", "HTML"), (b"<?xml", "XML file"))
_DIRECTORY_ENTRY: Final = 128  # bytes
_NAME_LENGTHS: Final = range(4, 65, 2)  # bytes of UTF-16, with a zero at the end


def require_zip(data: bytes) -> None:
    """Return for bytes that begin like a ZIP file; raise a TemplateRefused that names the rest."""
    if not data:
        raise TemplateEmpty("The file is empty (zero bytes). Upload it again.")
    if data.startswith(b"PK\x03\x04"):
        return
    if data.startswith(_OLE):
        raise _ole(data)
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            raise other_format(name)
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for markup, name in _MARKUP:
        if head.startswith(markup):
            raise other_format(name)
    raise other_format("unknown file")


def other_format(name: str) -> TemplateIsOtherFormat:
    return TemplateIsOtherFormat(
        f"This is not a Word document (.docx) but: {name}. Save it as .docx and upload that.",
        format=name,
    )


def _ole(data: bytes) -> TemplateRefused:
    """OLE compound files are old Office formats, or the safe that holds an encrypted new one."""
    names = _stream_names(data)
    if "EncryptedPackage" in names:
        return TemplateEncrypted(
            "The document is protected by a password. Remove it in Word (File, Info, "
            "Protect Document, Encrypt with Password) and upload it again."
        )
    if "WordDocument" in names:
        return TemplateIsLegacyDoc(
            "This is a document in the format of Word 97-2003 (.doc), whatever its name says. "
            "Open it in Word and save it as .docx."
        )
    kinds = {"Workbook": "Excel 97-2003 (.xls)", "Book": "Excel 5 (.xls)"}
    kinds["PowerPoint Document"] = "PowerPoint 97-2003 (.ppt)"
    kind = next((kind for name, kind in kinds.items() if name in names), "OLE compound file")
    return other_format(kind)


def _stream_names(data: bytes) -> set[str]:
    """Names in the compound file's directory, found without trusting its tables.

    A directory is made of 128-byte entries at a sector boundary, each beginning with its name in
    UTF-16 and the name's length in bytes at offset 64; scanning for them needs no FAT.
    """
    names: set[str] = set()
    for at in range(512, min(len(data), 64 << 20) - _DIRECTORY_ENTRY + 1, _DIRECTORY_ENTRY):
        (length,) = struct.unpack_from("<H", data, at + 64)
        if length in _NAME_LENGTHS and data[at + 66] in {1, 2, 5}:
            name = data[at : at + length - 2].decode("utf-16-le", "replace")
            if name.isprintable():
                names.add(name)
    return names
