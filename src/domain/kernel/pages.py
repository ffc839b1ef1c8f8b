"""One page of a list, and where the next one starts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

Position = tuple[str | int | datetime | UUID, ...]  # the sort columns of the last row seen
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """At most `limit` rows that follow `after` in the list's own order; None: the first ones."""

    limit: int = DEFAULT_LIMIT
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is None on the last page."""

    items: tuple[T, ...]
    next: Position | None = None
