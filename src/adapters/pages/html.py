"""A page as one HTML file: pictures inside, no script, nothing to fetch."""

import base64
import html
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from adapters.pages.reading import reader, tokens_of

Picture = Callable[[Path], str]
_STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def html_page(
    markdown: str, pictures: Mapping[str, Path], title: str, language: str, picture: Picture
) -> str:
    """`picture` makes the address of a picture's file; one that does not come along is left out."""
    tokens = tokens_of(markdown)
    for token in tokens:
        for child in token.children or ():
            if child.type != "image":
                continue
            file = pictures.get(str(child.attrs.get("src", "")))
            child.attrs["src"] = "" if file is None else picture(file)
            child.attrs["loading"] = "lazy"
    markdown_reader = reader()
    body = markdown_reader.renderer.render(tokens, markdown_reader.options, {})
    return (
        f'<!doctype html>\n<html lang="{html.escape(language or "und")}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def inlined(file: Path) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(file.read_bytes()).decode()
