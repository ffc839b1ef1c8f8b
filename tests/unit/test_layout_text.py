"""Text in a layout looks as the styles, the theme and its own properties say, resolved."""

import pytest

from domain.documents.layout.nodes import Break, Link, PageNumber, Tab, Text
from domain.documents.layout.scripts import spans
from domain.documents.layout.styles import Align, LineKind, LineRule, LineSpacing, TextStyle
from drawn import NORMAL, a_layout, paragraph
from word import complex_field, p, relationship, run


def style_of(*runs: str, **more: str) -> TextStyle:
    inline = paragraph(p(*runs), **more).inlines[0]
    assert isinstance(inline, Text)
    return inline.style


def a_style(name: str, inside: str, kind: str = "paragraph", based_on: str = "Normal") -> str:
    return (
        f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{based_on}"/>{inside}</w:style>'
    )


def styled(name: str, text: str = "x", own: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{name}"/>{own}</w:pPr>{run(text)}</w:p>'


def test_defaults_hold_where_nothing_else_is_said() -> None:
    assert style_of("x") == TextStyle(font="Calibri", size=11.0)


def test_a_style_inherits_from_the_one_it_is_based_on() -> None:
    styles = a_style("Base", '<w:rPr><w:i/><w:sz w:val="30"/></w:rPr>') + a_style(
        "Top", '<w:rPr><w:sz w:val="40"/></w:rPr>', based_on="Base"
    )
    inline = paragraph(styled("Top"), styles=styles).inlines[0]

    assert isinstance(inline, Text)
    assert (inline.style.italic, inline.style.size) == (True, 20.0)


def test_styles_based_on_each_other_in_a_circle_are_read_once() -> None:
    styles = a_style("A", "<w:rPr><w:b/></w:rPr>", based_on="B") + a_style("B", "", based_on="A")

    inline = paragraph(styled("A"), styles=styles).inlines[0]
    assert isinstance(inline, Text)
    assert inline.style.bold


@pytest.mark.parametrize(
    ("own", "bold"), [("", False), ("<w:b/>", True), ('<w:b w:val="0"/>', False)]
)
def test_a_switch_of_a_character_style_toggles_that_of_the_paragraph_style(
    own: str,
    bold: bool,  # noqa: FBT001
) -> None:
    styles = a_style("Loud", "<w:rPr><w:b/></w:rPr>") + a_style(
        "Strong", "<w:rPr><w:b/></w:rPr>", "character", ""
    )
    body = (
        f'<w:p><w:pPr><w:pStyle w:val="Loud"/></w:pPr>'
        f'{run("x", f"""<w:rStyle w:val="Strong"/>{own}""")}</w:p>'
    )

    inline = paragraph(body, styles=styles).inlines[0]
    assert isinstance(inline, Text)
    assert inline.style.bold is bold


def test_direct_formatting_is_read_in_full() -> None:
    look = (
        '<w:color w:val="FF0000"/><w:u w:val="double" w:color="00FF00"/><w:strike/><w:caps/>'
        '<w:highlight w:val="yellow"/><w:vertAlign w:val="superscript"/><w:position w:val="6"/>'
        '<w:spacing w:val="40"/><w:w w:val="150"/><w:kern w:val="2"/><w:smallCaps/>'
        '<w:bdr w:val="single" w:sz="8" w:color="auto"/>'
    )

    found = style_of(run("x", look))

    assert (found.color, found.background) == ("FF0000", "FFFF00")
    assert (found.underline, found.underline_color) == (LineKind.DOUBLE, "00FF00")
    assert (found.strike, found.all_caps, found.small_caps, found.kerning) == (True,) * 4
    assert (found.script, found.raised, found.spacing, found.stretch) == ("super", 3.0, 2.0, 1.5)
    assert found.border is not None
    assert found.border.width == 1.0


@pytest.mark.parametrize(
    ("shading", "color"),
    [
        ('<w:shd w:val="clear" w:fill="AABBCC"/>', "AABBCC"),
        ('<w:shd w:val="pct50" w:color="000000" w:fill="FFFFFF"/>', "808080"),
        ('<w:shd w:val="solid" w:color="112233"/>', "112233"),
        ('<w:shd w:val="clear" w:fill="auto"/>', ""),
    ],
)
def test_shading_becomes_one_colour(shading: str, color: str) -> None:
    assert style_of(run("x", shading)).background == color


def test_hidden_and_deleted_text_is_left_out_and_inserted_text_stays() -> None:
    body = p(
        run("a"),
        run("hidden", "<w:vanish/>"),
        '<w:del w:id="1"><w:r><w:delText>gone</w:delText></w:r></w:del>',
        f'<w:ins w:id="2">{run("b")}</w:ins>',
    )

    inlines = paragraph(body).inlines

    assert [inline.text for inline in inlines if isinstance(inline, Text)] == ["a", "b"]


def test_white_space_without_its_mark_is_trimmed_as_word_does() -> None:
    body = p("<w:r><w:t> loose </w:t></w:r>")

    assert paragraph(body).inlines[0] == Text("loose", TextStyle(font="Calibri", size=11.0))


def test_letters_of_other_scripts_get_their_own_font_and_size() -> None:
    look = '<w:rFonts w:eastAsia="Song" w:cs="Naskh"/><w:szCs w:val="40"/><w:bCs/>'

    found = paragraph(p(run("ab 中文 שלום", look))).inlines

    styles = [inline.style for inline in found if isinstance(inline, Text)]
    assert [style.font for style in styles] == ["Calibri", "Song", "Naskh"]
    assert [style.size for style in styles] == [11.0, 11.0, 20.0]
    assert [style.bold for style in styles] == [False, False, True]


def test_spans_keep_every_letter_and_give_signs_to_what_stands_before() -> None:
    text = "Hi, 世界! שלום (x)"

    assert "".join(piece for _, piece in spans(text)) == text
    assert [script for script, _ in spans(text)] == ["latin", "asian", "complex", "latin"]


def test_symbol_letters_become_those_of_unicode() -> None:
    body = p('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>')

    inline = paragraph(body).inlines[0]
    assert isinstance(inline, Text)
    assert inline.text == "✓"


def test_an_unknown_symbol_is_reported_and_not_dropped() -> None:
    found = a_layout(p('<w:r><w:sym w:font="Webdings" w:char="F021"/></w:r>'))

    assert [finding.feature for finding in found.findings] == ["text.symbol"]


def test_breaks_tabs_and_hyphens_stand_where_they_stood() -> None:
    body = p("<w:r><w:t>a</w:t><w:tab/><w:br/><w:noBreakHyphen/><w:softHyphen/></w:r>")

    kinds = [type(inline) for inline in paragraph(body).inlines]
    assert kinds == [Text, Tab, Break, Text, Text]


def test_page_numbers_come_alive_and_other_fields_show_their_result() -> None:
    inlines = paragraph(
        p(complex_field(" PAGE \\* roman ", "9"), complex_field(" REF x ", "shown"))
    ).inlines

    assert isinstance(inlines[0], PageNumber)
    assert inlines[0].format == "lowerRoman"
    assert [inline.text for inline in inlines[1:] if isinstance(inline, Text)] == ["shown"]


def test_links_lead_outside_or_to_bookmarks_and_nowhere_else() -> None:
    body = p(
        f'<w:hyperlink r:id="l1">{run("out")}</w:hyperlink>',
        f'<w:hyperlink w:anchor="here">{run("in")}</w:hyperlink>',
        f'<w:hyperlink r:id="l2">{run("bad")}</w:hyperlink>',
        complex_field(' HYPERLINK "https://field.example" ', "field"),
    )
    links = relationship("l1", "hyperlink", "https://a.example", external=True) + relationship(
        "l2", "hyperlink", "javascript:alert(1)", external=True
    )

    inlines = paragraph(body, relationships=links).inlines

    targets = [inline.target if isinstance(inline, Link) else "" for inline in inlines]
    assert targets == ["https://a.example", "#here", "", "https://field.example"]


@pytest.mark.parametrize(
    ("spacing", "line"),
    [
        ('w:line="276" w:lineRule="auto"', LineSpacing(LineRule.MULTIPLE, 1.15)),
        ('w:line="400" w:lineRule="exact"', LineSpacing(LineRule.EXACT, 20.0)),
        ('w:line="400" w:lineRule="atLeast"', LineSpacing(LineRule.AT_LEAST, 20.0)),
    ],
)
def test_line_spacing_is_read_by_its_rule(spacing: str, line: LineSpacing) -> None:
    body = f"<w:p><w:pPr><w:spacing {spacing}/></w:pPr>{run('x')}</w:p>"

    assert paragraph(body).style.line == line


def test_paragraph_formatting_is_read_in_full() -> None:
    own = (
        '<w:keepNext/><w:keepLines/><w:pageBreakBefore/><w:widowControl w:val="0"/><w:bidi/>'
        '<w:ind w:left="720" w:right="360" w:hanging="200"/><w:jc w:val="both"/>'
        '<w:spacing w:before="100" w:after="200"/><w:contextualSpacing/><w:outlineLvl w:val="1"/>'
        '<w:pBdr><w:top w:val="double" w:sz="8" w:space="4" w:color="FF0000"/></w:pBdr>'
        '<w:shd w:val="clear" w:fill="EEEEEE"/>'
    )
    found = paragraph(f"<w:p><w:pPr>{own}</w:pPr>{run('x')}</w:p>").style

    assert (found.keep_next, found.keep_lines, found.page_break_before) == (True,) * 3
    assert (found.widow_control, found.rtl, found.contextual) == (False, True, True)
    assert (found.left, found.right, found.first) == (36.0, 18.0, -10.0)
    assert (found.before, found.after, found.align) == (5.0, 10.0, Align.JUSTIFY)
    assert (found.outline, found.background) == (2, "EEEEEE")
    assert found.borders.top is not None
    assert (found.borders.top.kind, found.borders.top.width) == (LineKind.DOUBLE, 3.0)


def test_tab_stops_add_up_along_the_styles_and_can_be_cleared() -> None:
    styles = a_style(
        "Tabbed", '<w:pPr><w:tabs><w:tab w:val="left" w:pos="1000"/>'
        '<w:tab w:val="right" w:leader="dot" w:pos="2000"/></w:tabs></w:pPr>'
    )  # fmt: skip
    own = '<w:tabs><w:tab w:val="clear" w:pos="1000"/><w:tab w:val="center" w:pos="3000"/></w:tabs>'

    tabs = paragraph(styled("Tabbed", own=own), styles=styles).style.tabs

    assert [(tab.position, tab.align.value, tab.leader) for tab in tabs] == [
        (100.0, "right", "."),
        (150.0, "center", ""),
    ]


def test_theme_fonts_and_colours_are_looked_up() -> None:
    drawing = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    theme = (
        f"<a:theme {drawing}><a:themeElements><a:clrScheme><a:accent1>"
        '<a:srgbClr val="4472C4"/></a:accent1></a:clrScheme><a:fontScheme><a:minorFont>'
        '<a:latin typeface="Cambria"/></a:minorFont></a:fontScheme></a:themeElements></a:theme>'
    )
    look = '<w:rFonts w:asciiTheme="minorHAnsi"/><w:color w:val="auto" w:themeColor="accent1"/>'

    found = _with_theme(theme, look)

    assert (found.font, found.color) == ("Cambria", "4472C4")


def _with_theme(theme: str, look: str) -> TextStyle:
    from adapters.docx.layout.reading import layout_of
    from adapters.docx.marked import mark_template
    from domain.documents.layout.nodes import Paragraph
    from word import a_docx

    data = a_docx(
        p(run("x", look)),
        relationships=relationship("t", "theme", "theme/theme1.xml"),
        members={"word/theme/theme1.xml": theme.encode()},
    )
    found = layout_of(mark_template(data)).sections[0].blocks[0]
    assert isinstance(found, Paragraph)
    assert isinstance(found.inlines[0], Text)
    return found.inlines[0].style


def test_a_missing_styles_part_leaves_words_own_defaults() -> None:
    found = a_layout(p("x"), styles=NORMAL + "</w:style>")

    assert found.sections[0].page.width == pytest.approx(595.3)
