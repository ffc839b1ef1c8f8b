"""Broken constraints as the refusals they stand for, found by the constraint's name."""

from collections.abc import Callable
from typing import Final

from psycopg import Error as DriverError
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import ExceptionContext, event
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.identity.access import PermissionDenied
from domain.kernel.errors import DomainError

_REFUSALS: Final[dict[str, Callable[[], DomainError]]] = {}


def refuse(constraint: str, error: type[DomainError], message: str) -> None:
    """Whoever owns a table says once what breaking its constraint means to a user."""
    _REFUSALS[constraint] = lambda: error(message)


def translate_refusals(engine: AsyncEngine) -> None:
    """From now on statements on `engine` raise our refusals instead of the driver's."""
    event.listen(engine.sync_engine, "handle_error", _translate)


def _translate(context: ExceptionContext) -> None:
    error = context.original_exception
    if not isinstance(error, DriverError):
        return
    known = _REFUSALS.get(error.diag.constraint_name or "")
    if known is not None:
        raise known() from error
    if isinstance(error, InsufficientPrivilege) and "row-level security" in str(error):
        raise PermissionDenied("The database does not allow you this change.") from error
