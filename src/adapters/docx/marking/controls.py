"""Marks content controls: text, date, lists and check boxes, by their tag or title."""

from copy import deepcopy
from typing import Final

from lxml import etree

from adapters.docx.fieldcodes import new_run
from adapters.docx.marking.ledger import Ledger, Places
from adapters.docx.marking.switches import date_pattern
from adapters.docx.wordml import TEMPLATE, W14, W15, Element, drop, mark, text_of, w
from domain.documents.grammar import Expression, FilterCall, Given, Path, Truth
from domain.documents.marks import FieldKind, Place, Syntax

_SDT: Final = w("sdt")
_KINDS: Final = {
    w("date"): FieldKind.DATE,
    w("dropDownList"): FieldKind.CHOICE,
    w("comboBox"): FieldKind.CHOICE,
    f"{{{W14}}}checkbox": FieldKind.BOOLEAN,
    w("text"): FieldKind.TEXT,
    w("richText"): FieldKind.TEXT,
}
# controls that Word fills or repeats itself
_NOT_FIELDS: Final = (
    w("docPartObj"), w("docPartList"), w("picture"), w("group"), w("citation"),
    w("bibliography"), w("equation"), f"{{{W15}}}repeatingSection",
    f"{{{W15}}}repeatingSectionItem",
)  # fmt: skip
_TAGS: Final = ("{{", "{%")


def mark_controls(root: Element, places: Places, ledger: Ledger) -> None:
    """Inner controls first; one that holds another field is only a frame around it."""
    for control in reversed(list(root.iter(_SDT))):
        properties, content = control.find(w("sdtPr")), control.find(w("sdtContent"))
        if properties is None or content is None or _is_frame(properties, content):
            continue
        name = _name(properties)
        if name:
            place = places.of(next(content.iter(w("p")), control))
            _Marking(control, properties, content, place, ledger).mark(name)


def _is_frame(properties: Element, content: Element) -> bool:
    if any(properties.find(kind) is not None for kind in _NOT_FIELDS):
        return True
    if next(content.iter(f"{{{TEMPLATE}}}*", _SDT, w("tbl"), w("tr")), None) is not None:
        return True
    text = "".join(t.text or "" for t in content.iter(w("t")))
    return any(sign in text for sign in _TAGS)


def _name(properties: Element) -> str:
    for kind in ("tag", "alias"):
        found = properties.find(w(kind))
        if found is not None and (found.get(w("val")) or "").strip():
            return str(found.get(w("val"))).strip()
    return ""


class _Marking:
    def __init__(
        self, control: Element, properties: Element, content: Element, place: Place, ledger: Ledger
    ) -> None:
        self._control, self._properties, self._content = control, properties, content
        self._place, self._ledger = place, ledger

    def mark(self, name: str) -> None:
        path = Path(tuple(name.split(".")))
        kind = next((kind for tag, kind in _KINDS.items() if self._has(tag)), FieldKind.TEXT)
        placeholder = self._has(w("showingPlcHdr"))
        self._forget_old_value()
        if kind is FieldKind.BOOLEAN:
            self._check_box(path)
            return
        shown = _text(self._content)
        fallback = None if placeholder or not shown.strip() else shown
        if fallback is not None and _is_rich(self._content):
            self._keep_unless_given(path, kind)
            return
        self._fill(self._content, self._number(path, kind, fallback))

    def _number(self, path: Path, kind: FieldKind, fallback: str | None) -> int:
        return self._ledger.field(
            Expression(path, self._format()),
            source=f"[{path}]",
            place=self._place,
            syntax=Syntax.CONTENT_CONTROL,
            kind=kind,
            choices=self._choices(),
            fallback=fallback,
        )

    def _format(self) -> tuple[FilterCall, ...]:
        """How a date control writes its dates."""
        date = self._properties.find(w("date"))
        format_ = None if date is None else date.find(w("dateFormat"))
        picture = "" if format_ is None else format_.get(w("val"), "")
        if not picture:
            return ()
        language = date.find(w("lid"))
        locale = "" if language is None else language.get(w("val"), "")
        return (FilterCall("date", (date_pattern(picture), locale)),)

    def _has(self, tag: str) -> bool:
        return self._properties.find(tag) is not None

    def _choices(self) -> tuple[str, ...]:
        items = self._properties.iter(w("listItem"))
        texts = [item.get(w("displayText")) or item.get(w("value")) or "" for item in items]
        values = [item for item in texts if item]
        return tuple(dict.fromkeys(values[:200]))

    def _forget_old_value(self) -> None:
        """Word would otherwise restore what it knew: bound data, the placeholder, the last date."""
        for gone in (w("showingPlcHdr"), w("dataBinding"), f"{{{W15}}}dataBinding"):
            found = self._properties.find(gone)
            if found is not None:
                drop(found)
        for kind, attribute in (("date", "fullDate"), ("dropDownList", "lastValue")):
            found = self._properties.find(w(kind))
            if found is not None:
                found.attrib.pop(w(attribute), None)

    def _fill(self, content: Element, number: int) -> None:
        """Leave one run in the control, with the look of its first, holding the mark."""
        runs = list(content.iter(w("r")))
        look = self._look(runs)
        home = next(content.iter(w("p")), content)
        run = new_run(look, mark("field", n=number))
        if home is content:
            for child in list(content):
                drop(child)
            content.append(run)
            return
        for child in list(home):
            if child.tag != w("pPr"):
                drop(child)
        home.append(run)
        for other in [p for p in content.iter(w("p")) if p is not home]:
            drop(other)

    def _look(self, runs: list[Element]) -> Element | None:
        look = runs[0].find(w("rPr")) if runs else None
        look = self._properties.find(w("rPr")) if look is None else look
        if look is None:
            return None
        look = deepcopy(look)
        style = look.find(w("rStyle"))
        if style is not None and "placeholder" in (style.get(w("val")) or "").lower():
            drop(style)
        return look

    def _keep_unless_given(self, path: Path, kind: FieldKind) -> None:
        """Formatted content stays as it is in rows that have nothing for it."""
        condition = self._ledger.condition(
            (Given(path), None),
            source=f"[{path}]",
            place=self._place,
            syntax=Syntax.CONTENT_CONTROL,
        )
        number = self._number(path, kind, "")
        filled = deepcopy(self._control)
        self._fill(filled.find(w("sdtContent")), number)
        self._alternatives(condition, filled, self._control)

    def _check_box(self, path: Path) -> None:
        box = self._properties.find(f"{{{W14}}}checkbox")
        condition = self._ledger.condition(
            (Truth(Expression(path)), None),
            source=f"[{path}]",
            place=self._place,
            syntax=Syntax.CONTENT_CONTROL,
            kind=FieldKind.BOOLEAN,
        )
        checked, unchecked = deepcopy(self._control), self._control
        for twin, state in ((checked, True), (unchecked, False)):
            self._set_box(twin, box, checked=state)
        self._alternatives(condition, checked, unchecked)

    def _set_box(self, control: Element, box: Element, *, checked: bool) -> None:
        own = next(control.iter(f"{{{W14}}}checkbox"))
        value = own.find(f"{{{W14}}}checked")
        if value is None:
            value = own.makeelement(f"{{{W14}}}checked", nsmap=own.nsmap)
            own.insert(0, value)
        value.set(f"{{{W14}}}val", "1" if checked else "0")
        state = box.find(f"{{{W14}}}{'checkedState' if checked else 'uncheckedState'}")
        code = (state.get(f"{{{W14}}}val") if state is not None else None) or (
            "2612" if checked else "2610"
        )
        texts = list(control.find(w("sdtContent")).iter(w("t"), w("sym")))
        if texts and texts[0].tag == w("t"):
            texts[0].text = _glyph(code)

    def _alternatives(self, condition: int, first: Element, second: Element) -> None:
        self._control.addprevious(mark("open", n=condition))
        self._control.addprevious(first)
        self._control.addprevious(mark("branch", n=condition, i=1))
        self._control.addnext(mark("close", n=condition))
        for control in (first, second):
            identity = control.find(f"{w('sdtPr')}/{w('id')}")
            if identity is not None:
                drop(identity)


def _glyph(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return "\u2612"


def _text(content: Element) -> str:
    paragraphs = list(content.iter(w("p"))) or [content]
    return "\n".join(text_of(paragraph) for paragraph in paragraphs)


def _is_rich(content: Element) -> bool:
    """More than one run with a look of its own, or more than one paragraph."""
    if len(list(content.iter(w("p")))) > 1 or next(content.iter(w("drawing")), None) is not None:
        return True
    looks = {
        b"" if run.find(w("rPr")) is None else _canonical(run.find(w("rPr")))
        for run in content.iter(w("r"))
    }
    return len(looks) > 1


def _canonical(element: Element) -> bytes:
    data: bytes = etree.tostring(element, method="c14n")
    return data
