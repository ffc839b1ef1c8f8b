"""The page engines, each under the same tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.docx.layout.drawable import drawable
from adapters.docx.marked import MarkedTemplate
from adapters.typst.engine import TypstTemplate
from adapters.weasyprint.engine import HtmlTemplate
from domain.documents.bindings import Bindings
from domain.documents.ports import PdfEngine
from drawn import SHIPPED_ONLY
from pdf_engines import Draw


@pytest.fixture(params=["typst", "weasyprint"])
def draw(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Draw]:
    """Draws a row of a template with one of the engines."""
    engines: list[PdfEngine] = []

    def engine_of(template: MarkedTemplate) -> PdfEngine:
        found = drawable(template, SHIPPED_ONLY)
        if request.param == "typst":
            return TypstTemplate(
                found.layout, found.media, scratch=tmp_path, typography=SHIPPED_ONLY
            )
        return HtmlTemplate(found.layout, found.media, typography=SHIPPED_ONLY)

    def draw(template: MarkedTemplate, row: Bindings) -> bytes:
        engine = engine_of(template)
        engines.append(engine)
        return engine.pdf(row)

    yield draw
    for engine in engines:
        engine.close()
        engine.close()
    assert list(tmp_path.iterdir()) == []
