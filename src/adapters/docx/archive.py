"""Opens an uploaded ZIP file without trusting a word it says about itself."""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from adapters.docx.limits import DEFAULT_LIMITS, Limits
from adapters.docx.sniff import require_zip
from domain.documents.refusals import (
    ArchiveBomb,
    ArchiveDamaged,
    ArchiveHostile,
    TemplateEncrypted,
    TemplateRefused,
    TemplateTooLarge,
)

STORED: Final = 0
DEFLATED: Final = 8
_LOCAL: Final = struct.Struct("<4sHHHHHLLLHH")
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_STEP: Final = 1 << 18  # bytes inflated at a time, so that a bomb is noticed early
_PARSED: Final = re.compile(r"(?:\.xml|\.rels)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member whose checksum was verified; `packed` are its bytes as they lie in the file."""

    name: str
    method: int
    crc: int
    size: int  # unpacked
    packed: memoryview
    rewritten: bool = False  # its bytes are ours, not yet deflated

    def unpack(self) -> bytes:
        if self.method == STORED:
            return bytes(self.packed)
        return zlib.decompress(self.packed, -zlib.MAX_WBITS)


@dataclass(slots=True)
class Archive:
    """Members in the file's order, folders left out."""

    members: dict[str, Member]

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def read(self, name: str) -> bytes:
        return self.members[name].unpack()

    def write(self, name: str, content: bytes) -> None:
        self.members[name] = Member(
            name=name,
            method=STORED,
            crc=zlib.crc32(content),
            size=len(content),
            packed=memoryview(content),
            rewritten=True,
        )

    def remove(self, name: str) -> None:
        self.members.pop(name, None)


def open_archive(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Archive:
    """Check all of it once. Raises TemplateTooLarge or a TemplateRefused."""
    if len(data) > limits.file:
        raise TemplateTooLarge(
            f"The file has {len(data):,} bytes; a template may have {limits.file:,}.",
            limit=limits.file,
        )
    require_zip(data)
    infos = _directory(data, limits)
    view = memoryview(data)
    members: dict[str, Member] = {}
    budget = limits.unpacked
    for info, start in _places(data, infos):
        packed = view[start : start + info.compress_size]
        budget -= _verify(info, packed, budget, limits)
        if not info.is_dir():
            members[info.filename] = Member(
                name=info.filename,
                method=info.compress_type,
                crc=info.CRC,
                size=info.file_size,
                packed=packed,
            )
    return Archive(members)


def _directory(data: bytes, limits: Limits) -> list[zipfile.ZipInfo]:
    # counted before they are read; the factor is for archives stored inside the archive
    if data.count(b"PK\x01\x02") > 4 * limits.members:
        raise _too_many(limits)
    try:
        infos = zipfile.ZipFile(BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise ArchiveDamaged(
            "The file is damaged: its table of contents cannot be read. Save it again in Word."
        ) from error
    if len(infos) > limits.members:
        raise _too_many(limits)
    seen: set[str] = set()
    for info in infos:
        _check_entry(info)
        folded = info.filename.casefold()
        if folded in seen:
            raise _hostile("duplicate", info.filename, "appears twice")
        seen.add(folded)
    declared = sum(info.file_size for info in infos)
    if declared > limits.unpacked:
        raise _too_much(limits)
    return infos


def _check_entry(info: zipfile.ZipInfo) -> None:
    # zipfile cuts names at NUL and turns backslashes, so the name is judged as it was written
    name = info.orig_filename
    if "\0" in name:
        raise _hostile("nul-name", info.filename, "has a NUL in its name")
    slashed = name.replace("\\", "/")
    if slashed.startswith("/") or re.match(r"[A-Za-z]:", slashed):
        raise _hostile("absolute-name", name, "has an absolute path")
    if ".." in slashed.split("/"):
        raise _hostile("parent-name", name, "points out of its folder")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _hostile("symlink", name, "is a symbolic link")
    if info.flag_bits & _ENCRYPTED:
        raise TemplateEncrypted(
            "The file is a ZIP archive with a password. Save the document without one."
        )
    if info.compress_type not in {STORED, DEFLATED}:
        raise _hostile("method", name, f"is packed by method {info.compress_type}")


def _places(data: bytes, infos: list[zipfile.ZipInfo]) -> Iterator[tuple[zipfile.ZipInfo, int]]:
    """Where each member's bytes begin, once its local header agrees and none overlap."""
    taken_to = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        at = info.header_offset
        if at < taken_to:
            raise _hostile("overlap", info.filename, "overlaps another member")
        header = data[at : at + _LOCAL.size]
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise _damaged(info.filename)
        fields = _LOCAL.unpack(header)
        name_length, extra_length = fields[9], fields[10]
        start = at + _LOCAL.size + name_length + extra_length
        name = data[at + _LOCAL.size : at + _LOCAL.size + name_length]
        encoding = "utf-8" if fields[2] & 0x800 else "cp437"
        if name.decode(encoding, "replace") != info.orig_filename:
            raise _hostile("two-names", info.filename, "has another name in its own header")
        taken_to = start + info.compress_size
        if taken_to > len(data):
            raise _damaged(info.filename)
        yield info, start


def _verify(info: zipfile.ZipInfo, packed: memoryview, budget: int, limits: Limits) -> int:
    """Bytes really produced; inflates in steps, so that a lie costs no memory."""
    size, crc = 0, 0
    parsed = _PARSED.search(info.filename) is not None
    free = limits.ratio_from if parsed else limits.blob_ratio_from
    ceiling = min(budget, max(free, len(packed) * limits.ratio))
    if parsed:
        ceiling = min(ceiling, limits.part)
    for chunk in _inflate(info, packed):
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
        if size > ceiling:
            raise _too_much(limits, info.filename)
    if size != info.file_size or crc != info.CRC:
        raise _damaged(info.filename)
    return size


def _inflate(info: zipfile.ZipInfo, packed: memoryview) -> Iterator[bytes]:
    if info.compress_type == STORED:
        yield bytes(packed)
        return
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    rest: bytes | memoryview = packed
    try:
        while not machine.eof:
            chunk = machine.decompress(rest, _STEP)
            rest = machine.unconsumed_tail
            if not chunk and not rest and not machine.eof:
                raise _damaged(info.filename)
            yield chunk
    except zlib.error as error:
        raise _damaged(info.filename) from error
    if machine.unused_data:
        raise _hostile("hidden-bytes", info.filename, "has bytes behind its end")


def _damaged(member: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"The file is damaged: “{member}” in it does not match its checksum. Save it again in "
        "Word, or send it again.",
        member=member,
    )


def _hostile(reason: str, member: str, what: str) -> TemplateRefused:
    return ArchiveHostile(
        f"The file was not written by a word processor: “{member[:80]}” in it {what}.",
        reason=reason,
        member=member[:200],
    )


def _too_much(limits: Limits, member: str = "") -> ArchiveBomb:
    return ArchiveBomb(
        f"The file unpacks to more than {limits.unpacked:,} bytes, or far more than it weighs.",
        reason="unpacked",
        limit=limits.unpacked,
        member=member,
    )


def _too_many(limits: Limits) -> ArchiveBomb:
    return ArchiveBomb(
        f"The file has more members than the {limits.members:,} a document may have.",
        reason="members",
        limit=limits.members,
    )
