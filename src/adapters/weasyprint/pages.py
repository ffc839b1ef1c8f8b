"""Sections as CSS pages: paper, margins, headers and footers, columns, page borders."""

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.weasyprint import css
from adapters.weasyprint.places import Place
from domain.documents.layout.arranged import ArrangedSection, Flow
from domain.documents.layout.grouping import Group
from domain.documents.layout.pages import Page, Section, Start
from domain.documents.layout.styles import Border

_COUNTERS = ("decimal", "lower-roman", "upper-roman", "lower-alpha", "upper-alpha")
_SHARE_OF_MARGIN = 0.8  # furniture guessed higher than this part of its room is measured
_STARTS = {Start.EVEN: "left", Start.ODD: "right"}


@dataclass(slots=True)
class PageRules:
    """Collects the page rules while the sections' bodies are written."""

    write_flow: Callable[[Flow, Place], str]
    guess: Callable[[Flow, float], float]  # how high a flow will be, in points
    measure: Callable[[str, float], float]  # how high a piece of HTML is, set in a width
    _rules: list[str] = field(default_factory=list)

    def css(self) -> str:
        counters = "".join(
            f".pn-{kind}::after{{content:counter(page,{kind})}}"
            f".np-{kind}::after{{content:counter(pages,{kind})}}"
            for kind in _COUNTERS
        )
        notes = (
            ".note{float:footnote;font-size:0;line-height:0}.note::footnote-call{content:''}"
            ".note::footnote-marker{content:''}"
            "@page{@footnote{padding-top:4.5pt;"
            # of one colour only, it would fill the whole area and hide the notes
            "background:linear-gradient(to right,#000 144pt,transparent 144pt)"
            " 0 0/100% .5pt no-repeat}}"
        )
        return f"{counters}{notes}{''.join(self._rules)}"

    def group(self, number: int, group: Group, *, first: bool) -> str:
        """The elements of a group of sections, and its page rule."""
        section = group[0][1].section
        name = f"s{number}"
        page = section.page
        furniture = self._furniture(name, group[0][1])
        rooms = self._rooms(group[0][1])
        self._rules.append(
            f"@page {name}{{size:{css.pt(page.width)} {css.pt(page.height)};"
            f"margin:{css.pt(rooms.top)} {css.pt(page.right)} {css.pt(rooms.bottom)} "
            f"{css.pt(page.left)};{self._boxes(name, 'h', 'f')}}}"
        )
        if section.title_page:
            own = f"margin-top:{css.pt(rooms.first)};{self._boxes(name, 'hf', 'ff')}"
            self._rules.append(f"@page :nth(1 of {name}){{{own}}}")
        if section.even_pages:
            self._rules.append(f"@page {name}:left{{{self._boxes(name, 'he', 'fe')}}}")
        body = "".join(self._flow(arranged, alone=len(group) == 1) for _, arranged in group)
        box = css.style(
            page=name,
            break_before=None if first else _STARTS.get(section.start, "page"),
            counter_reset=(
                None if section.number_from is None else f"page {section.number_from - 1}"
            ),
        )
        return f"<div{box}>{furniture}{_page_border(page)}{body}</div>"

    def _rooms(self, arranged: ArrangedSection) -> "_Rooms":
        """The margins that hold the furniture; text begins where it ends."""
        page = arranged.section.page
        headers, footers = arranged.headers, arranged.footers

        def room(margin: float, distance: float, *flows: Flow | None) -> float:
            heights = [self._height(flow, page) for flow in flows if flow is not None]
            return max(margin, distance + max(heights, default=0.0))

        return _Rooms(
            top=room(page.top, page.header, headers.usual, headers.even),
            first=room(page.top, page.header, headers.first),
            bottom=room(page.bottom, page.footer, footers.usual, footers.even, footers.first),
        )

    def _height(self, flow: Flow, page: Page) -> float:
        """Measured where a guess says that it may not fit."""
        room = min(page.top - page.header, page.bottom - page.footer)
        guess = self.guess(flow, page.text_width)
        if guess <= room * _SHARE_OF_MARGIN:
            return guess
        place = Place(page=page, width=page.text_width, outermost=False, top=0.0)
        return self.measure(self.write_flow(flow, place), page.text_width)

    def _boxes(self, name: str, header: str, footer: str) -> str:
        return (
            f"@top-left{{content:element({name}{header});width:100%;vertical-align:top}}"
            f"@bottom-left{{content:element({name}{footer});width:100%;vertical-align:bottom}}"
        )

    def _furniture(self, name: str, arranged: ArrangedSection) -> str:
        page = arranged.section.page
        found = []
        for kind, furniture, edge in (
            ("h", arranged.headers, page.header),
            ("f", arranged.footers, page.footer),
        ):
            side = "padding_top" if kind == "h" else "padding_bottom"
            top = page.header if kind == "h" else None
            place = Place(page=page, width=page.text_width, outermost=False, top=top)
            slots = (("", furniture.usual), ("f", furniture.first), ("e", furniture.even))
            for slot, flow in slots:
                body = "" if flow is None else self.write_flow(flow, place)
                box = css.style(position=f"running({name}{kind}{slot})", **{side: css.pt(edge)})
                found.append(f"<div{box}><div class=in>{body}</div></div>")
        return "".join(found)

    def _flow(self, arranged: ArrangedSection, *, alone: bool) -> str:
        section = arranged.section
        count = len(section.columns)
        width = section.columns[0].width if count else section.page.text_width
        place = Place(
            page=section.page, width=width, outermost=not count, columns=count > 1,
            top=section.page.top,
        )  # fmt: skip
        body = self.write_flow(arranged.flow, place)
        if not count:
            return _vertical(section, body)
        box = css.style(
            columns=str(count),
            column_gap=css.pt(section.columns[0].gap),
            column_rule=".5pt solid" if section.column_line else None,
            column_fill="auto" if alone else None,
        )
        return f"<div{box}>{body}</div>"


@dataclass(frozen=True, slots=True)
class _Rooms:
    top: float
    first: float
    bottom: float


def _vertical(section: Section, body: str) -> str:
    where = {"center": "center", "bottom": "flex-end"}.get(section.vertical)
    if where is None:
        return body
    box = css.style(
        display="flex",
        flex_direction="column",
        justify_content=where,
        min_height=css.pt(section.page.text_height - 1),
    )
    return f"<div{box}><div>{body}</div></div>"


def _page_border(page: Page) -> str:
    """Drawn on every page, at its distance from the paper's edge or from the text."""
    edges = page.borders
    if edges.is_empty():
        return ""
    sides = {
        side: css.pt(_inset(edge, margin, from_text=page.borders_from_text) - margin)
        for side, edge, margin in (
            ("top", edges.top, page.top),
            ("right", edges.right, page.right),
            ("bottom", edges.bottom, page.bottom),
            ("left", edges.left, page.left),
        )
    }
    box = css.style(position="fixed", z_index="-1", **sides, **css.edges(edges))
    return f"<div{box}></div>"


def _inset(edge: Border | None, margin: float, *, from_text: bool) -> float:
    if edge is None:
        return 0.0
    return max(0.0, margin - edge.space - edge.width) if from_text else edge.space


def sheet_rules() -> str:
    """How the preview looks on a screen."""
    return (
        "body{background:#e9e9ec;padding:16px}"
        ".sheet{background:#fff;margin:0 auto 16px;box-shadow:0 1px 4px rgba(0,0,0,.25);"
        "display:flex;flex-direction:column;position:relative;overflow:hidden}"
        ".sheet>main{position:relative;flex:1 0 auto}"
    )
