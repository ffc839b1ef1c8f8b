"""Marks the fields of Word's legacy forms: FORMTEXT, FORMCHECKBOX, FORMDROPDOWN."""

from copy import deepcopy

from adapters.docx.fieldcodes import WordField, new_run, walk_outer_first
from adapters.docx.marking.ledger import Ledger, Places
from adapters.docx.wordml import Element, mark, w
from domain.documents.grammar import Expression, Path, Truth
from domain.documents.marks import FieldKind, Place, Syntax

_BLANKS = " \u2002\u00a0"


def mark_form_fields(root: Element, places: Places, ledger: Ledger) -> None:
    """Fields without a bookmark name cannot be addressed and stay as they are."""
    for field in walk_outer_first(root):
        form = None if field.is_simple() else field.begin.find(w("ffData"))
        name = _value(form, "name") if form is not None else ""
        if not name or not field.is_whole():
            continue
        place = places.of(field.begin)
        if field.keyword() == "FORMTEXT":
            _text(field, name, place, ledger)
        elif field.keyword() == "FORMDROPDOWN":
            _list(field, form, name, place, ledger)
        elif field.keyword() == "FORMCHECKBOX":
            _box(field, name, place, ledger)


def _text(field: WordField, name: str, place: Place, ledger: Ledger) -> None:
    shown = field.shown().strip(_BLANKS)
    runs = field.result_runs()
    number = ledger.field(
        Expression(Path((name,))),
        source=f"[{name}]",
        place=place,
        syntax=Syntax.FORM_FIELD,
        fallback=shown or None,
    )
    run = new_run(field.look(), mark("field", n=number))
    if not runs:
        field.replace([run])
        return
    runs[0].addprevious(run)
    for old in runs:
        old.getparent().remove(old)


def _list(field: WordField, form: Element, name: str, place: Place, ledger: Ledger) -> None:
    """Becomes text: what a list shows is a number among its entries, not a text of its own."""
    entries = [entry.get(w("val"), "") for entry in form.iter(w("listEntry"))]
    number = ledger.field(
        Expression(Path((name,))),
        source=f"[{name}]",
        place=place,
        syntax=Syntax.FORM_FIELD,
        kind=FieldKind.CHOICE,
        choices=tuple(dict.fromkeys(entry for entry in entries if entry.strip(_BLANKS))),
    )
    field.replace([new_run(field.look(), mark("field", n=number))])


def _box(field: WordField, name: str, place: Place, ledger: Ledger) -> None:
    condition = ledger.condition(
        (Truth(Expression(Path((name,)))), None),
        source=f"[{name}]",
        place=place,
        syntax=Syntax.FORM_FIELD,
        kind=FieldKind.BOOLEAN,
    )
    runs = field.runs()
    checked = [deepcopy(run) for run in runs]
    for twins, state in ((checked, "1"), (runs, "0")):
        for run in twins:
            for box in run.iter(w("checkBox")):
                _check(box, state)
    for element in (mark("open", n=condition), *checked, mark("branch", n=condition, i=1)):
        runs[0].addprevious(element)
    runs[-1].addnext(mark("close", n=condition))


def _check(box: Element, state: str) -> None:
    value = box.find(w("checked"))
    if value is None:
        value = box.makeelement(w("checked"), nsmap=box.nsmap)
        box.append(value)
    value.set(w("val"), state)


def _value(form: Element, name: str) -> str:
    found = form.find(w(name))
    return "" if found is None else str(found.get(w("val"), "")).strip()
