"""Draws small documents with whichever engine a test is given."""

from collections.abc import Callable
from typing import Any, TypeAlias

from adapters.docx.marked import MarkedTemplate
from domain.documents.bindings import Bindings
from drawn import a_template, bindings_of

Draw: TypeAlias = Callable[[MarkedTemplate, Bindings], bytes]


def drawn(draw: Draw, body: str, row: dict[str, Any] | None = None, **more: Any) -> bytes:
    template = a_template(body, **more)
    return draw(template, bindings_of(template, row or {}))
