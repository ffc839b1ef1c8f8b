"""Sections, their paper and furniture, and the breaks between them."""

import pytest

from domain.documents.layout.arranging import arranged
from domain.documents.layout.grouping import page_groups
from domain.documents.layout.nodes import BreakKind, Paragraph
from domain.documents.layout.pages import Start
from drawn import A4, MARGINS, a_layout
from word import p, relationship, run

UNEQUAL = '<w:cols w:equalWidth="0"><w:col w:w="2000" w:space="500"/><w:col w:w="6000"/></w:cols>'
LANDSCAPE = '<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>'


def ends(section: str, text: str = "end") -> str:
    return f"<w:p><w:pPr><w:sectPr>{section}</w:sectPr></w:pPr>{run(text)}</w:p>"


def test_paper_and_margins_are_read_in_points_with_the_gutter_on_the_left() -> None:
    margins = '<w:pgMar w:top="720" w:right="360" w:bottom="1440" w:left="1000" w:gutter="200"/>'

    page = a_layout(p("x"), section=LANDSCAPE + margins).sections[0].page

    assert (page.width, page.height) == (841.9, 595.3)
    assert (page.top, page.right, page.bottom, page.left) == (36.0, 18.0, 72.0, 60.0)


def test_margins_without_room_for_text_are_made_smaller_and_reported() -> None:
    found = a_layout(p("x"), section=A4 + '<w:pgMar w:left="9000" w:right="9000"/>')

    assert found.sections[0].page.text_width > 100
    assert [finding.feature for finding in found.findings] == ["page.margins"]


def test_each_section_has_its_own_paper_and_start() -> None:
    body = (
        p("one") + ends(A4 + MARGINS) + p("two") + ends('<w:type w:val="continuous"/>' + A4)
        + p("three")
    )  # fmt: skip

    sections = a_layout(body, section=LANDSCAPE + '<w:type w:val="oddPage"/>').sections

    assert [section.start for section in sections] == [Start.PAGE, Start.CONTINUOUS, Start.ODD]
    assert [section.page.width for section in sections] == [595.3, 595.3, 841.9]


def test_continuous_sections_on_the_same_paper_share_a_page() -> None:
    body = p("1") + ends(A4) + p("2") + ends('<w:type w:val="continuous"/>' + A4) + p("3")
    document = arranged(a_layout(body, section=LANDSCAPE), {})

    assert [[at for at, _ in group] for group in page_groups(document.sections)] == [[0, 1], [2]]


def test_headers_and_footers_carry_over_until_another_is_named() -> None:
    links = relationship("h", "header", "header1.xml") + relationship("g", "header", "header2.xml")
    first = '<w:headerReference w:type="default" r:id="h"/>' + A4
    last = '<w:headerReference w:type="first" r:id="g"/><w:titlePg/>' + A4

    sections = a_layout(
        p("x") + ends(first) + p("y"),
        section=last,
        relationships=links,
        header1=p("usual"),
        header2=p("opening"),
    ).sections

    assert sections[0].headers.usual == sections[1].headers.usual
    assert sections[0].headers.first is None
    assert sections[1].headers.first is not None
    assert [section.title_page for section in sections] == [False, True]


@pytest.mark.parametrize(
    ("columns", "widths"),
    [
        ("", []),
        ('<w:cols w:num="1"/>', []),
        ('<w:cols w:num="2" w:space="720"/>', [207.65, 207.65]),
        (
            UNEQUAL,
            [100.0, 300.0],
        ),
    ],
)
def test_columns_have_widths(columns: str, widths: list[float]) -> None:
    found = a_layout(p("x"), section=A4 + MARGINS + columns).sections[0].columns

    assert [column.width for column in found] == pytest.approx(widths)


def pieces(*inside: str) -> list[tuple[BreakKind | None, int]]:
    blocks = a_layout("".join(inside)).sections[0].blocks
    return [(b.starts, len(b.inlines)) for b in blocks if isinstance(b, Paragraph)]


PAGE = '<w:r><w:br w:type="page"/></w:r>'


def test_a_page_break_in_a_paragraph_cuts_it() -> None:
    assert pieces(p(run("a"), PAGE, run("b"))) == [(None, 1), (BreakKind.PAGE, 1)]


def test_a_page_break_that_ends_a_paragraph_moves_the_next_one() -> None:
    assert pieces(p(run("a"), PAGE), p("b")) == [(None, 1), (BreakKind.PAGE, 1)]


def test_a_page_break_that_opens_a_paragraph_moves_it() -> None:
    assert pieces(p("a"), p(PAGE, run("b"))) == [(None, 1), (BreakKind.PAGE, 1)]


def test_a_section_break_inside_a_loop_is_reported() -> None:
    body = p("{% for i in items %}") + p("x") + ends(A4) + p("y") + p("{% endfor %}")

    found = a_layout(body)
    assert len(found.sections) == 1
    assert "section.in-block" in {finding.feature for finding in found.findings}


@pytest.mark.parametrize(
    ("section", "feature"),
    [
        ('<w:lnNumType w:countBy="1"/>', "page.line-numbers"),
        ('<w:docGrid w:type="lines" w:linePitch="360"/>', "page.grid"),
        ('<w:textDirection w:val="tbRl"/>', "page.direction"),
        (
            UNEQUAL,
            "columns.unequal",
        ),
    ],
)
def test_what_a_page_asks_in_vain_is_reported(section: str, feature: str) -> None:
    found = a_layout(p("x"), section=A4 + MARGINS + section)

    assert [finding.feature for finding in found.findings] == [feature]
