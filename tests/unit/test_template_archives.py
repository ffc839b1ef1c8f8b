"""Archives that lie, hide, explode or are something else are refused, each by its own code."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest

from adapters.docx.filler import Filler
from adapters.docx.limits import Limits
from adapters.docx.template import compile_template
from domain.documents.refusals import ArchiveHostile
from domain.kernel.errors import DomainError
from word import a_docx, a_zip, member, p, paragraphs, rels, replaced, xml

GOOD = a_docx(p("Dear {{ name }}"))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(DomainError) as refused:
        compile_template(data, limits=limits or Limits())
    return refused.value.code


def ole(*streams: str) -> bytes:
    """A compound file's beginning: a header and a directory of named streams."""
    entries = b""
    for name in streams:
        encoded = f"{name}\0".encode("utf-16-le")
        entries += encoded.ljust(64, b"\0") + struct.pack("<HB", len(encoded), 2).ljust(64, b"\0")
    return OLE + entries


def with_type(content_type: str) -> bytes:
    types = member(GOOD, "[Content_Types].xml").decode()
    old = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return replaced(GOOD, {"[Content_Types].xml": types.replace(old, content_type).encode()})


ODT = a_zip({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "template-empty"),
        (b"\x00" * 100, "template-other-format"),
        (b"%PDF-1.7", "template-other-format"),
        (b"{\\rtf1", "template-other-format"),
        (b"<html><body>", "template-other-format"),
        (b"%PDF-1.4\n" + GOOD, "template-other-format"),
        (ole("WordDocument", "1Table"), "template-legacy-doc"),
        (ole("EncryptionInfo", "EncryptedPackage"), "template-encrypted"),
        (ole("Workbook"), "template-other-format"),
        (a_zip({"a.txt": b"x"}), "template-other-format"),
        (ODT, "template-other-format"),
        (
            with_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
            "template-other-format",
        ),
        (
            with_type(
                "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
            ),
            "template-other-format",
        ),
        (with_type("application/vnd.ms-word.document.macroEnabled.main+xml"), "template-macros"),
        (replaced(GOOD, {"word/vbaProject.bin": b"x"}), "template-macros"),
        (replaced(GOOD, {"word/activeX/activeX1.xml": b"<x/>"}), "template-macros"),
        (replaced(GOOD, {"word/document.xml": None}), "template-no-document"),
        (with_type("text/plain"), "template-no-document"),
        (replaced(GOOD, {"word/document.xml": b"<a><b></a>"}), "template-part-unreadable"),
        (replaced(GOOD, {"word/document.xml": b""}), "template-part-unreadable"),
        (GOOD[: len(GOOD) // 2], "template-damaged"),
        (GOOD[:-10], "template-damaged"),
    ],
)
def test_each_wrong_file_is_named(data: bytes, code: str) -> None:
    assert refusal(data) == f"documents.{code}"


DOCTYPE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)


@pytest.mark.parametrize("doctype", [DOCTYPE, LAUGHS, f"<!-- x -->\n<?y z?>{DOCTYPE}"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", ["word/document.xml", "word/styles.xml", "customXml/a.xml"])
def test_a_dtd_is_refused_in_every_part(doctype: str, encoding: str, part: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<a/>'.encode(encoding)

    assert refusal(replaced(GOOD, {part: content})) == "documents.template-dtd"


def test_xml_nested_beyond_reason_is_refused() -> None:
    deep = b"<a>" * 10_000 + b"</a>" * 10_000

    assert refusal(replaced(GOOD, {"word/document.xml": deep})) == (
        "documents.template-part-unreadable"
    )


def renamed(name: bytes) -> bytes:
    """The good archive with one member's name replaced by one as long."""
    return a_docx(p("x"), members={"x" * len(name): b"hello"}).replace(b"x" * len(name), name)


def patched(change: Callable[[bytearray], None]) -> bytes:
    data = bytearray(GOOD)
    change(data)
    return bytes(data)


def central(data: bytes | bytearray, member_name: bytes) -> int:
    at = data.index(b"PK\x01\x02")
    while data[at + 46 : at + 46 + len(member_name)] != member_name:
        at = data.index(b"PK\x01\x02", at + 4)
    return at


def encrypted(data: bytearray) -> None:
    data[central(data, b"word/document.xml") + 8] |= 1


def odd_method(data: bytearray) -> None:
    at = central(data, b"word/document.xml")
    struct.pack_into("<H", data, at + 10, 12)


def wrong_crc(data: bytearray) -> None:
    struct.pack_into("<L", data, central(data, b"word/document.xml") + 16, 1)


def wrong_size(data: bytearray) -> None:
    struct.pack_into("<L", data, central(data, b"word/document.xml") + 24, 7)


def overlapping(data: bytearray) -> None:
    first = struct.unpack_from("<L", data, central(data, b"_rels/.rels") + 42)
    struct.pack_into("<L", data, central(data, b"word/document.xml") + 42, *first)


def symlink(data: bytearray) -> None:
    at = central(data, b"word/document.xml")
    data[at + 5] = 3  # made on Unix
    struct.pack_into("<L", data, at + 38, 0o120777 << 16)


def elsewhere(data: bytearray) -> None:
    struct.pack_into("<L", data, central(data, b"word/document.xml") + 42, 5)


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (patched(encrypted), "template-encrypted", None),
        (patched(odd_method), "template-hostile", "method"),
        (patched(wrong_crc), "template-damaged", None),
        (patched(wrong_size), "template-damaged", None),
        (patched(overlapping), "template-hostile", "overlap"),
        (patched(symlink), "template-hostile", "symlink"),
        (patched(elsewhere), "template-hostile", "overlap"),
        (renamed(b"../../etc/passwd.x"), "template-hostile", "parent-name"),
        (renamed(b"/etc/passwd.......1"), "template-hostile", "absolute-name"),
        (renamed(b"C:\\windows\\system.."), "template-hostile", "absolute-name"),
        (renamed(b"..\\..\\windows\\.dll"), "template-hostile", "parent-name"),
        (renamed(b"word/evil.txt\0.xml"), "template-hostile", "nul-name"),
        (renamed(b"WORD/DOCUMENT.XML"), "template-hostile", "duplicate"),
        (renamed(b"word//document.xml"), "template-hostile", "duplicate"),
    ],
)
def test_a_hostile_archive_is_refused(data: bytes, code: str, reason: str | None) -> None:
    with pytest.raises(DomainError) as refused:
        compile_template(data)

    assert refused.value.code == f"documents.{code}"
    if reason:
        assert refused.value.facts["reason"] == reason


def test_a_name_that_differs_between_header_and_directory_is_refused() -> None:
    at = GOOD.index(b"word/document.xml")
    data = GOOD[:at] + b"word/document.xmX" + GOOD[at + 17 :]

    with pytest.raises(ArchiveHostile) as refused:
        compile_template(data)

    assert refused.value.facts["reason"] == "two-names"


def test_a_bomb_is_noticed_while_it_is_unpacked() -> None:
    zeros = b"\0" * (32 << 20)
    bomb = replaced(GOOD, {"word/media/zeros.bin": zeros})

    assert len(bomb) < 100_000
    assert refusal(bomb) == "documents.template-bomb"


def test_a_bomb_that_lies_about_its_size_is_noticed_too() -> None:
    data = bytearray(replaced(GOOD, {"word/media/zeros.bin": b"\0" * (32 << 20)}))
    struct.pack_into("<L", data, central(data, b"word/media/zeros.bin") + 24, 100)

    assert refusal(bytes(data)) == "documents.template-bomb"


@pytest.mark.parametrize(
    "limits", [Limits(members=3), Limits(unpacked=500), Limits(part=100), Limits(file=100)]
)
def test_limits_hold(limits: Limits) -> None:
    expected = "template-too-large" if limits.file == 100 else "template-bomb"

    assert refusal(GOOD, limits) == f"documents.{expected}"


def test_bytes_hidden_behind_a_members_end_are_refused() -> None:
    content = member(GOOD, "word/document.xml")
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = machine.compress(content) + machine.flush() + b"hidden"
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in zipfile.ZipFile(BytesIO(GOOD)).namelist():
            info = zipfile.ZipInfo(name)
            if name == "word/document.xml":
                archive.writestr(info, packed, zipfile.ZIP_STORED)
            else:
                archive.writestr(info, member(GOOD, name), zipfile.ZIP_DEFLATED)
    data = bytearray(buffer.getvalue())
    for at in (central(data, b"word/document.xml"), data.index(b"word/document.xml") - 30):
        shift = 0 if data[at : at + 4] == b"PK\x01\x02" else -2
        struct.pack_into("<H", data, at + 10 + shift, 8)
        struct.pack_into("<L", data, at + 16 + shift, zlib.crc32(content))
        struct.pack_into("<L", data, at + 24 + shift, len(content))

    with pytest.raises(ArchiveHostile) as refused:
        compile_template(bytes(data))

    assert refused.value.facts["reason"] == "hidden-bytes"


ODD_RELS = '<Relationship Id="rId1" Type="{}" Target="{}"/>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


@pytest.mark.parametrize(
    "changes",
    [
        {"_rels/.rels": rels(ODD_RELS.format(OFFICE, "word//document.xml"))},
        {"_rels/.rels": rels(ODD_RELS.format(OFFICE, "/word/document.xml"))},
        {"_rels/.rels": rels(ODD_RELS.format(OFFICE, "WORD/Document.xml"))},
        {"_rels/.rels": rels(ODD_RELS.format(OFFICE, "word/../word/document.xml"))},
        {"_rels/.rels": rels(ODD_RELS.format(OFFICE, "nowhere.xml"))},
        {"_rels/.rels": rels("")},
        {"word/_rels/document.xml.rels": None},
        {"word/document.xml": b"\xef\xbb\xbf" + member(GOOD, "word/document.xml")},
        {
            "word/document.xml": member(GOOD, "word/document.xml")
            .decode()
            .replace("UTF-8", "UTF-16")
            .encode("utf-16")
        },
        {"docProps/thumbnail.jpeg": b"x", "empty/": b""},
    ],
)
def test_odd_but_real_files_are_templates(changes: dict[str, bytes | None]) -> None:
    template = compile_template(replaced(GOOD, changes))

    assert [field.name for field in template.fields] == ["name"]


def test_the_document_may_lie_anywhere() -> None:
    types = member(GOOD, "[Content_Types].xml").replace(b"/word/document.xml", b"/x/main.bin")
    moved = replaced(
        GOOD,
        {
            "[Content_Types].xml": types,
            "_rels/.rels": rels(ODD_RELS.format(OFFICE, "x/main.bin")),
            "x/main.bin": member(GOOD, "word/document.xml"),
            "word/document.xml": None,
            "word/_rels/document.xml.rels": None,
        },
    )

    assert [part.name for part in compile_template(moved).parts] == ["x/main.bin"]


def test_strict_open_xml_is_read_and_written_as_transitional() -> None:
    strict = member(GOOD, "word/document.xml").replace(
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    links = member(GOOD, "_rels/.rels").replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    )

    styles = strict.replace(b"w:document", b"w:styles").replace(b"w:body", b"w:style")

    template = compile_template(
        replaced(
            GOOD, {"word/document.xml": strict, "_rels/.rels": links, "word/styles.xml": styles}
        )
    )

    document = Filler(template).fill({"name": "Ada"})
    assert paragraphs(document) == ["Dear Ada"]
    assert b"purl.oclc.org" not in member(document, "word/styles.xml")


def test_a_template_made_by_word_as_dotx_gives_documents() -> None:
    dotx = with_type(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"
    )

    assert b"document.main+xml" in zipped(compile_template(dotx).prefix)


def zipped(prefix: bytes) -> bytes:
    """The first member of a prefix, unpacked."""
    name, extra = struct.unpack_from("<HH", prefix, 26)
    size = struct.unpack_from("<L", prefix, 18)[0]
    start = 30 + name + extra
    return zlib.decompress(prefix[start : start + size], -15)


def test_a_prefix_other_than_w_is_understood() -> None:
    odd = xml(
        '<x:document xmlns:x="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<x:body><x:p><x:r><x:t>{{ name }}</x:t></x:r></x:p></x:body></x:document>"
    )
    document = Filler(compile_template(replaced(GOOD, {"word/document.xml": odd}))).fill(
        {"name": "two\nlines"}
    )

    assert paragraphs(document) == ["two\nlines"]
