"""What the engines make of a line: its tabs, its numbers, its edges."""

import re

import pypdfium2
import pytest
from PIL import ImageChops

from drawn import A4, MARGINS, shown, texts_by_page
from pdf_engines import Draw, drawn
from word import p, run


def test_tabs_stand_on_their_stops(draw: Draw) -> None:
    stops = (
        '<w:tabs><w:tab w:val="center" w:pos="4000"/>'
        '<w:tab w:val="right" w:leader="dot" w:pos="8000"/></w:tabs>'
    )
    tab = "<w:r><w:tab/></w:r>"
    body = f"<w:p><w:pPr>{stops}</w:pPr>{run('a')}{tab}{run('middle')}{tab}{run('9.50')}</w:p>"

    line = shown(drawn(draw, body))[0].text
    assert re.split(r"[ .]{2,}| ", line) == ["a", "middle", "9.50"]
    assert line.count(".") > 30


def test_an_underlined_tab_draws_the_line_of_a_form(draw: Draw) -> None:
    tab = '<w:r><w:rPr><w:u w:val="single"/></w:rPr><w:tab/></w:r>'
    stop = '<w:pPr><w:tabs><w:tab w:val="left" w:pos="8000"/></w:tabs></w:pPr>'
    body = f"<w:p>{stop}{run('Name: ')}{tab}</w:p>" + f"<w:p>{stop}{tab}</w:p>" * 2 + p("below")

    pdf = drawn(draw, body)
    with pypdfium2.PdfDocument(pdf) as document:
        page = ImageChops.invert(document[0].render(scale=2, grayscale=True).to_pil())
    below = shown(pdf)[-1]

    assert (below.text, below.top) == ("below", pytest.approx(72 + 10.7 + 3 * 13.45, abs=0.4))
    assert page.getbbox()[2] / 2 == pytest.approx(72 + 400, abs=1)
    rules = [top for top in range(page.height) if page.getpixel((2 * 400, top)) > 40]
    assert len({top // 20 for top in rules}) == 3


def test_bookmarks_and_links_stand_in_lines_with_tabs(draw: Draw) -> None:
    mark = '<w:bookmarkStart w:id="1" w:name="m"/><w:bookmarkEnd w:id="1"/>'
    link = f'<w:hyperlink w:anchor="m">{run("link")}</w:hyperlink>'

    lines = shown(drawn(draw, p(mark, run("a"), "<w:r><w:tab/></w:r>", link)))
    assert [line.text for line in lines] == ["a link"]


def test_a_space_at_the_end_breaks_no_line(draw: Draw) -> None:
    stop = '<w:pPr><w:tabs><w:tab w:val="left" w:pos="9000"/></w:tabs></w:pPr>'
    body = f"<w:p>{stop}{run('Name: ')}<w:r><w:tab/></w:r>{run('     ')}</w:p>"

    assert [line.text for line in shown(drawn(draw, body))] == ["Name:"]


def test_centred_numbers_stand_about_where_their_line_begins(draw: Draw) -> None:
    level = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/>'
        '<w:lvlText w:val="%1."/><w:lvlJc w:val="{0}"/>'
        '<w:pPr><w:ind w:left="1440" w:hanging="720"/></w:pPr></w:lvl>'
    )
    numbered = '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    lines = {
        side: shown(
            drawn(
                draw,
                f"{numbered}{run('text')}</w:p>",
                numbering=f'<w:abstractNum w:abstractNumId="1">{level.format(side)}'
                '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>',
            )
        )
        for side in ("left", "center", "right")
    }

    assert {side: [line.text for line in found] for side, found in lines.items()} == {
        side: ["I. text"] for side in lines
    }
    starts = [lines[side][0].left for side in ("left", "center", "right")]
    assert starts[0] == pytest.approx(72 + 36, abs=0.2)
    assert starts[0] - starts[1] == pytest.approx(starts[1] - starts[2], abs=0.2)
    assert starts[0] - starts[2] == pytest.approx(5.6, abs=0.5)


def test_the_next_column_of_a_page_with_one_is_the_next_page(draw: Draw) -> None:
    end = f"<w:p><w:pPr><w:sectPr>{A4}{MARGINS}</w:sectPr></w:pPr>{run('one')}</w:p>"
    section = '<w:type w:val="nextColumn"/>' + A4 + MARGINS

    assert texts_by_page(drawn(draw, end + p("two"), section=section)) == [["one"], ["two"]]


def test_commas_at_the_end_of_justified_lines_stay_within_the_margin(draw: Draw) -> None:
    words = "commas, commas, " * 40
    body = f'<w:p><w:pPr><w:jc w:val="both"/></w:pPr>{run(words)}</w:p>'

    with pypdfium2.PdfDocument(drawn(draw, body)) as document:
        page = document[0].render(scale=4).to_pil()
    right = ImageChops.invert(page).getbbox()[2] / 4

    assert right <= 595.3 - 72 + 0.1
