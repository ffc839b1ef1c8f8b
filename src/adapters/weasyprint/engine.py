"""A template ready to be filled: its layout, its pictures, the fonts set up once."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from adapters.runtime.typefaces.book import SHIPPED, FontBook, font_book
from adapters.runtime.typefaces.typography import Typography
from adapters.weasyprint import css
from adapters.weasyprint.document import HtmlWriter
from adapters.weasyprint.fetching import SCHEME, MemoryFetcher
from domain.documents.bindings import Bindings
from domain.documents.layout.arranging import arranged
from domain.documents.layout.failures import not_drawn
from domain.documents.layout.pages import Layout
from domain.documents.ports import PdfEngine

_POINTS_PER_PIXEL: Final = 0.75
_FONT: Final = "font/"
_MEDIA: Final = "media/"
_ROW: Final = "row/"


class HtmlTemplate(PdfEngine):
    """Draws one layout again and again; `media` are its pictures by part name."""

    def __init__(
        self,
        layout: Layout,
        media: Mapping[str, bytes],
        *,
        typography: Typography | None = None,
    ) -> None:
        self._layout = layout
        self._typography = typography or Typography(font_book())
        self._media = {name: (_media_type(content), content) for name, content in media.items()}
        self._assets: dict[str, tuple[str, bytes]] = {}
        self._fonts = shared_fonts(self._typography.book)

    def pdf(self, row: Bindings) -> bytes:
        document = arranged(self._layout, row)
        writer = HtmlWriter(document, self._typography, self._memory_address, self._height)
        self._assets = {_MEDIA + name: kept for name, kept in self._media.items()}
        source = writer.for_pages()
        for digest, picture in writer.drawings.pictures.items():
            self._assets[_ROW + digest] = (picture.media_type, picture.content)
        try:
            made: bytes = self._open(source).write_pdf(font_config=self._fonts)
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
            # what its layout raises at odd geometry; memory and time are watched from outside
            raise not_drawn("WeasyPrint", type(error).__name__) from error
        return made

    def close(self) -> None:
        self._assets = {}

    def _open(self, source: str) -> HTML:
        return HTML(string=source, url_fetcher=MemoryFetcher(self._assets), base_url=SCHEME)

    def _height(self, source: str) -> float:
        """Points from the top of a page to the anchor `end`."""
        document = self._open(source).render(font_config=self._fonts)
        anchors = document.pages[0].anchors
        return float(anchors["end"][1]) * _POINTS_PER_PIXEL if "end" in anchors else 0.0

    def html(self, row: Bindings) -> str:
        """A preview of one row for a browser: one file, no scripts, nothing fetched."""
        document = arranged(self._layout, row)
        pictures: dict[str, Any] = {}

        def address(name: str) -> str | None:
            if name in pictures:
                return _data_url(pictures[name].media_type, pictures[name].content)
            kept = self._media.get(name)
            return None if kept is None else _data_url(*kept)

        writer = HtmlWriter(document, self._typography, address)
        writer.drawings.pictures = pictures
        return writer.for_screen()

    def _memory_address(self, name: str) -> str:
        place = _MEDIA if name in self._media else _ROW
        return f"{SCHEME}{place}{name}"


def _media_type(content: bytes) -> str:
    """By the bytes: Word does not mind names that lie about their pictures."""
    if content.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/gif" if content.startswith(b"GIF8") else "image/png"


def _data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


@cache
def shared_fonts(book: FontBook) -> FontConfiguration:
    """The fonts of this process: the shipped ones before the system's, set up once."""
    fonts = FontConfiguration()
    CSS(string=font_faces(book), font_config=fonts, url_fetcher=MemoryFetcher(shipped_fonts()))
    return fonts


def shipped_fonts() -> dict[str, tuple[str, bytes]]:
    """The fonts that come with us, for the fetcher."""
    return {
        _FONT + path.name: ("font/ttf", path.read_bytes()) for path in sorted(SHIPPED.glob("*.ttf"))
    }


def font_faces(book: FontBook) -> str:
    """The @font-face rules that put the shipped fonts before the system's."""
    return "".join(
        "@font-face{"
        + css.rules(
            font_family=css.name(face.family),
            src=f"url({SCHEME}{_FONT}{face.path.name})",
            font_weight="bold" if face.bold else "normal",
            font_style="italic" if face.italic else "normal",
        )
        + "}"
        for faces in book.faces.values()
        for face in faces
        if face.path.parent == SHIPPED
    )
