"""Keyset pages: the rows after a position, in the order of the sort columns."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Uuid, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.kernel.pages import Page, PageRequest, Position

T = TypeVar("T")


async def read_page(
    session: AsyncSession,
    query: Select[Any],
    keys: Sequence[ColumnElement[Any]],
    request: PageRequest,
    make: Callable[[RowMapping], T],
    *,
    descending: bool = True,
) -> Page[T]:
    """One page of `query`, sorted by `keys`, which it must select under their own names.

    `make` gets each row as a mapping. The keys together are unique and not null, and an index
    has them in this order.
    """
    order = [key.desc() if descending else key.asc() for key in keys]
    page = query.order_by(*order).limit(request.limit + 1)
    if request.after is not None:
        last = tuple_(*_typed(keys, request.after))
        page = page.where(tuple_(*keys) < last if descending else tuple_(*keys) > last)
    rows = (await session.execute(page)).mappings().all()
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    position = tuple(rows[-1][key.key] for key in keys) if more else None
    return Page(tuple(make(row) for row in rows), position)


def _typed(keys: Sequence[ColumnElement[Any]], position: Position) -> list[Any]:
    """A position that came over the wire has its UUIDs as text."""
    return [
        UUID(value) if isinstance(key.type, Uuid) and isinstance(value, str) else value
        for key, value in zip(keys, position, strict=True)
    ]
