"""A marked part as a program: constant bytes with holes, loops and choices between them."""

import hashlib
import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from adapters.docx.wordml import (
    IDENTITIES,
    SPACE,
    TEMPLATE,
    Element,
    W,
    drop,
    is_mark,
    serialise,
    w,
)
from domain.documents.marks import FieldMark, LoopMark, Mark

PICTURES: Final = frozenset({"image", "link", "subdocument"})


@dataclass(frozen=True, slots=True)
class TextHole:
    """Escaped text goes here, inside a w:t (or a w:instrText)."""

    n: int
    code: str = ""  # bare or quoted when it stands in the code of a Word field


@dataclass(frozen=True, slots=True)
class RichHole:
    """A picture, a link or a document goes here, inside a run of that look."""

    n: int
    look: bytes
    in_link: bool


@dataclass(frozen=True, slots=True)
class NumberHole:
    """A number that must differ in every round (the id of a drawing)."""


@dataclass(frozen=True, slots=True)
class Loop:
    n: int
    body: "Program"


@dataclass(frozen=True, slots=True)
class Choice:
    n: int
    bodies: tuple["Program", ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """What must not end up empty: a cell without a paragraph, a row without a cell, a table."""

    kind: str  # cell | row | table
    body: "Program"


Step = bytes | TextHole | RichHole | NumberHole | Loop | Choice | Guard
Program = tuple[Step, ...]

_CELLS: Final = frozenset(
    w(name) for name in ("tc", "hdr", "ftr", "footnote", "endnote", "comment", "txbxContent")
)
_NOT_REPEATED: Final = (
    w("bookmarkStart"), w("bookmarkEnd"), w("commentRangeStart"), w("commentRangeEnd"),
    w("commentReference"), w("permStart"), w("permEnd"),
)  # fmt: skip


def is_flat(program: Program) -> bool:
    """Whether it is constant text and text holes only."""
    return all(isinstance(step, bytes | TextHole) for step in program)


def compile_part(root: Element, marks: tuple[Mark, ...], by_number: tuple[Mark, ...]) -> Program:
    """`marks` are the part's own; the tree is left as it is."""
    if not marks:
        return (serialise(root),)
    return _Compiler(_with_word_prefix(deepcopy(root)), by_number).compile()


@dataclass(slots=True)
class _Frame:
    """One construct being read: its steps so far, and finished branches."""

    kind: str
    n: int = 0
    steps: list[Step] = field(default_factory=list)
    branches: list[Program] = field(default_factory=list)

    def add(self, step: Step) -> None:
        if isinstance(step, bytes) and self.steps and isinstance(self.steps[-1], bytes):
            self.steps[-1] += step
        elif step != b"":
            self.steps.append(step)


class _Compiler:
    def __init__(self, root: Element, marks: tuple[Mark, ...]) -> None:
        self._root, self._marks = root, marks
        # no template can hold its own hash, so none can hold what stands for a mark
        self._nonce = "m" + hashlib.sha256(serialise(root)).hexdigest()[:20]
        self._looks: list[tuple[bytes, bool]] = []

    def compile(self) -> Program:
        self._loosen_loops()
        self._guard()
        for element in list(self._root.iter(f"{{{TEMPLATE}}}*")):
            self._replace(element)
        for run in self._root.iter(w("r")):
            _join_texts(run)
        nonce = self._nonce.encode()
        data = serialise(self._root).replace(b"@" + nonce + b"@", b"<?" + nonce + b" number?>")
        pieces = re.split(rb"<\?" + nonce + rb" ([a-z]+) ?(\d*) ?(\d*)\?>", data)
        return self._nest(pieces)

    def _nest(self, pieces: list[bytes]) -> Program:
        stack = [_Frame("root")]
        stack[0].add(pieces[0])
        for at in range(1, len(pieces), 4):
            word, n, extra = pieces[at].decode(), int(pieces[at + 1] or 0), pieces[at + 2]
            self._step(word, n, int(extra or 0), stack)
            stack[-1].add(pieces[at + 3])
        return tuple(stack[0].steps)

    def _step(self, word: str, n: int, extra: int, stack: list[_Frame]) -> None:
        if word in {"text", "code", "quoted"}:
            stack[-1].add(TextHole(n, {"text": "", "code": "bare"}.get(word, word)))
        elif word == "rich":
            stack[-1].add(RichHole(n, *self._looks[extra]))
        elif word == "number":
            stack[-1].add(NumberHole())
        elif word in {"open", "cell", "row", "table"}:
            stack.append(_Frame(word, n))
        elif word == "branch":
            stack[-1].branches.append(tuple(stack[-1].steps))
            stack[-1].steps = []
        else:
            done = stack.pop()
            stack[-1].add(self._finished(done))

    def _finished(self, frame: _Frame) -> Step:
        body = tuple(frame.steps)
        if frame.kind in {"cell", "row", "table"}:
            return Guard(frame.kind, body)
        if isinstance(self._marks[frame.n], LoopMark):
            return Loop(frame.n, body)
        return Choice(frame.n, (*frame.branches, body))

    def _replace(self, element: Element) -> None:
        n = element.get("n")
        if not is_mark(element, "field"):
            word = etree.QName(element).localname
            _swap(element, self._sign(word, n))
            return
        mark = self._marks[int(n)]
        code = element.get("code")
        if code:
            wrapper = etree.Element(w("instrText"))
            wrapper.set(SPACE, "preserve")
            wrapper.append(self._sign("code" if code == "bare" else "quoted", n))
            _swap(element, wrapper)
        elif isinstance(mark, FieldMark) and _is_rich(mark):
            run = next(element.iterancestors(w("r")))
            look = run.find(w("rPr"))
            in_link = next(run.iterancestors(w("hyperlink")), None) is not None
            self._looks.append((b"" if look is None else _fragment(look, self._root), in_link))
            _swap(element, self._sign("rich", n, len(self._looks) - 1))
        else:
            wrapper = etree.Element(w("t"))
            wrapper.set(SPACE, "preserve")
            wrapper.append(self._sign("text", n))
            _swap(element, wrapper)

    def _sign(self, word: str, *numbers: object) -> Element:
        return etree.ProcessingInstruction(self._nonce, " ".join(map(str, (word, *numbers))))

    def _loosen_loops(self) -> None:
        """What may exist once only does not go round: bookmarks, ids of drawings and paragraphs."""
        depth = 0
        for element in list(self._root.iter()):
            if not isinstance(element.tag, str):
                continue
            if is_mark(element, "open", "close"):
                if isinstance(self._marks[int(element.get("n"))], LoopMark):
                    depth += 1 if is_mark(element, "open") else -1
            elif depth:
                self._loosen(element)

    def _loosen(self, element: Element) -> None:
        if element.tag in _NOT_REPEATED:
            drop(element)
            return
        for identity in IDENTITIES:
            element.attrib.pop(identity, None)
        if element.tag == w("id") and element.getparent().tag == w("sdtPr"):
            drop(element)
        if element.tag.endswith("}docPr") and element.get("id"):
            element.set("id", f"@{self._nonce}@")

    def _guard(self) -> None:
        """Where blocks may leave a cell, a row or a table with nothing in it."""
        openings = list(self._root.iter(f"{{{TEMPLATE}}}open"))
        homes = dict.fromkeys(opening.getparent() for opening in openings)
        rows = [home for home in homes if home.tag == w("tr")]
        tables = [home for home in homes if home.tag == w("tbl")]
        tables += [row.getparent() for row in rows if row.getparent().tag == w("tbl")]
        cells = [home for home in homes if home.tag in _CELLS]
        cells += [table.getparent() for table in tables if table.getparent().tag in _CELLS]
        for word, elements in (("row", rows), ("table", tables)):
            for element in dict.fromkeys(elements):
                element.addprevious(self._sign(word, 0))
                element.addnext(self._sign("end", 0))
        for cell in dict.fromkeys(cells):
            first = next(child for child in cell if child.tag != w("tcPr"))
            first.addprevious(self._sign("cell", 0))
            cell.append(self._sign("end", 0))


def _is_rich(mark: FieldMark) -> bool:
    calls = mark.expression.filters
    return bool(calls) and calls[-1].name in PICTURES


def _swap(old: Element, new: Element) -> None:
    new.tail = old.tail
    old.getparent().replace(old, new)


def _fragment(element: Element, root: Element) -> bytes:
    """An element as it stands in its document: what the root declares is not said again."""
    data: bytes = etree.tostring(element, with_tail=False)
    for prefix, uri in root.nsmap.items():
        name = f"xmlns:{prefix}" if prefix else "xmlns"
        data = data.replace(f' {name}="{uri}"'.encode(), b"")
    return data


def _join_texts(run: Element) -> None:
    """Texts that follow each other become one, with the holes between them inside."""
    before: Element | None = None
    last: Element | None = None  # its last hole; asking lxml for it each time would count them all
    for text in list(run):
        if text.tag != w("t") or text.get(SPACE) != "preserve":
            before = None
            continue
        holes = list(text)
        if before is None:
            before = text
        else:
            if last is None:
                before.text = (before.text or "") + (text.text or "")
            else:
                last.tail = (last.tail or "") + (text.text or "")
            before.extend(holes)
            drop(text)
        last = holes[-1] if holes else (last if before is not text else None)


def _with_word_prefix(root: Element) -> Element:
    """What rows add is written with the prefix w, whatever the template's writer called it."""
    if root.nsmap.get("w") == W and all(
        element.prefix == "w" for element in root.iter(f"{{{W}}}*")
    ):
        return root
    others = {prefix: uri for prefix, uri in root.nsmap.items() if uri != W and prefix != "w"}
    twin = etree.Element(root.tag, dict(root.attrib), nsmap={"w": W, **others})
    twin.text = root.text
    twin.extend(list(root))  # what moves takes the prefix that its new home has for its namespace
    return twin
