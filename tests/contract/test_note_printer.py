"""What every `NotePrinter` does; here: in a child process."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import docx
import pypdfium2
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE

from adapters.pages.printer import ChildNotePrinter, page_kind
from adapters.runtime.children import Children
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock
from domain.notes.printing import PrintOrder
from entrypoints.children import PAGES
from pictures import a_picture
from streams import stream, whole
from tenants import NEW

SHOT: Final = "images/001_0-00-07.jpg"
PAGE: Final = f"""# Alarms & *people*

*Study notes · 0:10:00 · [talk.mp4](talk.mp4)*

## Summary

Give every alarm an **owner**. [0:00:07](talk.mp4#t=7)

- One [1:02:03](talk.mp4#t=3723)
- [ ] Write the guide

> “Quoted”
>
> [0:00:01](talk.mp4#t=1.0,2.0) why

![A slide]({SHOT})
"""
HOSTILE: Final = {
    "raw HTML": "<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>",
    "a raw block": "<iframe src='https://evil.example/'></iframe>\n\n<style>@import 'x'</style>",
    "script links": "[a](javascript:alert(1)) [b](JaVaScRiPt:alert) [c](data:text/html,x)",
    "links away": "[a](https://evil.example/) [b](//evil.example) <https://evil.example/>",
    "a reference": "[a]\n\n[a]: https://evil.example/ 'title'",
    "pictures away": "![a](https://evil.example/x.png) ![b](//evil.example/y) ![c](file:///etc/passwd)",
    "pictures above": "![a](../../etc/passwd) ![b](images/../../secret.jpg) ![c](picture:file-0)",
    "attributes": '[a](talk.mp4 "x\\" onclick=alert(1) y=\\"") ![" onerror="x](images/none.jpg)',
    "control characters": "one\x01two\x0bthree\x00four\x1b[31m",
    "deep quotes": ">" * 5_000 + " deep",
    "deep lists": "\n".join("  " * depth + "- x" for depth in range(300)),
    "deep emphasis": "*a **b " * 1_500 + "c" + "** *" * 1_500,
    "open brackets": "[" * 20_000 + "](" * 5_000,
    "nothing": "",
    "right to left": "\u202e evil \u2066 עברית",
}
_FETCHING: Final = {"src", "srcset", "poster", "data", "action", "formaction", "background"}


@dataclass(frozen=True)
class Pages:
    html: str
    docx: bytes
    pdf: bytes


class Press:
    """The printer over a store of its own."""

    def __init__(self, children: Children, folder: Path) -> None:
        self.blobs = LocalBlobStore(folder, UrlSigner((bytes(32),), SystemClock(), ""))
        self.printer = ChildNotePrinter(children, self.blobs)

    async def stored(self, content: bytes) -> str:
        key = f"w/{NEW()}"
        await self.blobs.put(key, stream(content))
        return key

    async def printed(self, markdown: str, title: str = "Alarms", **pictures: bytes) -> Pages:
        shots = {SHOT: await self.stored(a_picture(kind="JPEG"))}
        made = await self.printer.print(
            PrintOrder(
                title=title,
                markdown=markdown,
                pictures=shots | {name: await self.stored(b) for name, b in pictures.items()},
                language="en",
                **{f"{kind}_key": f"w/{NEW()}.{kind}" for kind in ("html", "docx", "pdf")},
            )
        )
        html, word, pdf = [
            await whole(self.blobs.open(blob.key)) for blob in (made.html, made.docx, made.pdf)
        ]
        assert hashlib.sha256(pdf).hexdigest() == made.pdf.sha256
        return Pages(html.decode(), word, pdf)


class Seen(HTMLParser):
    """Tags of a page with their attributes, and what it says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_harmless(page: str) -> None:
    seen = Seen(page)
    names = {name for name, _ in seen.tags}
    assert not names & {"script", "iframe", "object", "embed", "link", "base", "form", "svg"}
    for name, attributes in seen.tags:
        assert not [key for key in attributes if key.startswith("on")], name
        for key in _FETCHING & set(attributes):
            assert (attributes[key] or "data:").startswith("data:"), attributes
        address = attributes.get("href") or ""
        assert ":" not in address.split("/")[0], address
        assert not address.startswith("//"), address
    policy = next(attributes for _, attributes in seen.tags if "http-equiv" in attributes)
    assert (policy["content"] or "").startswith("default-src 'none'")


def text_of(word: bytes) -> str:
    return "\n".join(each.text for each in docx.Document(io.BytesIO(word)).paragraphs)


def pdf_text(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


@pytest.fixture(scope="module")
async def press(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Press]:
    folder = tmp_path_factory.mktemp("press")
    async with Children([page_kind(PAGES, processes=1)], folder / "scratch") as children:
        yield Press(children, folder / "files")


async def test_a_page_is_one_html_file_with_its_pictures_inside(press: Press) -> None:
    page = (await press.printed(PAGE, title="Alarms <&> people")).html

    assert_harmless(page)
    seen = Seen(page)
    pictures = [attributes["src"] for name, attributes in seen.tags if name == "img"]
    links = [attributes["href"] for name, attributes in seen.tags if name == "a"]
    assert [(each or "")[:23] for each in pictures] == ["data:image/jpeg;base64,"]
    assert links == ["talk.mp4", "talk.mp4#t=7", "talk.mp4#t=3723", "talk.mp4#t=1.0,2.0"]
    assert "<title>Alarms &lt;&amp;&gt; people</title>" in page
    assert "☐ Write the guide" in seen.text


async def test_a_word_document_has_headings_links_and_pictures(press: Press) -> None:
    word = (await press.printed(PAGE)).docx

    document = docx.Document(io.BytesIO(word))
    headings = [each.text for each in document.paragraphs if each.style.name.startswith("Heading")]
    links = {
        relation.target_ref
        for relation in document.part.rels.values()
        if relation.reltype == RELATIONSHIP_TYPE.HYPERLINK
    }
    assert headings == ["Alarms & people", "Summary"]
    assert links == {"talk.mp4", "talk.mp4#t=7", "talk.mp4#t=3723", "talk.mp4#t=1.0,2.0"}
    assert len(document.inline_shapes) == 1
    assert document.core_properties.title == "Alarms"
    assert "Give every alarm an owner. 0:00:07" in text_of(word)


async def test_a_pdf_has_pages_that_say_what_the_note_says(press: Press) -> None:
    pages = pdf_text((await press.printed(PAGE + "\n\nMore and more.\n" * 120)).pdf)

    assert len(pages) > 1
    assert "Give every alarm an owner." in pages[0].replace("\r\n", " ")
    assert f"2 / {len(pages)}" in pages[1]


async def test_the_same_page_is_printed_to_the_same_bytes(press: Press) -> None:
    assert await press.printed(PAGE) == await press.printed(PAGE)


@pytest.mark.parametrize("case", HOSTILE)
async def test_hostile_pages_are_printed_and_harmless(press: Press, case: str) -> None:
    pages = await press.printed(f"# Before\n\n{HOSTILE[case]}\n\nAfter.\n", title="a\x01\x00b")

    assert_harmless(pages.html)
    assert text_of(pages.docx).startswith("Before")
    assert len(pdf_text(pages.pdf)) >= 1
    with zipfile.ZipFile(io.BytesIO(pages.docx)) as package:
        for name in package.namelist():
            if name.endswith(".rels"):
                assert b"evil.example" not in package.read(name)


async def test_a_megabyte_of_text_is_printed(press: Press) -> None:
    said = "\n\n".join(
        f"Paragraph {n}. {'word ' * 190}[0:00:01](talk.mp4#t={n})" for n in range(1_050)
    )
    assert len(said) > 1_000_000

    pages = await press.printed(said)

    assert pages.html.count("<p>") == 1_050
    assert "Paragraph 1049." in pdf_text(pages.pdf)[-1]


async def test_a_bundle_is_a_zip_of_files_by_their_names_and_always_the_same(press: Press) -> None:
    files = {
        "images/001.jpg": await press.stored(b"\xff\xd8 picture"),
        "Summary.md": await press.stored(b"# Hello\n" * 1_000),
        "Übersicht.txt": await press.stored(b""),
    }
    made = [await press.printer.bundle(files, f"w/{NEW()}.zip") for _ in range(2)]
    turned = await press.printer.bundle(dict(reversed(files.items())), f"w/{NEW()}.zip")

    assert made[0].sha256 == made[1].sha256 == turned.sha256
    with zipfile.ZipFile(io.BytesIO(await whole(press.blobs.open(made[0].key)))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(files)
        assert archive.read("Summary.md") == b"# Hello\n" * 1_000
