"""Writes an archive anew: the same members, deflated with fixed times."""

from collections.abc import Iterable

from adapters.docx.archive import Archive
from adapters.docx.deflating import deflate_by
from adapters.docx.zipping import Packed, deflated, end_of_archive


def repacked(archive: Archive) -> bytes:
    """The same members, deflated anew with fixed times."""
    deflate = deflate_by("libdeflate")
    contents = ((name, archive.read(name)) for name in archive.members)
    return archive_of(deflated(name, content, deflate(content)) for name, content in contents)


def archive_of(members: Iterable[Packed]) -> bytes:
    written: list[bytes] = []
    records: list[bytes] = []
    offset = 0
    for member in members:
        written += (member.header(), member.data)
        records.append(member.record(offset))
        offset += member.span()
    directory = b"".join(records)
    return b"".join((*written, directory, end_of_archive(len(records), len(directory), offset)))
