"""A page as PDF; what it shows lies in memory, and nothing else is opened."""

import base64
from functools import cache
from pathlib import Path
from typing import Any, Final

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from adapters.runtime.typefaces.book import SHIPPED

SCHEME: Final = "picture:"
_FACES: Final = {
    "Carlito-Regular.ttf": (400, "normal"),
    "Carlito-Bold.ttf": (700, "normal"),
    "Carlito-Italic.ttf": (400, "italic"),
}


class Pictures(URLFetcher):  # type: ignore[misc]  # weasyprint ships no types
    """Serves files by their names; every other address is refused."""

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self._files = files

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url.startswith("data:"):
            return super().fetch(url, headers)
        content = self._files[url.removeprefix(SCHEME)].read_bytes()
        return URLFetcherResponse(url, content, {"Content-Type": "image/jpeg"})


def pdf_of(page: str, pictures: dict[str, Path]) -> bytes:
    """`page` names pictures as `picture:<file name>`. The same page gives the same bytes."""
    fetcher = Pictures(pictures)
    fonts = FontConfiguration()
    sheet = CSS(string=_faces(), font_config=fonts, url_fetcher=fetcher)
    document = HTML(string=page, url_fetcher=fetcher, base_url="about:blank")
    made: bytes = document.write_pdf(
        stylesheets=[sheet], font_config=fonts, pdf_identifier=b"atelier", srgb=True
    )
    return made


@cache
def _faces() -> str:
    return "\n".join(
        f"@font-face {{ font-family: Carlito; font-weight: {weight}; font-style: {style};"
        f' src: url("data:font/ttf;base64,{_base64(name)}"); }}'
        for name, (weight, style) in _FACES.items()
    )


def _base64(name: str) -> str:
    return base64.b64encode((SHIPPED / name).read_bytes()).decode()
