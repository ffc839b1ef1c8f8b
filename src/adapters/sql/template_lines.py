"""The list of templates, straight from rows to lines: the list that is asked for most often."""

from typing import Any, Final, LiteralString

from adapters.sql.reader import Reader
from domain.documents.ports import TemplateLines
from domain.documents.template import TemplateLine
from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest

_SELECT: Final = (  # the fields of a TemplateLine, in their order
    "SELECT id, name, description, active_number, latest_number, created_by, created_at,"
    " updated_at, archived_at FROM templates WHERE workspace_id = %s AND archived_at IS "
)
_AFTER: Final = " AND (created_at, id) < (%s, %s)"
_SEARCH: Final = r" AND name ILIKE %s ESCAPE '\'"
_ORDER: Final = " ORDER BY created_at DESC, id DESC LIMIT %s"


class SqlTemplateLines(TemplateLines):
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def page(
        self,
        workspace_id: WorkspaceId,
        *,
        search: str | None,
        archived: bool,
        request: PageRequest,
    ) -> Page[TemplateLine]:
        query: LiteralString = _SELECT + ("NOT NULL" if archived else "NULL")
        values: list[Any] = [workspace_id]
        if search:
            query += _SEARCH
            values.append(f"%{_literal(search)}%")
        if request.after is not None:
            query += _AFTER
            values += request.after
        rows = await self._reader.fetch(query + _ORDER, (*values, request.limit + 1))
        lines = tuple(map(TemplateLine._make, rows[: request.limit]))
        more = len(rows) > request.limit
        return Page(lines, (lines[-1].created_at, lines[-1].id) if more else None)


def _literal(text: str) -> str:
    """Nothing in it is a pattern."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
