"""One Typst source serves all rows of a shape, and nothing of a row stands in it."""

from pathlib import Path

import pytest

from adapters.docx.layout.drawable import drawable
from adapters.docx.marked import MarkedTemplate
from adapters.typst.engine import TypstTemplate
from domain.documents.bindings import Image
from drawn import A4, MARGINS, SHIPPED_ONLY, a_png, a_template, bindings_of, shown, text_of
from word import p

HEADED = A4 + MARGINS + '<w:headerReference w:type="default" r:id="rIdheader1"/>'


def an_engine(template: MarkedTemplate, scratch: Path) -> TypstTemplate:
    found = drawable(template, SHIPPED_ONLY)
    return TypstTemplate(found.layout, found.media, scratch=scratch, typography=SHIPPED_ONLY)


def a_picture(color: str) -> Image:
    content, side = a_png(color), 914_400
    return Image(digest="d", media_type="image/png", content=content, width=side, height=side)


def page_settings(source: str) -> str:
    return next(line for line in source.splitlines() if "set page(" in line)


def test_what_pages_are_set_in_is_the_same_for_every_row(tmp_path: Path) -> None:
    """Else Typst would lay out every paragraph of every row anew."""
    template = a_template(p("text"), section=HEADED, header1=p("for {{ name }}"))
    engine = an_engine(template, tmp_path)

    settings = page_settings(engine.source(bindings_of(template, {"name": "Ada"})))
    assert "header: context { furniture(<furniture-0>, 0) }" in settings
    assert "values" not in settings
    assert text_of(engine.pdf(bindings_of(template, {"name": "Ada"}))) == "for Ada\ntext"
    assert text_of(engine.pdf(bindings_of(template, {"name": "Bo"}))) == "for Bo\ntext"
    engine.close()


def test_a_header_is_measured_only_for_rows_that_make_it_grow(tmp_path: Path) -> None:
    template = a_template(p("body"), section=HEADED, header1=p("{{ name }}"))
    engine = an_engine(template, tmp_path)
    tops = []
    for words in (1, 60, 2):
        row = bindings_of(template, {"name": "many words " * words})
        assert ("measure(" in engine.source(row)) is (words == 60)
        tops.append(shown(engine.pdf(row))[-1].top)
    engine.close()

    assert tops[0] == tops[2] == pytest.approx(72 + 10.7, abs=0.2)
    assert tops[1] > 36 + 7 * 13.45


def test_shapes_that_were_not_used_for_long_make_room_for_new_ones(tmp_path: Path) -> None:
    body = p("{% for i in items %}") + p("- {{ i }}") + p("{% endfor %}")
    template = a_template(body)
    engine = an_engine(template, tmp_path)
    for count in (*range(1, 70), 1, 69):
        row = bindings_of(template, {"items": [str(at) for at in range(count)]})
        drawn = text_of(engine.pdf(row)).split()
        assert drawn.count("-") == count
    sources = list(tmp_path.glob("*/shape-*.typ"))
    engine.close()

    assert len(sources) == 64


def test_the_pictures_of_two_rows_are_not_taken_for_one_another(tmp_path: Path) -> None:
    template = a_template(p("{{ a }}"))
    engine = an_engine(template, tmp_path)
    pages = [engine.png({0: a_picture(color)}) for color in ("red", "blue", "red")]
    engine.close()

    assert pages[0] == pages[2] != pages[1]
