"""Real documents of others: each is drawn by both page engines, none ends one of them."""

from pathlib import Path

import pypdfium2
import pytest

from adapters.docx.filler import Filler
from adapters.docx.layout.drawable import drawable
from adapters.docx.marked import mark_template
from adapters.docx.options import FillOptions
from adapters.docx.template import compile_template
from adapters.typst.engine import TypstTemplate
from adapters.weasyprint.engine import HtmlTemplate
from domain.documents.rows import MissingPolicy
from drawn import SHIPPED_ONLY
from real_documents import NotFetched, real_documents

AT_LEAST = 70  # the others have mistakes in their tags


def test_each_is_drawn_by_both_engines_on_as_many_pages(tmp_path: Path) -> None:
    try:
        documents = list(real_documents())
    except NotFetched as missing:
        pytest.fail(str(missing))
    pages = {}
    for name, content in documents:
        template = compile_template(content)
        if not template.errors():
            row = Filler(template, FillOptions(missing=MissingPolicy.BLANK)).evaluate({})
            found = drawable(mark_template(content), SHIPPED_ONLY)
            typst = TypstTemplate(
                found.layout, found.media, scratch=tmp_path, typography=SHIPPED_ONLY
            )
            html = HtmlTemplate(found.layout, found.media, typography=SHIPPED_ONLY)
            pages[name] = _pages(typst.pdf(row)), _pages(html.pdf(row))
            typst.close()

    assert len(pages) >= AT_LEAST
    assert {name: counts for name, counts in pages.items() if counts[0] != counts[1]} == {}


def _pages(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)
