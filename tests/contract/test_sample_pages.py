"""The shipped templates: every line and page breaks as LibreOffice's, by every engine.

`references/libreoffice_lines.json` holds [points from the top, points from the left, text] of every
line of every page that LibreOffice 7.4 made of them with the same fonts. Where LibreOffice is
installed, the reference itself is checked.
"""

import csv
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import entrypoints.cli
from adapters.docx.filler import Filler
from adapters.docx.layout.drawable import Drawable, drawable
from adapters.docx.marked import mark_template
from adapters.docx.template import compile_template
from adapters.libreoffice.office import LibreOffice, find_office
from adapters.typst.engine import TypstTemplate
from adapters.weasyprint.engine import HtmlTemplate
from domain.documents.layout.findings import Fidelity
from drawn import SHIPPED_ONLY, Shown, shown

SAMPLES = Path(entrypoints.cli.__file__).parent / "samples" / "documents"
REFERENCES = Path(__file__).parents[1] / "support" / "references" / "libreoffice_lines.json"
NAMES = ("letter", "contract", "certificate")
_NEAR = 0.6  # points; less than a pixel of a screen


@cache
def sample(name: str) -> tuple[Filler, Drawable]:
    data = (SAMPLES / f"{name}.docx").read_bytes()
    return Filler(compile_template(data)), drawable(mark_template(data), SHIPPED_ONLY)


def row_of(name: str) -> Mapping[str, Any]:
    if name == "letter":
        with (SAMPLES / "people.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))[2]
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return found


def pages_of(lines: list[Shown]) -> list[list[str]]:
    pages = max(line.page for line in lines)
    return [
        [_plain(line.text) for line in lines if line.page == number + 1] for number in range(pages)
    ]


def _plain(text: str) -> str:
    """Bullets are letters of a symbol font there, of Unicode here."""
    return text.replace("\uf0b7", "•")


def expected(name: str) -> list[list[tuple[float, float, str]]]:
    found: list[list[tuple[float, float, str]]] = json.loads(REFERENCES.read_text())[name]
    return found


def assert_same_lines(pdf: bytes, name: str) -> None:
    lines = shown(pdf)
    wanted = [line for page in expected(name) for line in page]

    assert pages_of(lines) == [[text for _, _, text in page] for page in expected(name)]
    moved = [
        (line.text, line.top - top, line.left - left)
        for line, (top, left, _) in zip(lines, wanted, strict=True)
        if abs(line.top - top) > _NEAR or abs(line.left - left) > _NEAR
    ]
    assert moved == []


@pytest.mark.parametrize("name", NAMES)
def test_typst_breaks_every_line_and_page_as_libreoffice_does(name: str) -> None:
    filler, found = sample(name)
    engine = TypstTemplate(found.layout, found.media, typography=SHIPPED_ONLY)

    pdf = engine.pdf(filler.evaluate(row_of(name)))
    engine.close()
    assert_same_lines(pdf, name)


@pytest.mark.parametrize("name", NAMES)
def test_weasyprint_breaks_every_line_and_page_as_libreoffice_does(name: str) -> None:
    filler, found = sample(name)
    engine = HtmlTemplate(found.layout, found.media, typography=SHIPPED_ONLY)

    assert_same_lines(engine.pdf(filler.evaluate(row_of(name))), name)


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_templates_are_exact(name: str) -> None:
    _, found = sample(name)

    assert (found.grade.fidelity, found.grade.findings) == (Fidelity.EXACT, ())


@pytest.mark.skipif(find_office() is None, reason="LibreOffice is not installed")
def test_the_references_are_what_libreoffice_makes(tmp_path: Path) -> None:
    program = find_office()
    assert program is not None
    office = LibreOffice(program=program, scratch=tmp_path)
    documents = [sample(name)[0].fill(row_of(name)) for name in NAMES]

    made = office.pdfs(documents)
    office.close()

    for name, pdf in zip(NAMES, made, strict=True):
        assert isinstance(pdf, bytes)
        assert_same_lines(pdf, name)
