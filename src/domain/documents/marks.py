"""Marks: what a template asks to be filled, numbered, and placed in a tree by `parent`."""

from dataclasses import dataclass
from enum import StrEnum

from domain.documents.grammar import Condition, Expression


class Syntax(StrEnum):
    TAG = "tag"  # {{ }} and {% %}
    MERGE_FIELD = "merge-field"
    CONTENT_CONTROL = "content-control"
    FORM_FIELD = "form-field"


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    CURRENCY = "currency"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    IMAGE = "image"
    LINK = "link"
    LIST = "list"
    OBJECT = "object"
    SUBDOCUMENT = "subdocument"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A paragraph: its part, its position among the part's paragraphs (from 0), its text."""

    part: str
    paragraph: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    n: int  # unique over the whole template, and its index in the template's marks
    source: str  # as written, or «name» for a Word field
    syntax: Syntax
    place: Place
    parent: int | None = None  # the loop or condition around it
    branch: int = 0  # in which branch of that condition it stands


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMark(_Mark):
    expression: Expression
    kind: FieldKind | None = None  # what Word says it is; None when only filters can tell
    choices: tuple[str, ...] = ()
    fallback: str | None = None  # what the template shows where the row has nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopMark(_Mark):
    variable: str
    items: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionMark(_Mark):
    branches: tuple[Condition | None, ...]  # the first that holds is taken; None always holds
    kind: FieldKind | None = None


Mark = FieldMark | LoopMark | ConditionMark
