"""A row put into a layout: loops, branches, values in reading order, and the shapes of rows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.docx.layout.reading import layout_of
from domain.documents.layout.arranged import Grid, Line
from domain.documents.layout.arranging import arranged
from domain.documents.layout.binding import Value, bind, skeleton_of
from domain.documents.layout.nodes import Paragraph
from domain.documents.layout.walking import lines_of
from drawn import a_layout, a_template, bindings_of, lines_arranged
from word import p, run, table

RICH = (
    p("{{ a }} and {{ b }}")
    + p("{% for i in items %}")
    + p("{{ i.name }} {% if x %}yes {{ i.name }}{% else %}no{% endif %}")
    + table(("{% for k in i.kids %}", ""), ("{{ k }}", "{{ a }}"), ("{% endfor %}", ""))
    + p("{% endfor %}")
    + p("{{ b }}")
)
TEMPLATE = a_template(RICH)
LAYOUT = layout_of(TEMPLATE)
names = st.text("abc \n", max_size=3)
rows = st.fixed_dictionaries(
    {
        "a": names,
        "b": names,
        "taken": st.sampled_from([-1, 0, 1]),
        "items": st.lists(
            st.fixed_dictionaries({"name": names, "kids": st.lists(names, max_size=2)}), max_size=3
        ),
    }
)


def values_in(node: Any) -> list[Value]:
    """Values in the order in which a reader meets them."""
    return [
        inline for line in lines_of(node) for inline in line.inlines if isinstance(inline, Value)
    ]


@given(rows)
def test_values_are_numbered_as_the_skeleton_collects_them(row: dict[str, Any]) -> None:
    bindings = bindings_of(TEMPLATE, row)

    collected, _ = skeleton_of(LAYOUT).values(bindings)
    placed = values_in(arranged(LAYOUT, bindings))

    assert [value.at for value in placed] == list(range(len(collected)))
    assert [value.value for value in placed] == collected


@given(rows, rows)
def test_rows_of_one_shape_make_documents_that_differ_in_values_only(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    first, second = bindings_of(TEMPLATE, one), bindings_of(TEMPLATE, two)
    shape = skeleton_of(LAYOUT).values(first)[1]

    alike = shape == skeleton_of(LAYOUT).values(second)[1]

    assert alike == (_outline(arranged(LAYOUT, first)) == _outline(arranged(LAYOUT, second)))


def _outline(node: Any) -> list[list[str]]:
    """What a document is made of, its values left out."""
    return [
        [
            f"value {inline.at}" if isinstance(inline, Value) else repr(inline)
            for inline in line.inlines
        ]
        for line in lines_of(node)
    ]


def test_what_holds_no_open_place_is_not_copied() -> None:
    layout = a_layout(p("still") + p("{{ open }}"))

    bound = bind(layout, {0: "x"})

    assert bound.sections[0].blocks[0] is layout.sections[0].blocks[0]
    assert bound.sections[0].blocks[1] is not layout.sections[0].blocks[1]


def test_a_value_without_binding_is_empty() -> None:
    line = lines_arranged(a_layout(p("{{ a }}")))[0]

    assert isinstance(line.inlines[0], Value)
    assert line.inlines[0].value == ""


def test_an_empty_loop_over_rows_leaves_the_table_without_them() -> None:
    template = a_template(table(("h",), ("{% for i in items %}",), ("{{ i }}",), ("{% endfor %}",)))

    flow = arranged(layout_of(template), bindings_of(template, {"items": []})).sections[0].flow

    assert isinstance(flow.blocks[0], Grid)
    assert len(flow.blocks[0].rows) == 1


def gaps(body: str, **more: str) -> list[float]:
    return [line.gap for line in lines_arranged(a_layout(body, **more))]


def spaced(before: int, after: int, more: str = "") -> str:
    spacing = f'<w:spacing w:before="{before}" w:after="{after}"/>{more}'
    return f"<w:p><w:pPr>{spacing}</w:pPr>{run('x')}</w:p>"


def test_the_larger_of_two_spacings_counts() -> None:
    assert gaps(spaced(0, 400) + spaced(240, 0) + spaced(100, 0)) == [0.0, 20.0, 5.0]


def test_spacings_add_up_where_the_document_says_so() -> None:
    settings = "<w:compat><w:doNotUseHTMLParagraphAutoSpacing/></w:compat>"

    assert gaps(spaced(0, 400) + spaced(240, 0), settings=settings) == [0.0, 32.0]


def test_contextual_spacing_drops_the_room_between_paragraphs_of_one_style() -> None:
    contextual = "<w:contextualSpacing/>"

    body = spaced(200, 200, contextual) * 2 + spaced(200, 200)
    assert gaps(body) == [10.0, 0.0, 10.0]


def test_neighbours_with_one_border_stand_in_one_frame() -> None:
    border = '<w:pBdr><w:top w:val="single" w:sz="8" w:space="1" w:color="auto"/></w:pBdr>'

    blocks = arranged(a_layout(spaced(0, 0, border) * 2 + spaced(0, 0)), {}).sections[0].flow.blocks

    assert [type(block).__name__ for block in blocks] == ["Framed", "Line"]


def test_blocks_of_a_cell_keep_the_room_below_the_last_one() -> None:
    layout = a_layout(f"<w:tbl><w:tr><w:tc>{spaced(0, 200)}</w:tc></w:tr></w:tbl>")

    grid = arranged(layout, {}).sections[0].flow.blocks[0]
    assert isinstance(grid, Grid)
    assert grid.rows[0].cells[0].flow.end == 10.0


def test_notes_are_numbered_in_their_formats() -> None:
    notes = "".join(f'<w:footnote w:id="{at}">{p("note")}</w:footnote>' for at in (1, 2))
    reference = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    body = p("a", reference.format(2), "b", reference.format(1))

    line = lines_arranged(a_layout(body, footnotes=notes))[0]
    assert [inline.label for inline in line.inlines if hasattr(inline, "label")] == ["1", "2"]


def test_a_note_that_refers_to_itself_ends() -> None:
    itself = p('<w:r><w:footnoteReference w:id="1"/></w:r>')

    layout = a_layout(itself, footnotes=f'<w:footnote w:id="1">{itself}</w:footnote>')
    assert isinstance(layout.sections[0].blocks[0], Paragraph)
    assert list(lines_of(arranged(layout, {}).sections[0].flow))


def test_lines_of_finds_paragraphs_in_cells_too() -> None:
    document = arranged(a_layout(p("out") + table(("in",))), {})

    assert all(isinstance(line, Line) for line in lines_of(document))
    assert len(list(lines_of(document))) == 2
