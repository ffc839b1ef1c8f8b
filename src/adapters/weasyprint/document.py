"""The whole HTML of an arranged document: for the page engine, or for a screen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adapters.runtime.typefaces.guessing import guessed_height
from adapters.runtime.typefaces.typography import Typography
from adapters.weasyprint import css
from adapters.weasyprint.drawings import Drawings
from adapters.weasyprint.inlines import Inlines
from adapters.weasyprint.pages import PageRules, sheet_rules
from adapters.weasyprint.paragraphs import Paragraphs
from adapters.weasyprint.places import Place
from adapters.weasyprint.tables import Tables
from adapters.weasyprint.tabs import Tabs
from adapters.weasyprint.text import TextClasses
from domain.documents.layout.arranged import Arranged, Flow, Flowing, Framed, Line
from domain.documents.layout.grouping import Group, page_groups
from domain.documents.layout.pages import Page
from domain.documents.layout.walking import linked_bookmarks

_BASE = (
    "html,body{margin:0;padding:0}"
    ".p{position:relative;orphans:2;widows:2}"
    ".p,.b,table{margin-break:discard}"
    "table{border-collapse:separate;border-spacing:0;table-layout:fixed}"
    "td{padding:0;vertical-align:top}tr{break-inside:auto}"
    "a{color:inherit;text-decoration:inherit}"
    ".mk{white-space:pre}.ib{display:inline-block;text-indent:0;white-space:nowrap}"
    ".jl{display:block;text-align-last:justify}"
    ".in{position:relative}img{display:inline-block}"
    ".fn{float:footnote;display:block}"
)


class HtmlWriter:
    """Writes one document. `address` gives the URL of a picture by name, None to leave it blank."""

    def __init__(
        self,
        document: Arranged,
        typography: Typography,
        address: Callable[[str], str | None],
        measure: Callable[[str], float] | None = None,
    ) -> None:
        self._document = document
        self._measure = measure
        self._classes = TextClasses(typography)
        self._place = Place(page=Page(), width=None, outermost=False)
        self.drawings = Drawings(address, self._inner)
        labels = linked_bookmarks(document)
        self._inlines = Inlines(self._classes, self.drawings, self._inner, labels)
        tabs = Tabs(self._inlines, document.default_tab)
        self._paragraphs = Paragraphs(self._inlines, tabs, document.default_tab)
        self._tables = Tables(self._cell)

    def for_pages(self) -> str:
        """For WeasyPrint: sections flow over pages."""
        rules = PageRules(self.flow, self._guess, self._measured)
        groups = list(page_groups(self._document.sections))
        body = []
        for at, group in enumerate(groups):
            self._enter(group)
            body.append(rules.group(at, group, first=at == 0))
        body.extend(self._notes())
        return self._page(rules.css(), "".join(body))

    def for_screen(self) -> str:
        """For a browser: each section is one sheet, as long as its text, furniture shown once."""
        self._inlines.pages = False
        body = []
        for group in page_groups(self._document.sections):
            self._enter(group)
            body.append(self._sheet(group))
        notes = "".join(self._notes())
        if notes:
            body.append(f"<section class=sheet>{notes}</section>")
        return self._page(sheet_rules(), "".join(body))

    def _guess(self, flow: Flow, width: float) -> float:
        return guessed_height(flow, width, self._classes.typography)

    def _measured(self, body: str, width: float) -> float:
        """The height of a piece of the document, set in a width."""
        if self._measure is None:
            return 0.0
        rules = f"@page{{size:{css.pt(width)} 9000pt;margin:0}}"
        return self._measure(self._page(rules, f"{body}<div id=end></div>"))

    def _enter(self, group: Group) -> None:
        section = group[0][1].section
        self._inlines.number_format = section.number_format
        self._place = Place(page=section.page, width=None, outermost=False)

    def _sheet(self, group: Group) -> str:
        arranged = group[0][1]
        page = arranged.section.page
        place = Place(page=page, width=page.text_width, outermost=False, top=0.0)
        first = arranged.section.title_page
        header = arranged.headers.first if first else arranged.headers.usual
        footer = arranged.footers.first if first else arranged.footers.usual
        box = css.style(
            width=css.pt(page.text_width),
            min_height=css.pt(page.text_height),
            padding=" ".join(
                css.pt(side) for side in (page.header, page.right, page.footer, page.left)
            ),
        )
        head = css.style(min_height=css.pt(page.top - page.header))
        foot = css.style(min_height=css.pt(page.bottom - page.footer), margin_top="auto")
        flows = "".join(self._columns(at.section.columns, at.flow, place) for _, at in group)
        return (
            f"<section class=sheet{box}>"
            f"<header{head}>{'' if header is None else self.flow(header, place)}</header>"
            f"<main>{flows}</main>"
            f"<footer{foot}>{'' if footer is None else self.flow(footer, place)}</footer>"
            "</section>"
        )

    def _columns(self, columns: tuple[Any, ...], flow: Flow, place: Place) -> str:
        body = self.flow(flow, place)
        if not columns:
            return body
        box = css.style(columns=str(len(columns)), column_gap=css.pt(columns[0].gap))
        return f"<div{box}>{body}</div>"

    def _notes(self) -> list[str]:
        if not self._inlines.endnotes:
            return []
        rule = "<hr style='margin:6pt 0 4pt;width:144pt;border:0;border-top:.5pt solid'>"
        return [rule, *self._inlines.endnotes]

    def _page(self, rules: str, body: str) -> str:
        classes = self._classes.definitions() + self._paragraphs.definitions()
        title = css.text(self._document.title or "Document")
        language = css.quoted(self._document.language)
        return (
            f"<!DOCTYPE html><html lang={language}><head><meta charset=utf-8>"
            f"<title>{title}</title><style>{_BASE}{rules}{classes}</style></head>"
            f"<body>{body}</body></html>"
        )

    def flow(self, flow: Flow, place: Place) -> str:
        written = "".join(
            self._block(block, replace(place, opening=at == 0 and place.outermost))
            for at, block in enumerate(flow.blocks)
        )
        if flow.end and not place.outermost:
            written += f"<div{css.style(height=css.pt(flow.end))}></div>"
        return written

    def _inner(self, flow: Flow) -> str:
        return self.flow(flow, self._place)

    def _cell(self, flow: Flow, width: float | None) -> str:
        place = Place(page=self._place.page, width=width, outermost=False)
        return self.flow(flow, place)

    def _block(self, block: Flowing, place: Place) -> str:
        if isinstance(block, Line):
            return self._paragraphs.line(block, place)
        if isinstance(block, Framed):
            return self._paragraphs.framed(block, place)
        return self._tables.table(block, place.width, opening=place.opening)
