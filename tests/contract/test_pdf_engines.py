"""What every `PdfEngine` does, whoever implements it: it draws layouts, and data as data."""

from itertools import pairwise

import pypdfium2
import pytest
from PIL import ImageOps, ImageStat

from domain.documents.bindings import Image, Link
from drawn import (
    A4,
    MARGINS,
    WORDS,
    a_png,
    a_template,
    links_of,
    shown,
    text_of,
    texts_by_page,
)
from pdf_engines import Draw, drawn
from word import complex_field, p, relationship, run, table


def test_text_stands_in_lines_where_word_processors_put_it(draw: Draw) -> None:
    lines = shown(drawn(draw, p("First") + p("Second")))

    assert [line.text for line in lines] == ["First", "Second"]
    assert lines[0].top == pytest.approx(72 + 10.7, abs=0.15)
    assert lines[1].top - lines[0].top == pytest.approx(13.45, abs=0.15)
    assert lines[0].left == pytest.approx(72, abs=0.2)


def test_values_are_drawn_and_a_row_differs_from_the_next(draw: Draw) -> None:
    body = p("Dear {{ name }}, {{ greeting }}!")

    one = text_of(drawn(draw, body, {"name": "Ada", "greeting": "hello"}))
    two = text_of(drawn(draw, body, {"name": "Bo", "greeting": "bye"}))
    assert (one, two) == ("Dear Ada, hello!", "Dear Bo, bye!")


@pytest.mark.parametrize(
    "value",
    [
        '#import "x": * #panic() $x^2$ *b* _i_ `c` <label> @ref \\ // /* */ [a] {b} #sys.inputs',
        "<script>alert(1)</script> <b>& &amp; &lt; \"'</b> <!-- --> ]]> <style>*{}</style>",
        "{{ name }} {% for %} ${HOME} %s {0} \\u{41} \\n",
        "\u202ertl\u202c שלום مرحبا 中文 \U0001f642 e\u0301",
        "-" * 400,
        "word " * 2000,
    ],
)
def test_hostile_values_appear_as_they_are(draw: Draw, value: str) -> None:
    pdf = drawn(draw, p("[{{ name }}]"), {"name": value})

    wanted = [letter for letter in value if letter.isascii() and not letter.isspace()]
    seen = [letter for letter in text_of(pdf) if letter.isascii() and not letter.isspace()]
    assert sorted(seen) == sorted(["[", *wanted, "]"])


def test_letters_no_document_can_hold_are_left_out(draw: Draw) -> None:
    pdf = drawn(draw, p("[{{ name }}]"), {"name": "a\x00\x01\x0b\x1f\ufffe\ud800b"})

    assert text_of(pdf) == "[ab]"


def test_right_to_left_letters_never_stop_an_engine(draw: Draw) -> None:
    letters = "".join(chr(code) for code in (*range(0x5D0, 0x5EB), *range(0x620, 0x64B)))

    pdf = drawn(draw, p("{{ a }} x {{ b }}"), {"a": letters, "b": f"x{letters[:9]} 12 {letters}"})
    assert len(texts_by_page(pdf)) == 1


def test_breaks_and_tabs_of_values_are_drawn(draw: Draw) -> None:
    lines = shown(drawn(draw, p("{{ a }}"), {"a": "one\ntwo\tfar"}))

    assert [line.text for line in lines] == ["one", "two far"]


def test_links_pictures_and_their_sizes_come_from_the_row(draw: Draw) -> None:
    template = a_template(p("{{ a }} {{ b }}") + p("below"))
    content = a_png("blue")
    image = Image(
        digest="d", media_type="image/png", content=content, width=914_400, height=914_400
    )
    pdf = draw(template, {0: Link(text="site", url="https://a.example/?q=1&r=2"), 1: image})

    lines = shown(pdf)
    assert [line.text for line in lines] == ["site", "below"]
    assert lines[0].top == pytest.approx(72 + 72, abs=1)
    assert set(links_of(pdf)) == {"https://a.example/?q=1&r=2"}


def test_loops_branches_and_rows_follow_the_bindings(draw: Draw) -> None:
    body = (
        p("{% for i in items %}") + p("- {{ i.name }}") + p("{% endfor %}")
        + p("{% if x %}yes{% else %}no{% endif %}")
        + table(("{% for i in items %}", ""), ("{{ i.name }}", "cell"), ("{% endfor %}", ""))
    )  # fmt: skip
    row = {"items": [{"name": "a"}, {"name": "b"}], "taken": 1}

    assert text_of(drawn(draw, body, row)).split("\n") == ["- a", "- b", "no", "a cell", "b cell"]


def test_pages_break_where_told_and_numbers_know_them(draw: Draw) -> None:
    footer = p("Page ", complex_field(" PAGE "), " of ", complex_field(" NUMPAGES "))
    section = A4 + MARGINS + '<w:footerReference w:type="default" r:id="rIdfooter1"/>'
    body = p("one", '<w:r><w:br w:type="page"/></w:r>', run("two"))

    pages = texts_by_page(drawn(draw, body, section=section, footer1=footer))

    assert pages == [["one", "Page 1 of 2"], ["two", "Page 2 of 2"]]


def test_the_first_page_and_even_pages_have_headers_of_their_own(draw: Draw) -> None:
    section = (
        A4 + MARGINS + '<w:headerReference w:type="default" r:id="rIdheader1"/>'
        '<w:headerReference w:type="first" r:id="rIdheader2"/>'
        '<w:headerReference w:type="even" r:id="rIdheader3"/><w:titlePg/>'
    )
    page = '<w:r><w:br w:type="page"/></w:r>'
    headers = {"header1": p("odd"), "header2": p("opening"), "header3": p("even")}
    pages = texts_by_page(
        drawn(
            draw, p("1", page, run("2"), page, run("3")), section=section,
            settings="<w:evenAndOddHeaders/>", **headers,
        )
    )  # fmt: skip

    assert pages == [["opening", "1"], ["even", "2"], ["odd", "3"]]


def test_text_begins_below_a_header_that_outgrows_its_margin(draw: Draw) -> None:
    section = A4 + MARGINS + '<w:headerReference w:type="default" r:id="rIdheader1"/>'

    lines = shown(drawn(draw, p("body"), section=section, header1=p("line") * 6))

    assert lines[-1].text == "body"
    assert lines[-1].top == pytest.approx(36 + 6 * 13.45 + 10.7, abs=0.3)


def test_text_runs_beside_a_float_and_back_below_it(draw: Draw) -> None:
    picture = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    anchor = (
        '<w:r><w:drawing><wp:anchor distR="114300"><wp:positionH relativeFrom="column">'
        '<wp:align>left</wp:align></wp:positionH><wp:positionV relativeFrom="paragraph">'
        '<wp:posOffset>0</wp:posOffset></wp:positionV><wp:extent cx="1270000" cy="381000"/>'
        '<wp:wrapSquare/><wp:docPr id="1" name="x"/><a:graphic>'
        f'<a:graphicData uri="{picture}"><pic:pic xmlns:pic="{picture}"><pic:blipFill>'
        '<a:blip r:embed="i1"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:anchor>'
        "</w:drawing></w:r>"
    )
    lines = shown(drawn(draw, p(anchor, run(WORDS * 5)), pictures={"i1": a_png()}))

    assert [round(line.left) for line in lines] == [181, 181, 181, 72, 72]


def test_notes_stand_at_the_foot_and_endnotes_at_the_end(draw: Draw) -> None:
    def note(kind: str) -> str:
        return f'<w:{kind} w:id="1">{p(f"<w:r><w:{kind}Ref/></w:r>", f" a {kind}")}</w:{kind}>'

    body = p(
        "text", '<w:r><w:footnoteReference w:id="1"/></w:r>',
        '<w:r><w:endnoteReference w:id="1"/></w:r>',
    ) + p("last")  # fmt: skip
    pdf = drawn(draw, body, footnotes=note("footnote"), endnotes=note("endnote"))
    lines = shown(pdf)

    assert [line.text for line in lines] == ["text1i", "last", "i a endnote", "1 a footnote"]
    assert lines[-1].top > 740
    with pypdfium2.PdfDocument(pdf) as document:
        foot = document[0].render(grayscale=True, crop=(72, 72, 72, 740)).to_pil()
    assert 1 < ImageStat.Stat(ImageOps.invert(foot)).mean[0] < 60  # letters, and paper between


def test_the_paragraph_a_cell_must_end_with_takes_no_room_behind_a_table(draw: Draw) -> None:
    inner = table(("inner",))
    body = table(("outer",)).replace("</w:tc>", f"{inner}{p()}</w:tc>", 1) + p("below")

    tops = [line.top for line in shown(drawn(draw, body))]
    assert [below - above for above, below in pairwise(tops)] == pytest.approx(
        [13.45, 13.45], abs=0.6
    )


def test_columns_balance_before_a_continuous_section(draw: Draw) -> None:
    columns = '<w:cols w:num="2" w:space="720"/>' + A4 + MARGINS
    end = f"<w:p><w:pPr><w:sectPr>{columns}</w:sectPr></w:pPr>{run('d')}</w:p>"
    section = '<w:type w:val="continuous"/>' + A4 + MARGINS

    lines = shown(drawn(draw, p("a") + p("b") + p("c") + end + p("after"), section=section))
    assert [line.text for line in lines] == ["a c", "b d", "after"]


def test_nothing_outside_the_document_is_asked_for(draw: Draw) -> None:
    """A linked picture is not even an address in what the engines get."""
    picture = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    body = p(
        '<w:r><w:drawing><wp:inline><wp:extent cx="127000" cy="127000"/>'
        '<wp:docPr id="1" name="x"/><a:graphic>'
        f'<a:graphicData uri="{picture}"><pic:pic xmlns:pic="{picture}"><pic:blipFill>'
        '<a:blip r:link="far" r:embed="far"/></pic:blipFill></pic:pic></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing></w:r>"
    ) + p("still here")
    links = relationship("far", "image", "http://127.0.0.1:9/x.png", external=True)

    assert text_of(drawn(draw, body, relationships=links)) == "still here"
