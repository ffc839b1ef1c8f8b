"""Pictures, boxes and shapes: where they stand, what is in them, what cannot be drawn."""

import pytest

from adapters.docx.layout.reading import layout_of
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.floating import from_left, from_top, side_of, wraps
from domain.documents.layout.nodes import Box, Drawing, Paragraph, Picture, Text, Wrap
from domain.documents.layout.pages import Layout, Page
from drawn import a_drawable, a_layout, a_png, a_template
from word import p, relationship, run

PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
CM = 360_000


def picture(crop: str = "", rotation: str = "", link: str = "i1") -> str:
    return (
        f'<a:graphic><a:graphicData uri="{PIC}"><pic:pic xmlns:pic="{PIC}"><pic:blipFill>'
        f'<a:blip r:embed="{link}"/>{crop}</pic:blipFill><pic:spPr><a:xfrm {rotation}/></pic:spPr>'
        "</pic:pic></a:graphicData></a:graphic>"
    )


def inline(graphic: str, width: int = 2 * CM, height: int = CM) -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="1" name="x" descr="A logo"/>{graphic}</wp:inline></w:drawing></w:r>'
    )


def anchor(graphic: str, where: str, wrap: str = "<wp:wrapSquare/>", behind: int = 0) -> str:
    return (
        f'<w:r><w:drawing><wp:anchor distL="114300" distR="114300" behindDoc="{behind}">{where}'
        f'<wp:extent cx="{2 * CM}" cy="{CM}"/>{wrap}<wp:docPr id="1" name="x"/>{graphic}'
        "</wp:anchor></w:drawing></w:r>"
    )


def at(x: str, y: str, x_from: str = "column", y_from: str = "paragraph") -> str:
    return (
        f'<wp:positionH relativeFrom="{x_from}">{x}</wp:positionH>'
        f'<wp:positionV relativeFrom="{y_from}">{y}</wp:positionV>'
    )


ALIGNED = at("<wp:align>right</wp:align>", "<wp:posOffset>0</wp:posOffset>")


def textbox(inside: str, shape: str = "rect", more: str = "") -> str:
    return (
        '<a:graphic><a:graphicData uri="http://x/wordprocessingShape"><wps:wsp><wps:spPr>'
        f'<a:prstGeom prst="{shape}"/>{more}</wps:spPr><wps:txbx><w:txbxContent>{inside}'
        '</w:txbxContent></wps:txbx><wps:bodyPr lIns="12700" anchor="ctr"/></wps:wsp>'
        "</a:graphicData></a:graphic>"
    )


def a_page(body: str) -> Layout:
    return a_layout(body, pictures={"i1": a_png()})


def drawing(body: str) -> Drawing:
    block = a_page(body).sections[0].blocks[0]
    assert isinstance(block, Paragraph)
    return next(found for found in block.inlines if isinstance(found, Drawing))


def test_a_picture_in_the_line_keeps_its_size_crop_turn_and_description() -> None:
    body = p(inline(picture('<a:srcRect l="10000" b="25000"/>', 'rot="2700000"')))

    content = drawing(body).content

    assert isinstance(content, Picture)
    assert (content.width, content.height) == pytest.approx((56.69, 28.35), abs=0.01)
    assert content.crop == (0.1, 0.0, 0.0, 0.25)
    assert (content.rotation, content.description) == (45.0, "A logo")


def test_an_anchored_picture_knows_its_place_and_how_text_treats_it() -> None:
    found = drawing(p(anchor(picture(), ALIGNED)))

    assert (found.wrap, found.x.align, found.y.frame) == (Wrap.SQUARE, "end", "paragraph")
    assert found.distance == (0.0, 9.0, 0.0, 9.0)


@pytest.mark.parametrize(
    ("wrap", "behind", "kind"),
    [
        ("<wp:wrapTopAndBottom/>", 0, Wrap.TOP_BOTTOM),
        ("<wp:wrapTight/>", 0, Wrap.SQUARE),
        ("<wp:wrapNone/>", 0, Wrap.FRONT),
        ("<wp:wrapNone/>", 1, Wrap.BEHIND),
    ],
)
def test_text_keeps_away_or_runs_over_it(wrap: str, behind: int, kind: Wrap) -> None:
    assert drawing(p(anchor(picture(), ALIGNED, wrap, behind))).wrap is kind


def test_places_are_reckoned_from_the_column_and_the_papers_edge() -> None:
    page = Page()
    where = at(
        f"<wp:posOffset>{10 * CM}</wp:posOffset>", "<wp:align>bottom</wp:align>", "page", "margin"
    )
    found = drawing(p(anchor(picture(), where)))

    assert from_left(found, page, page.text_width) == pytest.approx(283.46 - 72, abs=0.01)
    assert from_top(found, page) == pytest.approx(841.9 - 72 - 28.35, abs=0.01)
    assert not wraps(found, page, page.text_width)


@pytest.mark.parametrize(
    ("x", "side"),
    [
        ("<wp:align>left</wp:align>", "left"),
        ("<wp:align>right</wp:align>", "right"),
        ("<wp:align>center</wp:align>", ""),
        ("<wp:posOffset>0</wp:posOffset>", "left"),
    ],
)
def test_text_runs_past_what_stands_at_a_side(x: str, side: str) -> None:
    found = drawing(p(anchor(picture(), at(x, "<wp:posOffset>0</wp:posOffset>"))))

    assert side_of(found, Page(), Page().text_width) == side


def test_a_text_box_holds_blocks_padding_and_colours() -> None:
    look = (
        '<a:solidFill><a:srgbClr val="FFFFCC"/></a:solidFill><a:ln w="25400"><a:solidFill>'
        '<a:srgbClr val="0000FF"/></a:solidFill></a:ln>'
    )
    body = p(anchor(textbox(p("inside"), more=look), ALIGNED, "<wp:wrapNone/>"))

    box = drawing(body).content

    assert isinstance(box, Box)
    assert (box.fill, box.vertical, box.padding) == ("FFFFCC", "center", (3.6, 7.2, 3.6, 1.0))
    assert box.border is not None
    assert (box.border.width, box.border.color) == (2.0, "0000FF")
    assert box.blocks[0].inlines[0].text == "inside"


def test_the_branch_we_understand_is_chosen_among_alternatives() -> None:
    choice = inline(textbox(p("modern")))
    body = p(
        f'<mc:AlternateContent><mc:Choice Requires="wps">{choice}</mc:Choice>'
        f"<mc:Fallback>{run('old')}</mc:Fallback></mc:AlternateContent>"
    )
    unknown = body.replace('Requires="wps"', 'Requires="future"')

    assert isinstance(drawing(body).content, Box)
    block = a_page(unknown).sections[0].blocks[0]
    assert isinstance(block, Paragraph)
    assert [i.text for i in block.inlines if isinstance(i, Text)] == ["old"]


def test_a_text_box_of_the_older_language_is_read_too() -> None:
    shape = (
        '<w:r><w:pict><v:shape style="position:absolute;margin-left:10pt;width:100pt;height:50pt" '
        'fillcolor="#ff0000"><v:textbox inset="1pt,2pt,3pt,4pt"><w:txbxContent>'
        f"{p('inside')}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )
    found = drawing(p(shape))

    assert isinstance(found.content, Box)
    assert (found.content.width, found.content.fill) == (100.0, "FF0000")
    assert found.content.padding == (2.0, 3.0, 4.0, 1.0)
    assert found.x.offset == 10.0


def features(layout: Layout) -> list[tuple[str, Fidelity]]:
    return [(finding.feature, finding.severity) for finding in layout.findings]


CHART = (
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
    '<c:chart xmlns:c="x"/></a:graphicData></a:graphic>'
)


@pytest.mark.parametrize(
    ("body", "feature"),
    [
        (p(inline(CHART)), "drawing.chart"),
        (p(inline(textbox(p("x"), shape="cloud"))), "drawing.shape"),
        (p(inline(picture(link="gone"))), "picture.external"),
    ],
)
def test_what_cannot_be_drawn_needs_high_fidelity_and_leaves_its_room(
    body: str, feature: str
) -> None:
    assert features(a_page(body)) == [(feature, Fidelity.NEEDS_HIGH_FIDELITY)]
    assert drawing(body).content.width > 50


def test_a_linked_picture_is_never_fetched_and_the_template_says_so() -> None:
    links = relationship("i9", "image", "http://127.0.0.1:9/x.png", external=True)

    template = a_template(p(inline(picture(link="i9"))), relationships=links)

    assert [problem.code for problem in template.problems] == ["documents.external-neutralised"]
    assert all("127.0.0.1" not in name for name in layout_of(template).media)


def test_a_square_float_in_the_middle_of_the_text_is_only_approximate() -> None:
    middle = at("<wp:align>center</wp:align>", "<wp:posOffset>0</wp:posOffset>")

    found = a_page(p(anchor(picture(), middle)))
    assert features(found) == [("drawing.wrap", Fidelity.APPROXIMATE)]


def test_a_picture_nobody_can_read_is_found_before_any_row() -> None:
    body = p(inline(picture()))

    broken = a_drawable(body, pictures={"i1": b"\x89PNG\r\n\x1a\nnot really"})
    huge = a_drawable(body, pictures={"i1": a_png(width=9000, height=5000)})

    for found in (broken, huge):
        assert found.media == {}
        assert found.grade.fidelity is Fidelity.NEEDS_HIGH_FIDELITY


def test_colours_of_old_shapes_have_names_and_short_forms() -> None:
    def border(color: str) -> str:
        found = drawing(
            p(
                '<w:r><w:pict><v:rect xmlns:v="urn:schemas-microsoft-com:vml" '
                f'style="width:50pt;height:20pt" strokecolor="{color}"/></w:pict></w:r>'
            )
        )
        assert isinstance(found.content, Box)
        assert found.content.border is not None
        return found.content.border.color

    colors = ("red", "#abc", "#123456 [3204]", "no color")
    assert [border(color) for color in colors] == ["FF0000", "AABBCC", "123456", "000000"]


def test_letters_no_font_has_lower_the_grade() -> None:
    found = a_drawable(p("Grüße, Øystein — ☒ ✓ 山田 {{ name }}")).grade

    told = [(finding.feature, finding.where) for finding in found.findings]
    assert (told[-1][0], set(told[-1][1]) >= set("山田")) == ("font.letters", True)
    assert found.fidelity is Fidelity.APPROXIMATE
    assert a_drawable(p("Grüße, Øystein — €")).grade.fidelity is Fidelity.EXACT
