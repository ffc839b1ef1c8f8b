"""One SQLAlchemy session as a unit of work."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from domain.kernel.errors import ChangedMeanwhile
from domain.kernel.ports import UnitOfWork


class SqlUnitOfWork(UnitOfWork):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._after: list[Callable[[], Awaitable[None]]] = []
        self._held = False

    def after_commit(self, action: Callable[[], Awaitable[None]]) -> None:
        self._after.append(action)

    def hold(self) -> None:
        """From now on `commit` only sends the changes; `release` makes them durable.

        For an edge that must store its answer in the same transaction as what it answers.
        """
        self._held = True

    async def release(self) -> None:
        self._held = False
        await self.commit()

    async def commit(self) -> None:
        try:
            await (self._session.flush() if self._held else self._session.commit())
        except StaleDataError as error:
            raise ChangedMeanwhile("Someone else changed this first; read it again.") from error
        if self._held:
            return
        actions, self._after = self._after, []
        for action in actions:
            with suppress(Exception):  # the changes are durable; a missed bell costs only time
                await action()

    async def rollback(self) -> None:
        self._after.clear()
        await self._session.rollback()
