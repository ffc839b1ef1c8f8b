"""Tables: grids, merges, borders that meet, styles by place, heading rows."""

import pytest

from adapters.docx.layout.reading import layout_of
from domain.documents.layout.arranged import Grid, Line
from domain.documents.layout.arranging import arranged
from domain.documents.layout.nodes import Text
from drawn import a_layout, a_template, bindings_of
from word import p

BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:color="111111"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def cell(text: str = "", properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text) if text else '<w:p/>'}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def a_table(
    *rows: str, properties: str = f"<w:tblBorders>{BORDERS}</w:tblBorders>", grid: str = ""
) -> str:
    columns = grid or '<w:gridCol w:w="2000"/>' * 2
    head = f"<w:tblPr>{properties}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>"
    return f"<w:tbl>{head}{''.join(rows)}</w:tbl>"


def the_grid(body: str, **more: str) -> Grid:
    flow = arranged(a_layout(body, **more), {}).sections[0].flow
    return next(block for block in flow.blocks if isinstance(block, Grid))


def texts(grid: Grid) -> list[list[str]]:
    return [[_text(cell.flow.blocks[0]) for cell in row.cells] for row in grid.rows]


def _text(line: object) -> str:
    assert isinstance(line, Line)
    return "".join(
        inline.text if isinstance(inline, Text) else str(inline.value) for inline in line.inlines
    )


def test_a_plain_table_has_its_columns_rows_and_margins() -> None:
    grid = the_grid(a_table(row(cell("a"), cell("b")), row(cell("c"), cell("d"))))

    assert grid.columns == (100.0, 100.0)
    assert texts(grid) == [["a", "b"], ["c", "d"]]
    assert grid.rows[0].cells[0].margins == (0.0, 5.4, 0.0, 5.4)


def test_cells_merge_over_columns_and_rows() -> None:
    grid = the_grid(
        a_table(
            row(cell("wide", '<w:gridSpan w:val="2"/>')),
            row(cell("tall", '<w:vMerge w:val="restart"/>'), cell("x")),
            row(cell("", "<w:vMerge/>"), cell("y")),
        )
    )

    spans = [[(c.column, c.span, c.rows) for c in r.cells] for r in grid.rows]
    assert spans == [[(0, 2, 1)], [(0, 1, 2), (1, 1, 1)], [(1, 1, 1)]]


def test_rows_that_start_late_or_end_early_are_filled_with_bare_cells() -> None:
    grid = the_grid(
        a_table(row(cell("a"), cell("b")), row(cell("c"), properties='<w:gridBefore w:val="1"/>'))
    )

    filler, last = grid.rows[1].cells
    assert (filler.column, last.column) == (0, 1)
    assert filler.borders.left is None


def test_a_tables_borders_are_inside_and_outside_ones() -> None:
    properties = (
        '<w:tblBorders><w:top w:val="single" w:sz="16"/>'
        '<w:insideH w:val="single" w:sz="4"/></w:tblBorders>'
    )
    grid = the_grid(a_table(row(cell("a")), row(cell("b")), properties=properties))

    first, second = grid.rows[0].cells[0].borders, grid.rows[1].cells[0].borders
    assert first.top is not None
    assert first.top.width == 2.0
    assert first.bottom == second.top
    assert (first.left, second.bottom) == (None, None)


def test_where_two_cells_meet_the_wider_border_is_drawn_on_both() -> None:
    thick = '<w:tcBorders><w:right w:val="single" w:sz="24" w:color="FF0000"/></w:tcBorders>'

    grid = the_grid(a_table(row(cell("a", thick), cell("b"))))

    left, right = grid.rows[0].cells
    assert left.borders.right == right.borders.left
    assert left.borders.right is not None
    assert (left.borders.right.width, left.borders.right.color) == (3.0, "FF0000")


def test_a_border_that_is_said_to_be_none_is_none_where_nobody_else_wants_one() -> None:
    none = '<w:tcBorders><w:top w:val="nil"/></w:tcBorders>'

    grid = the_grid(a_table(row(cell("a", none), cell("b", none))))
    assert [c.borders.top for c in grid.rows[0].cells] == [None, None]


def test_heading_rows_repeat_only_from_the_top_and_never_all() -> None:
    heading = "<w:tblHeader/>"

    some = the_grid(a_table(row(cell("h"), properties=heading), row(cell("a"))))
    late = the_grid(a_table(row(cell("a")), row(cell("h"), properties=heading)))
    every = the_grid(a_table(row(cell("h"), properties=heading)))
    assert [some.headers, late.headers, every.headers] == [1, 0, 0]


def test_row_heights_and_wishes_are_kept() -> None:
    properties = '<w:cantSplit/><w:trHeight w:val="600" w:hRule="exact"/>'

    found = the_grid(a_table(row(cell("a"), properties=properties))).rows[0]
    assert (found.height, found.exact, found.cant_split) == (30.0, True, True)


@pytest.mark.parametrize(("settings", "indent"), [(None, 0.25), ("", -5.4)])
def test_older_documents_line_up_the_text_and_not_the_edge(
    settings: str | None, indent: float
) -> None:
    more = {} if settings is None else {"settings": settings}

    assert the_grid(a_table(row(cell("a"))), **more).indent == pytest.approx(indent)


BANDED = (
    '<w:style w:type="table" w:styleId="Banded"><w:name w:val="Banded"/>'
    '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr>'
    '<w:tblStylePr w:type="lastRow"><w:rPr><w:i/></w:rPr></w:tblStylePr>'
    '<w:tblStylePr w:type="firstCol"><w:tcPr><w:shd w:val="clear" w:fill="00FF00"/></w:tcPr>'
    "</w:tblStylePr>"
    '<w:tblStylePr w:type="band1Horz"><w:tcPr><w:shd w:val="clear" w:fill="DDDDDD"/></w:tcPr>'
    "</w:tblStylePr></w:style>"
)
LOOK = (
    '<w:tblStyle w:val="Banded"/><w:tblLook w:firstRow="1" w:lastRow="1" w:firstColumn="0" '
    'w:noHBand="0" w:noVBand="1"/>'
)


def fills(grid: Grid) -> list[str]:
    return [row.cells[0].fill for row in grid.rows]


def is_bold(grid: Grid, at: int) -> bool:
    line = grid.rows[at].cells[0].flow.blocks[0]
    assert isinstance(line, Line)
    return bool(line.inlines[0].style.bold)


def test_a_table_style_dresses_rows_by_their_place() -> None:
    body = a_table(*(row(cell(name)) for name in "habz"), properties=LOOK)

    grid = the_grid(body, styles=BANDED)

    assert fills(grid) == ["", "DDDDDD", "", ""]
    assert [is_bold(grid, at) for at in range(4)] == [True, False, False, False]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_rows_of_a_loop_are_banded_as_they_come_to_stand(count: int) -> None:
    loop = (
        row(cell("h")) + row(cell("{% for i in items %}")) + row(cell("{{ i }}"))
        + row(cell("{% endfor %}")) + row(cell("z"))
    )  # fmt: skip
    template = a_template(a_table(loop, properties=LOOK), styles=BANDED)
    bound = bindings_of(template, {"items": [f"n{at}" for at in range(count)]})

    grid = arranged(layout_of(template), bound).sections[0].flow.blocks[0]

    assert isinstance(grid, Grid)
    assert [line[0] for line in texts(grid)] == ["h", *(f"n{at}" for at in range(count)), "z"]
    assert fills(grid) == ["", *(["DDDDDD", ""] * count)[:count], ""]
    assert is_bold(grid, 0)


def test_a_table_in_a_cell_is_a_grid_of_its_own() -> None:
    inner = a_table(row(cell("in")))

    grid = the_grid(a_table(row(f"<w:tc>{inner}{p('out')}</w:tc>", cell("b"))))

    nested = grid.rows[0].cells[0].flow.blocks[0]
    assert isinstance(nested, Grid)
    assert texts(nested) == [["in"]]


def test_a_floating_table_is_reported() -> None:
    found = a_layout(a_table(row(cell("a")), properties='<w:tblpPr w:tblpX="100"/>'))

    assert [finding.feature for finding in found.findings] == ["table.floating"]


def test_tables_nested_without_end_stop_somewhere() -> None:
    body = p("deep")
    for _ in range(80):
        body = a_table(row(f"<w:tc>{body}</w:tc>"), grid='<w:gridCol w:w="2000"/>')

    assert "document.depth" in {finding.feature for finding in a_layout(body).findings}
