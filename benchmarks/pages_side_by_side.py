"""Draws templates with every engine and puts the pages next to one another, to be looked at.

Run: .venv/bin/python benchmarks/pages_side_by_side.py OUT [T.docx …] [--dpi 80] [--pages 6]

Without templates, the three shipped ones. Fields of others stay blank. OUT gets one PNG a page.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
from make_samples import FOLDER
from PIL import Image, ImageDraw
from sample_rows import certificate_row, contract_row, people

from adapters.docx.filler import Filler
from adapters.docx.layout.drawable import drawable
from adapters.docx.marked import mark_template
from adapters.docx.options import FillOptions
from adapters.docx.template import compile_template
from adapters.libreoffice.office import LibreOffice, find_office
from adapters.runtime.typefaces.book import font_book
from adapters.runtime.typefaces.typography import Typography
from adapters.typst.engine import TypstTemplate
from adapters.weasyprint.engine import HtmlTemplate
from domain.documents.rows import MissingPolicy
from domain.kernel.errors import DomainError

ROWS: dict[str, Callable[[], dict[str, Any]]] = {
    "letter": lambda: dict(next(people(1))),
    "contract": lambda: contract_row(3),
    "certificate": lambda: certificate_row(3),
}
HEAD = 16  # pixels above each page
GREY = "#808080"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("templates", type=Path, nargs="*")
    parser.add_argument("--dpi", type=int, default=80)
    parser.add_argument("--pages", type=int, default=6, help="of each template, at most")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for template in options.templates or [FOLDER / f"{name}.docx" for name in ROWS]:
        row = {} if options.templates else ROWS[template.stem]()
        made = _engines(template.read_bytes(), row)
        pages = {name: list(_images(pdf, options)) for name, pdf in made.items()}
        for at in range(max(map(len, pages.values()), default=0)):
            target = options.out / f"{template.stem}-{at + 1}.png"
            _beside({name: found[at : at + 1] for name, found in pages.items()}).save(target)
            print(target)


def _engines(content: bytes, row: dict[str, Any]) -> dict[str, bytes]:
    filler = Filler(compile_template(content), FillOptions(missing=MissingPolicy.BLANK))
    typography = Typography(font_book())
    found = drawable(mark_template(content), typography)
    bindings, made = filler.evaluate(row), {}
    for finding in found.grade.findings:
        print(f"  {finding.severity}: {finding.feature} {finding.where}: {finding.effect}")
    office = find_office()
    if office is not None:
        made["LibreOffice"] = _made(LibreOffice(program=office).pdf, filler.fill(row))
    typst = TypstTemplate(found.layout, found.media, typography=typography)
    made[f"Typst ({found.grade.fidelity})"] = _made(typst.pdf, bindings)
    typst.close()
    html = HtmlTemplate(found.layout, found.media, typography=typography)
    made["WeasyPrint"] = _made(html.pdf, bindings)
    return made


def _made(draw: Callable[[Any], bytes], what: Any) -> bytes:
    try:
        return draw(what)
    except DomainError as error:
        print(f"  {error} {error.facts}", file=sys.stderr)
        return b""


def _images(pdf: bytes, options: argparse.Namespace) -> Iterator[Image.Image]:
    if not pdf:
        return
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        for page, _ in zip(document, range(options.pages), strict=False):
            yield page.render(scale=options.dpi / 72).to_pil()


def _beside(pages: dict[str, list[Image.Image]]) -> Image.Image:
    width = max(image.width for found in pages.values() for image in found)
    height = max(image.height for found in pages.values() for image in found)
    sheet = Image.new("RGB", (len(pages) * (width + 4), height + HEAD), GREY)
    for at, (name, found) in enumerate(pages.items()):
        ImageDraw.Draw(sheet).text((at * (width + 4) + 4, 2), name, fill="white")
        for image in found:
            sheet.paste(image, (at * (width + 4), HEAD))
    return sheet


if __name__ == "__main__":
    main()
