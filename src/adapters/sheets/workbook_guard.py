"""Looks through a workbook's archive before a parser written in another language sees it.

Everything is inflated once, in pieces, and counted as it really is; what an archive says about
itself is compared, not believed.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from adapters.sheets.sheet_scan import DtdWatch, SheetScan
from domain.documents.sheet import (
    SheetBomb,
    SheetDamaged,
    SheetEncrypted,
    SheetHostile,
    SheetLimits,
)

_PIECE: Final = 1 << 18
_OVERLAP: Final = 128
_FREE_RATIO: Final = 1 << 20  # bytes a member may have, however little it was packed into
_DEFECTS: Final = (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error)
_END_ZONE: Final = (1 << 16) + 22 + 20 + 56  # the end records, with the longest comment
_LARGEST_DIRECTORY: Final = 1 << 20
_LONGEST_NAME: Final = 255
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_LINK, _LINK_MASK = 0o120000, 0o170000
_MARKUP: Final = (".xml", ".rels")
_SHEET: Final = re.compile(r"xl/.*sheets?/[^/]+\.xml\Z", re.IGNORECASE)


@dataclass(slots=True)
class Survey:
    """What an archive holds; `texts` are the small parts that say which sheet is where."""

    names: frozenset[str] = frozenset()
    scans: dict[str, SheetScan] = field(default_factory=dict)
    texts: dict[str, bytearray] = field(default_factory=dict)


_KEPT: Final = frozenset(
    {"[Content_Types].xml", "mimetype", "META-INF/manifest.xml", "_rels/.rels"}
    | {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"}
)
_LARGEST_KEPT: Final = 4 << 20


def survey(path: Path, limits: SheetLimits) -> Survey:
    """Raises SheetBomb, SheetDamaged, SheetEncrypted, SheetHostile."""
    with path.open("rb") as file:
        _check_directory(file, limits)
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        except _DEFECTS as error:
            raise SheetDamaged("The workbook is damaged: it is no complete archive.") from error
        _check_names(members, limits)
        found = Survey(names=frozenset(member.filename for member in members))
        left = limits.unpacked_bytes
        for member in members:
            left -= _look(file, member, found, left, limits)
    return found


def _check_directory(file: BinaryIO, limits: SheetLimits) -> None:
    """The directory is read all at once, so its size comes first."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _END_ZONE))
    zone = file.read()
    end = zone.rfind(b"PK\5\6")
    wide = zone.rfind(b"PK\6\6")
    sizes = []
    if 0 <= end <= len(zone) - 22:
        sizes.append(struct.unpack_from("<I", zone, end + 12)[0])
    if 0 <= wide <= len(zone) - 56:
        sizes.append(struct.unpack_from("<Q", zone, wide + 40)[0])
    if any(_LARGEST_DIRECTORY < size < length for size in sizes):
        raise SheetBomb("The workbook has too many parts.", reason="members", limit=limits.members)


def _check_names(members: list[zipfile.ZipInfo], limits: SheetLimits) -> None:
    if len(members) > limits.members:
        raise SheetBomb("The workbook has too many parts.", reason="members", limit=limits.members)
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename
        if name.casefold() in seen:
            raise _hostile("double", "two parts of one name")
        seen.add(name.casefold())
        if _leads_out(name):
            raise _hostile("name", "a part whose name leads elsewhere")
        if (member.external_attr >> 16) & _LINK_MASK == _LINK:
            raise _hostile("link", "a link instead of a part")
        if member.flag_bits & 1:
            raise SheetEncrypted("The workbook is encrypted; save it without a password.")
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _hostile("method", "a part packed in an unusual way")
    _check_overlap(members)


def _leads_out(name: str) -> bool:
    odd = "\0" in name or ":" in name or name.startswith(("/", "\\")) or len(name) > _LONGEST_NAME
    return odd or ".." in name.replace("\\", "/").split("/")


def _check_overlap(members: list[zipfile.ZipInfo]) -> None:
    end = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < end:
            raise _hostile("overlap", "parts that share their bytes")
        end = member.header_offset + _LOCAL.size + member.compress_size


def _look(
    file: BinaryIO, member: zipfile.ZipInfo, found: Survey, left: int, limits: SheetLimits
) -> int:
    """Inflate one member and look at it; answers its real size."""
    viewers = _viewers(member, found)
    size = crc = 0
    for piece in _inflated(file, member):
        size += len(piece)
        _check_size(size, member, left, limits)
        crc = zlib.crc32(piece, crc)
        for view in viewers:
            view(piece)
    if size != member.file_size or crc != member.CRC:
        raise SheetDamaged("The workbook is damaged: a part is not what it was.")
    if member.filename in found.scans:
        found.scans[member.filename].feed(b"", last=True)
    return size


def _check_size(size: int, member: zipfile.ZipInfo, left: int, limits: SheetLimits) -> None:
    message = "The workbook unpacks to too much."
    if size > left:
        raise SheetBomb(message, reason="size", limit=limits.unpacked_bytes)
    if size > max(_FREE_RATIO, member.compress_size * limits.ratio):
        raise SheetBomb(message, reason="ratio", limit=limits.ratio)


def _viewers(member: zipfile.ZipInfo, found: Survey) -> list[Callable[[bytes], None]]:
    """Whoever wants to see the pieces of this member."""
    viewers: list[Callable[[bytes], None]] = []
    if member.filename.lower().endswith(_MARKUP):
        watch = DtdWatch()

        def refuse_dtd(piece: bytes) -> None:
            if watch.sees(piece):
                raise _hostile("dtd", "definitions that could pull in other files")

        viewers.append(refuse_dtd)
    if _SHEET.match(member.filename):
        viewers.append(found.scans.setdefault(member.filename, SheetScan()).feed)
    if member.filename in _KEPT:
        kept = found.texts.setdefault(member.filename, bytearray())
        viewers.append(lambda piece: kept.extend(piece[: _LARGEST_KEPT - len(kept)]))
    return viewers


def _inflated(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """In pieces of a bounded size. Raises SheetDamaged."""
    file.seek(member.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\3\4":
        raise SheetDamaged("The workbook is damaged: a part is missing.")
    *_, name_size, extra_size = _LOCAL.unpack(head)
    name = file.read(name_size)
    if name.decode("utf-8", "replace") != member.orig_filename and not _old_name(name, member):
        raise _hostile("names", "a part with two names")
    file.seek(extra_size, 1)
    left = member.compress_size
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type else None
    try:
        while left and (packed := file.read(min(left, _PIECE))):
            left -= len(packed)
            if unpack is None:
                yield packed
            while unpack is not None and packed:
                yield unpack.decompress(packed, _PIECE)
                packed = unpack.unconsumed_tail
        if unpack is not None:
            yield unpack.flush()
    except zlib.error as error:
        raise SheetDamaged("The workbook is damaged: a part cannot be unpacked.") from error


def _old_name(name: bytes, member: zipfile.ZipInfo) -> bool:
    return name.decode("cp437") == member.orig_filename


def _hostile(reason: str, what: str) -> SheetHostile:
    return SheetHostile(f"The workbook is refused: it has {what}.", reason=reason)
