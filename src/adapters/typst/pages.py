"""Sections: page settings, headers and footers, page borders, columns."""

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.typst.code import arguments, color, pt
from adapters.typst.drawings import stroke
from adapters.typst.places import Place
from adapters.typst.rooms import rooms_of
from domain.documents.layout.arranged import ArrangedSection, Flow, Line
from domain.documents.layout.nodes import BreakKind
from domain.documents.layout.pages import Page, Section, Start
from domain.documents.layout.styles import Border, Borders, LineKind
from domain.documents.layout.walking import shows_values

WriteFlow = Callable[[Flow, Place], str]


@dataclass(slots=True)
class Pages:
    """Writes sections in order; consecutive ones on the same page share its settings."""

    write_flow: WriteFlow
    tight: frozenset[int]  # sections whose headers or footers may outgrow their margins
    line_of: Callable[[Line], float]  # the height of a line of a paragraph
    _kept: list[str] = field(default_factory=list)  # headers and footers that show values

    def group(self, sections: list[tuple[int, ArrangedSection]], *, first: bool) -> str:
        """Sections that begin on the first one's page: its settings, then their flows."""
        index, head = sections[0]
        section = head.section
        alone = len(sections) == 1 and _equal_columns(section)
        before = "" if first else _new_page(section)
        if section.number_from is not None:
            before += f"#counter(page).update({section.number_from})\n"
        settings = self._settings(index, head, columns=alone)
        before += self._furniture_kept(index)
        body = "".join(
            self._flow(at, arranged, whole_page=alone, top=at == index) for at, arranged in sections
        )
        if alone:
            before = f"#set columns(gutter: {pt(section.columns[0].gap)})\n{before}"
        guess = self._measured(index, head)
        if not guess:
            return f"#set page({settings})\n{before}{body}"
        if section.title_page:
            before += "#v(first-room - top-room)\n"
        return f"#context {{ {guess}; set page({settings}); [{before}{body}] }}\n"

    def _flow(self, at: int, arranged: ArrangedSection, *, whole_page: bool, top: bool) -> str:
        section = arranged.section
        count = len(section.columns)
        width = section.columns[0].width if count else section.page.text_width
        place = Place(page=section.page, width=width, columns=count > 1)
        if count and not whole_page:
            place = Place(page=section.page, width=width, outermost=False, columns=True)
        if not count or whole_page:
            body = self.write_flow(arranged.flow, place)
        else:
            gutter = pt(section.columns[0].gap)
            blocks = arranged.flow.blocks
            if any(isinstance(b, Line) and b.starts is BreakKind.COLUMN for b in blocks):
                inner = self.write_flow(arranged.flow, place)
                body = f"#columns({count}, gutter: {gutter})[{inner}]\n"
            else:
                parts = ", ".join(self._blocks(arranged.flow, place))
                body = f"#balanced({count}, {gutter}, ({parts},))\n"
        marks = f"#metadata(none)<start-{at}>\n", f"#metadata(none)<end-{at}>\n"
        if section.vertical != "top" and top:
            where = {"center": "horizon", "bottom": "bottom"}[section.vertical]
            body = f"#align({where})[{body}]\n"
        return f"{marks[0]}{body}{marks[1]}"

    def _blocks(self, flow: Flow, place: Place) -> list[str]:
        """Each block with its gap and the height of its lines, 0 where it cannot be cut."""
        found = []
        for block in flow.blocks:
            code = self.write_flow(Flow((block,)), place)
            line = 0.0 if not isinstance(block, Line) else self.line_of(block)
            found.append(f"({pt(block.gap)}, {pt(line)}, [{code}])")
        return found

    def _settings(self, index: int, arranged: ArrangedSection, *, columns: bool) -> str:
        section, page = arranged.section, arranged.section.page
        top, bottom = ("top-room", "bottom-room")
        measured = self._measured(index, arranged)
        margin = arguments(
            top=top if measured else pt(page.top),
            bottom=bottom if measured else pt(page.bottom),
            left=pt(page.left),
            right=pt(page.right),
        )
        return arguments(
            width=pt(page.width),
            height=pt(page.height),
            margin=f"({margin})",
            columns=str(len(section.columns)) if columns else "1",
            header=self._furniture(index, arranged, "header"),
            footer=self._furniture(index, arranged, "footer"),
            header_ascent="0pt",
            footer_descent="0pt",
            background=_page_border(page),
        )

    def _furniture(self, index: int, arranged: ArrangedSection, region: str) -> str:
        section = arranged.section
        furniture, where = arranged.headers, f"top + left, dy: {pt(section.page.header)}"
        if region == "footer":
            furniture, where = arranged.footers, f"bottom + left, dy: {pt(-section.page.footer)}"
        place = Place(
            page=section.page, width=section.page.text_width, outermost=False, region=region
        )

        def placed(flow: Flow | None) -> str:
            if flow is None:
                return "none"
            code = f"place({where}, block(width: 100%)[{self.write_flow(flow, place)}])"
            return self._keep(code, index) if shows_values(flow) else code

        usual = placed(furniture.usual)
        code = usual
        if section.even_pages:
            is_even = "calc.even(counter(page).get().first())"
            code = f"if {is_even} {{ {placed(furniture.even)} }} else {{ {usual} }}"
        if section.title_page:
            opening = "1" if index == 0 else f"locate(<start-{index}>).page()"
            code = (
                f"if here().page() == {opening} {{ {placed(furniture.first)} }} else {{ {code} }}"
            )
        found = code.startswith("furniture(")
        return f"context {{ {code} }}" if found or code != usual else code

    def _keep(self, code: str, index: int) -> str:
        """Code that finds the furniture where it is kept.

        What a page is set in goes with everything on it: were values there, Typst could keep no
        paragraph it has laid out from one row to the next.
        """
        self._kept.append(code)
        return f"furniture(<furniture-{index}>, {len(self._kept) - 1})"

    def _furniture_kept(self, index: int) -> str:
        if not self._kept:
            return ""
        kept, self._kept = self._kept, []
        return f"#metadata(({', '.join(kept)},))<furniture-{index}>\n"

    def _measured(self, index: int, arranged: ArrangedSection) -> str:
        """Code that finds the room headers and footers need; "" when they surely fit."""
        if index not in self.tight:
            return ""
        page = arranged.section.page
        return "; ".join(
            f"let {room.name} = {self._room(page, room.flows, room.margin, room.distance)}"
            for room in rooms_of(arranged)
        )

    def _room(
        self, page: Page, flows: tuple[Flow | None, ...], margin: float, distance: float
    ) -> str:
        place = Place(page=page, width=page.text_width, outermost=False)
        heights = "".join(
            f", measure(block(width: {pt(page.text_width)})[{self.write_flow(flow, place)}]).height"
            for flow in flows
            if flow is not None
        )
        return f"calc.max({pt(margin)}, {pt(distance)} + calc.max(0pt{heights}))"


def _equal_columns(section: Section) -> bool:
    return bool(section.columns) and len({round(c.width) for c in section.columns}) == 1


def _new_page(section: Section) -> str:
    parity = {Start.EVEN: "even", Start.ODD: "odd"}.get(section.start)
    return f'#pagebreak(weak: true, to: "{parity}")\n' if parity else "#pagebreak(weak: true)\n"


def _page_border(page: Page) -> str | None:
    borders = page.borders
    if borders.is_empty():
        return None
    top, right, bottom, left = (
        _distance(border, margin, from_text=page.borders_from_text)
        for border, margin in (
            (borders.top, page.top), (borders.right, page.right),
            (borders.bottom, page.bottom), (borders.left, page.left),
        )
    )  # fmt: skip
    pad = arguments(top=pt(top), right=pt(right), bottom=pt(bottom), left=pt(left))
    double = any(
        border is not None and border.kind is LineKind.DOUBLE
        for border in (borders.top, borders.right, borders.bottom, borders.left)
    )
    inner = _frame(borders, "") if not double else _frame(borders, _frame(borders, ""))
    return f"pad({pad}, {inner})"


def _distance(border: Border | None, margin: float, *, from_text: bool) -> float:
    """From the paper's edge to the middle of the outer stroke."""
    if border is None:
        return 0.0
    stroke_width = border.width / 3 if border.kind is LineKind.DOUBLE else border.width
    if from_text:
        return max(0.0, margin - border.space - border.width + stroke_width / 2)
    return border.space + stroke_width / 2


def _frame(borders: Borders, inner: str) -> str:
    strokes = arguments(
        **{
            side: _stroke(border) if border else None
            for side, border in (
                ("top", borders.top), ("right", borders.right),
                ("bottom", borders.bottom), ("left", borders.left),
            )
        }
    )  # fmt: skip
    step = 0.0
    for border in (borders.top, borders.left):
        if border is not None and border.kind is LineKind.DOUBLE:
            step = border.width * 2 / 3
    inset = pt(step) if inner else "0pt"
    return f"rect(width: 100%, height: 100%, stroke: ({strokes}), inset: {inset}, {inner or '[]'})"


def _stroke(border: Border) -> str:
    if border.kind is LineKind.DOUBLE:
        return f"{pt(border.width / 3)} + {color(border.color)}"
    return stroke(border)
