"""Word's fields (begin, code, separate, result, end; or fldSimple) found and edited in a part."""

import re
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from adapters.docx.wordml import Element, drop, w
from domain.documents.refusals import TemplateRefused

_RUN: Final = w("r")
_CHARACTER: Final = w("fldChar")
_CODE: Final = w("instrText")
_SIMPLE: Final = w("fldSimple")
_STORIES: Final = frozenset((w("txbxContent"), w("footnote"), w("endnote"), w("comment")))
_DEEPEST: Final = 40  # Word itself nests twenty
_ARGUMENT: Final = re.compile(r'\s*(?:["“”]((?:\\.|[^"“”\\])*)["“”]|(\\[*@#bfmv])|([^\s"“”]+))')


class FieldsTooDeep(TemplateRefused):
    code = "documents.template-fields-too-deep"


@dataclass(eq=False, slots=True)
class WordField:
    """`code` holds its pieces in order: instrText elements, and fields inside the code."""

    begin: Element  # fldChar, or the fldSimple itself
    code: list["Element | WordField"] = field(default_factory=list)
    separate: Element | None = None
    end: Element | None = None
    outer: "WordField | None" = None
    in_code_of: "WordField | None" = None

    def is_simple(self) -> bool:
        return bool(self.begin.tag == _SIMPLE)

    def instruction(self) -> str:
        """The code as text; a field inside it shows as U+FFFC."""
        if self.is_simple():
            return str(self.begin.get(w("instr"), ""))
        return "".join(
            "\ufffc" if isinstance(piece, WordField) else piece.text or "" for piece in self.code
        )

    def keyword(self) -> str:
        """MERGEFIELD, IF, PAGE…; empty when a field inside the code would make it up."""
        words = self.instruction().split(maxsplit=1)
        return "" if not words or "\ufffc" in words[0] else words[0].upper()

    def arguments(self) -> list[str]:
        """What follows the keyword, switches too; quotes taken off."""
        found = _ARGUMENT.findall(self.instruction().strip())
        texts = [
            re.sub(r"\\(.)", r"\1", quoted) or switch or bare for quoted, switch, bare in found
        ]
        return texts[1:]

    def is_whole(self) -> bool:
        """Whether it begins and ends in one paragraph, so that it can be replaced."""
        return self.is_simple() or (
            self.end is not None and _paragraph(self.begin) is _paragraph(self.end)
        )

    def look(self) -> Element | None:
        """The run properties of what it shows, else of its code; a copy."""
        runs = [run for run in self.result_runs() if run.find(w("t")) is not None]
        if not runs and not self.is_simple():
            runs = [piece.getparent() for piece in self.code if not isinstance(piece, WordField)]
        found = runs[0].find(w("rPr")) if runs else None
        return None if found is None else deepcopy(found)

    def result_runs(self) -> list[Element]:
        if self.is_simple():
            return list(self.begin.iter(_RUN))
        if self.separate is None:
            return []
        runs = self.runs()
        return runs[runs.index(self.separate.getparent()) + 1 : -1] if runs else []

    def shown(self) -> str:
        """The text it shows now."""
        return "".join(t.text or "" for run in self.result_runs() for t in run.iter(w("t")))

    def replace(self, replacement: list[Element]) -> None:
        """Put other elements where the field stands; it must be whole."""
        nodes = [self.begin] if self.is_simple() else self.runs()
        for element in replacement:
            nodes[0].addprevious(element)
        for node in nodes:
            drop(node)

    def unlink(self) -> None:
        """Leave what it shows as plain text and take the field away, as Word's Unlink does."""
        if self.is_simple():
            for child in list(self.begin):
                self.begin.addprevious(child)
            drop(self.begin)
            return
        for piece in self.code:
            if not isinstance(piece, WordField):
                _drop_from_run(piece)
            elif piece.is_whole():
                piece.replace([])
            else:
                piece.unlink()
        for node in (self.begin, self.separate, self.end):
            if node is not None:
                _drop_from_run(node)

    def runs(self) -> list[Element]:
        """Its runs in order, cut so that they hold nothing else."""
        first = _split_before(self.begin)
        last = _split_after(self.end)
        if self.separate is not None:
            _split_before(self.separate)
            _split_after(self.separate)
        runs = [first]
        for run in first.itersiblings():
            if runs[-1] is last:
                return runs
            runs.append(run)
        return runs if runs[-1] is last else self._scattered(first, last)

    def _scattered(self, first: Element, last: Element) -> list[Element]:
        """Runs of a field that begins inside a link or an insertion and ends outside of it."""
        home = _paragraph(self.begin)
        runs: list[Element] = []
        for run in home.iter(_RUN):
            if (runs or run is first) and _paragraph(run) is home:
                runs.append(run)
            if run is last:
                break
        return runs


def find_fields(root: Element) -> list[WordField]:
    """All fields in the order of their beginnings; unfinished ones have no end."""
    return list(_Scan(root).fields)


class _Scan:
    def __init__(self, root: Element) -> None:
        self.fields: list[WordField] = []
        self._open: dict[Element, list[WordField]] = defaultdict(list)
        for element in root.iter(_CHARACTER, _CODE, _SIMPLE):
            stack = self._open[_story(element)]
            if element.tag == _SIMPLE:
                self._add(WordField(element), stack)
            elif element.tag == _CODE:
                if stack and stack[-1].separate is None:
                    stack[-1].code.append(element)
            else:
                self._character(element, stack)

    def _character(self, element: Element, stack: list[WordField]) -> None:
        kind = element.get(w("fldCharType"))
        if kind == "begin":
            if len(stack) >= _DEEPEST:
                raise FieldsTooDeep("The document has Word fields nested beyond reason.")
            found = WordField(element)
            self._add(found, stack)
            stack.append(found)
        elif stack and kind == "separate":
            stack[-1].separate = element
        elif stack and kind == "end":
            stack.pop().end = element

    def _add(self, found: WordField, stack: list[WordField]) -> None:
        if stack:
            found.outer = stack[-1]
            if stack[-1].separate is None:
                found.in_code_of = stack[-1]
                stack[-1].code.append(found)
        self.fields.append(found)


def new_run(look: Element | None, *content: Element) -> Element:
    run = etree.Element(_RUN)
    if look is not None:
        run.append(deepcopy(look))
    run.extend(content)
    return run


def _story(element: Element) -> Element:
    for ancestor in element.iterancestors():
        if ancestor.tag in _STORIES:
            return ancestor
    return None


def _paragraph(element: Element) -> Element:
    return next(element.iterancestors(w("p")), None)


def _split_before(node: Element) -> Element:
    """The run of a node, once nothing but properties stands before it there."""
    run = node.getparent()
    before = [child for child in node.itersiblings(preceding=True) if child.tag != w("rPr")]
    if before:
        head = _like(run)
        head.extend(reversed(before))
        run.addprevious(head)
    return run


def _split_after(node: Element) -> Element:
    run = node.getparent()
    after = list(node.itersiblings())
    if after:
        rest = _like(run)
        rest.extend(after)
        run.addnext(rest)
    return run


def _like(run: Element) -> Element:
    twin = run.makeelement(run.tag, dict(run.attrib), run.nsmap)
    look = run.find(w("rPr"))
    if look is not None:
        twin.append(deepcopy(look))
    return twin


def _drop_from_run(node: Element) -> None:
    run = node.getparent()
    if run is None:
        return
    drop(node)
    if run.tag == _RUN and all(child.tag == w("rPr") for child in run):
        drop(run)


def walk_outer_first(root: Element) -> Iterator[WordField]:
    """All fields, outermost first, but for those that went with one around them."""
    for found in find_fields(root):
        if any(ancestor is root for ancestor in found.begin.iterancestors()):
            yield found
