"""List numbers are counted in reading order, in every format, over loops too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.docx.layout.reading import layout_of
from domain.documents.layout.nodes import Paragraph
from domain.documents.layout.numbers import formatted, is_known_format, roman
from drawn import a_layout, a_template, bindings_of, lines_arranged
from word import run

LEVELS = (("decimal", "%1."), ("lowerLetter", "%2)"), ("lowerRoman", "%1.%2.%3"))


def numbering(
    overrides: str = "", levels: tuple[tuple[str, str], ...] = LEVELS, more: str = ""
) -> str:
    inside = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{text}"/>{more}'
        f'<w:pPr><w:ind w:left="{720 * (at + 1)}" w:hanging="360"/></w:pPr></w:lvl>'
        for at, (kind, text) in enumerate(levels)
    )
    return (
        f'<w:abstractNum w:abstractNumId="0">{inside}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        f'<w:num w:numId="2"><w:abstractNumId w:val="0"/>{overrides}</w:num>'
    )


def item(level: int, text: str = "x", list_id: int = 1) -> str:
    return (
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
        f"</w:pPr>{run(text)}</w:p>"
    )


def markers(body: str, numbers: str) -> list[str]:
    lines = lines_arranged(a_layout(body, numbering=numbers))
    return [line.marker.text if line.marker else "" for line in lines]


def test_deeper_levels_start_again_below_each_higher_number() -> None:
    body = "".join(item(level) for level in (0, 1, 1, 2, 0, 1, 2))

    assert markers(body, numbering()) == ["1.", "a)", "b)", "1.b.i", "2.", "a)", "2.a.i"]


def test_two_lists_of_one_definition_share_their_count() -> None:
    assert markers(item(0) + item(0, list_id=2) + item(0), numbering()) == ["1.", "2.", "3."]


def test_a_list_that_overrides_its_start_begins_there_once() -> None:
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'

    found = markers(item(0) + item(0, list_id=2) + item(0, list_id=2), numbering(override))
    assert found == ["1.", "7.", "8."]


def test_a_level_may_be_told_never_to_restart() -> None:
    body = item(0) + item(1) + item(0) + item(1)

    assert markers(body, numbering(more='<w:lvlRestart w:val="0"/>')) == ["1.", "a)", "2.", "b)"]


def test_legal_levels_show_every_number_in_digits() -> None:
    levels = (("upperRoman", "%1."), ("decimal", "%1.%2"))

    found = markers(item(0) + item(1), numbering(levels=levels, more="<w:isLgl/>"))
    assert found == ["1.", "1.1"]


def test_bullets_of_symbol_fonts_become_dots_every_font_has() -> None:
    numbers = numbering(levels=(("bullet", "\uf0b7"),))

    assert markers(item(0) + item(0), numbers) == ["•", "•"]


def test_the_levels_indents_hold_for_its_paragraphs() -> None:
    block = a_layout(item(1), numbering=numbering()).sections[0].blocks[0]

    assert isinstance(block, Paragraph)
    assert (block.style.left, block.style.first) == (72.0, -18.0)


def test_paragraphs_of_a_loop_are_counted_on() -> None:
    body = (
        item(0, "before") + "<w:p><w:r><w:t>{% for i in items %}</w:t></w:r></w:p>"
        + item(0, "{{ i.name }}")
        + "<w:p><w:r><w:t>{% endfor %}</w:t></w:r></w:p>" + item(0, "after")
    )  # fmt: skip
    template = a_template(body, numbering=numbering())
    row = bindings_of(template, {"items": [{"name": "a"}, {"name": "b"}]})

    lines = lines_arranged(layout_of(template), row)

    assert [line.marker.text for line in lines if line.marker] == ["1.", "2.", "3.", "4."]


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        ("decimalZero", 3, "03"), ("upperRoman", 1994, "MCMXCIV"), ("lowerLetter", 28, "bb"),
        ("ordinal", 12, "12th"), ("ordinal", 23, "23rd"),
        ("cardinalText", 121, "One hundred twenty-one"),
        ("ordinalText", 20, "Twentieth"), ("hex", 255, "FF"), ("numberInDash", 4, "- 4 -"),
        ("chineseCounting", 23, "二十三"), ("decimalEnclosedCircle", 5, "⑤"), ("none", 5, ""),
        ("neverHeardOf", 5, "5"),
    ],
)  # fmt: skip
def test_numbers_are_written_in_their_format(kind: str, number: int, text: str) -> None:
    assert formatted(number, kind) == text


def test_an_unknown_format_is_known_to_be_unknown() -> None:
    assert is_known_format("decimal")
    assert not is_known_format("neverHeardOf")


@given(st.integers(min_value=1, max_value=3999))
def test_roman_numbers_read_back(number: int) -> None:
    values = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
    letters = [values[letter] for letter in roman(number)]
    total = sum(
        -value if any(later > value for later in letters[at + 1 : at + 2]) else value
        for at, value in enumerate(letters)
    )

    assert total == number
