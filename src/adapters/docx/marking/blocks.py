"""Puts the milestones of loops and conditions where they act.

A block acts on what its tags enclose: text within a paragraph, whole paragraphs where the tags
stand alone in theirs, table rows where they stand in different rows (or span one row from its
first cell to its last). The prefixes p, tr, tc, r say it outright.
"""

from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from adapters.docx.marking.ledger import Ledger, shows_something, visible
from adapters.docx.marking.pairing import Block, complain, pair
from adapters.docx.marking.tags import Found
from adapters.docx.wordml import Element, drop, is_mark, mark, w
from domain.documents.grammar import Condition, Elif, For, If

_SCOPES: Final = frozenset(
    w(name)
    for name in (
        "body", "hdr", "ftr", "footnote", "endnote", "comment", "txbxContent", "docPartBody",
    )
)  # fmt: skip
_UNITS: Final = {"p": w("p"), "tr": w("tr"), "tc": w("tc")}
_KEPT: Final = frozenset(  # ends of ranges, which outlive the paragraph they stand in
    w(name)
    for name in (
        "bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd",
        "moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd",
        "permStart", "permEnd",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Step:
    """One tag of a block: its milestone, the unit it stands in, and on which side of it it goes."""

    found: Found
    unit: Element
    milestone: Element
    behind: bool
    keeps_unit: bool


def place_blocks(statements: list[Found], ledger: Ledger) -> None:
    """Turn the statements' placeholders into milestones; report what does not fit."""
    steps = _plan(statements, ledger)
    # before their units in the order of the text, behind them in the opposite one
    for step in steps:
        if not step.behind:
            step.unit.addprevious(step.milestone)
    for step in reversed(steps):
        if step.behind:
            step.unit.addnext(step.milestone)
    for found in statements:
        _take_out(found.element)
    _remove_bare(steps)


def _plan(statements: list[Found], ledger: Ledger) -> list[_Step]:
    """The steps of all blocks, in the order of the text."""
    scopes: dict[Element, list[Found]] = defaultdict(list)
    for found in statements:
        scopes[_scope(found.element)].append(found)
    for found in reversed(statements):  # backwards, so that each cut moves little
        _isolate(found.element)
    steps: dict[Element, _Step] = {}
    for members in scopes.values():
        for block in pair(members, ledger):
            steps |= {step.found.element: step for step in _Plan(block, ledger).steps()}
    return [steps[found.element] for found in statements if found.element in steps]


class _Plan:
    """Where one block's milestones go."""

    def __init__(self, block: Block, ledger: Ledger) -> None:
        self._block, self._ledger = block, ledger
        self._tags = block.tags()

    def steps(self) -> list[_Step]:
        block, limit = self._block, self._ledger.limits.loop_depth
        if block.depth > limit:
            self._refuse(block.opening, "block-depth", f"stands in more than {limit} blocks", "")
            return []
        units = self._units()
        if units is None or not self._fits(units):
            return []
        whole = units[0] is units[-1]
        return [
            _Step(found, unit, milestone, self._is_behind(found, unit, whole=whole), whole)
            for found, unit, milestone in zip(self._tags, units, self._milestones(), strict=True)
        ]

    def _is_behind(self, found: Found, unit: Element, *, whole: bool) -> bool:
        if found is self._block.opening or unit is found.element:
            return False
        if whole:
            return True
        return _is_at_end(unit, found.element) and shows_something(unit)

    def _milestones(self) -> list[Element]:
        opening = self._block.opening
        source, place = opening.source, opening.place
        if isinstance(opening.statement, For):
            loop = opening.statement
            n = self._ledger.loop(loop.variable, loop.source, source=source, place=place)
        else:
            n = self._ledger.condition(self._conditions(), source=source, place=place)
        branches = [mark("branch", n=n, i=i) for i in range(1, len(self._block.branches) + 1)]
        return [mark("open", n=n), *branches, mark("close", n=n)]

    def _conditions(self) -> tuple[Condition | None, ...]:
        statements = [found.statement for found in (self._block.opening, *self._block.branches)]
        return tuple(
            statement.condition if isinstance(statement, If | Elif) else None
            for statement in statements
        )

    def _units(self) -> list[Element] | None:
        """What stands directly inside the thing the block acts in, one for each tag."""
        level = next((found.level for found in self._tags if found.level), "")
        if level in _UNITS:
            return self._explicit_units(_UNITS[level])
        elements = [found.element for found in self._tags]
        shared = _common_ancestor(elements)
        if shared.tag == w("tr"):
            return self._whole_row(shared)
        return [_child_towards(shared, element) for element in elements]

    def _explicit_units(self, name: str) -> list[Element] | None:
        units = [next(found.element.iterancestors(name), None) for found in self._tags]
        parents = {None if unit is None else unit.getparent() for unit in units}
        if None not in parents and len(parents) == 1:
            return units
        self._crossing("All tags of a block must stand in the same table or text.")
        return None

    def _whole_row(self, row: Element) -> list[Element] | None:
        first, last = self._tags[0].element, self._tags[-1].element
        spans = _is_at_start(row, first) and _is_at_end(row, last)
        if spans and not self._block.branches:
            return [row, row]
        if spans:
            self._crossing("Put {% else %} into a row of its own, or each case into one cell.")
        else:
            self._crossing(
                "Begin in the first cell of the row and end in the last one to repeat the row; "
                "write {%tc … %} to repeat cells."
            )
        return None

    def _fits(self, units: list[Element]) -> bool:
        """Nothing visible may stand on the wrong side of a tag in the unit it shares."""
        for found, unit in zip(self._tags, units, strict=True):
            at_end = found is not self._block.opening and _is_at_end(unit, found.element)
            if unit is found.element or at_end or _is_at_start(unit, found.element):
                continue
            self._refuse(
                found,
                "block-position",
                "stands in the middle of a text, and its block goes beyond it",
                "Put the tag into a paragraph (or row) of its own.",
            )
            return False
        return True

    def _crossing(self, hint: str) -> None:
        closing = self._block.closing
        end = closing.source if closing else "its end"
        what = f"and {end} stand in different parts of the text"
        self._refuse(self._block.opening, "block-crosses", what, hint)

    def _refuse(self, found: Found, code: str, what: str, hint: str) -> None:
        complain(self._ledger, found, f"documents.{code}", f"{found.source} {what}.", hint)


def _scope(element: Element) -> Element:
    for ancestor in element.iterancestors():
        if ancestor.tag in _SCOPES:
            return ancestor
    return element.getroottree().getroot()


def _common_ancestor(elements: list[Element]) -> Element:
    """The deepest element that holds all of them."""
    paths = [list(element.iterancestors())[::-1] for element in elements]
    shared = paths[0][0]
    for level in zip(*paths, strict=False):
        if any(step is not level[0] for step in level):
            break
        shared = level[0]
    return shared


def _child_towards(ancestor: Element, element: Element) -> Element:
    while element.getparent() is not ancestor:
        element = element.getparent()
    return element


def _isolate(placeholder: Element) -> None:
    """Split the run around a placeholder, so that it stands between runs."""
    run = placeholder.getparent()
    if run.tag != w("r"):
        return
    rest = list(placeholder.itersiblings())
    run.addnext(placeholder)
    if rest:
        second = run.makeelement(run.tag, dict(run.attrib), run.nsmap)
        look = run.find(w("rPr"))
        second.extend([*([] if look is None else [deepcopy(look)]), *rest])
        placeholder.addnext(second)
    if all(child.tag == w("rPr") for child in run):
        drop(run)


def _is_at_start(unit: Element, tag: Element) -> bool:
    for node in unit.iter():
        if node is tag:
            return True
        if visible(node):
            return False
    return False


def _is_at_end(unit: Element, tag: Element) -> bool:
    seen = False
    for node in unit.iter():
        if node is tag:
            seen = True
        elif seen and visible(node):
            return False
    return seen


def _take_out(placeholder: Element) -> None:
    parent = placeholder.getparent()
    if parent is None:
        return
    drop(placeholder)
    if parent.tag == w("r") and all(child.tag == w("rPr") for child in parent):
        drop(parent)


def _remove_bare(steps: Iterable[_Step]) -> None:
    """Paragraphs and rows that held nothing but tags go; ranges that end in them do not."""
    kept = {step.unit for step in steps if step.keeps_unit}
    for unit in dict.fromkeys(step.unit for step in steps):
        if unit in kept or unit.tag not in _UNITS.values() or unit.getparent() is None:
            continue
        if _holds_something(unit):
            continue
        for node in [node for node in unit.iter() if node.tag in _KEPT]:
            unit.addprevious(node)
        drop(unit)


def _holds_something(unit: Element) -> bool:
    section = next(unit.iter(w("sectPr")), None)
    marked = any(is_mark(node, "open", "close") for node in unit.iter())
    return marked or section is not None or shows_something(unit)
