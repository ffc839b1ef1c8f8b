"""The short way to the database for questions: psycopg itself, without a session in between.

A session costs a millisecond before it has asked anything. Who is asking, and the lists that are
asked for hundreds of times a second, go this way; changes go through the session.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from adapters.sql.session import CONNECT_ARGUMENTS, POOL_PATIENCE_S, Principal, Standing

Connection = AsyncConnection[TupleRow]

_STANDING: Final = "SELECT role, permissions, session_ended FROM app.standing(%s, %s, %s)"
# One message, so one round trip; its parameters are ids and small numbers, never text.
_BEGIN: Final = (
    "BEGIN; SELECT role, permissions, session_ended FROM app.enter({}, {}, {}::smallint, {})"
)


class PoolExhausted(OperationalError):
    """Every connection was busy for five seconds."""


class Connections:
    """A few connections in autocommit, the one used last first; broken ones are replaced."""

    def __init__(self, url: str, size: int) -> None:
        self._url, self._idle = url, list[Connection]()
        self._free = asyncio.Semaphore(size)
        self._closed = False

    async def take(self, *, fresh: bool = False) -> Connection:
        """`fresh`: a new one, because an idle one turned out to be dead."""
        try:
            async with asyncio.timeout(POOL_PATIENCE_S):
                await self._free.acquire()
        except TimeoutError as error:
            raise PoolExhausted("every connection is busy") from error
        try:
            while self._idle and not fresh:
                connection = self._idle.pop()
                if not connection.closed:
                    return connection
            return await AsyncConnection.connect(self._url, autocommit=True, **CONNECT_ARGUMENTS)
        except BaseException:
            self._free.release()
            raise

    async def give_back(self, connection: Connection) -> None:
        try:
            if connection.info.transaction_status is not TransactionStatus.IDLE:
                await connection.rollback()
        except OperationalError:
            pass
        finally:
            if self._closed or connection.info.transaction_status is not TransactionStatus.IDLE:
                await connection.close()
            else:
                self._idle.append(connection)
            self._free.release()

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().close()


class Reader:
    """One request's questions, all in one transaction of its own once `begin` was called."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._connection: Connection | None = None

    async def standing(self, principal: Principal) -> Standing:
        """Who this is in their workspace; nothing stays open."""
        values = (principal.user_id, principal.workspace_id, principal.session_id)
        rows = await self._once(_STANDING, values)
        return _standing(rows[0])

    async def ask(self, query: LiteralString, *values: object) -> list[TupleRow]:
        """One statement on its own, for nobody in particular."""
        return await self._once(query, values)

    async def begin(self, principal: Principal) -> Standing:
        """Open the transaction that `fetch` reads in, as this principal. One round trip."""
        statement = _BEGIN.format(
            _uuid(principal.user_id),
            _uuid(principal.workspace_id),
            int(principal.max_rank),
            _uuid(principal.session_id),
        )
        connection, cursor = await self._start(statement, None)
        self._connection = connection
        cursor.nextset()
        return _standing(await cursor.fetchone())

    async def fetch(self, query: LiteralString, values: Sequence[object] = ()) -> list[TupleRow]:
        """All rows of a query, under the policies of the principal that began."""
        if self._connection is None:
            raise RuntimeError("begin(principal) comes before the first question")
        cursor = await self._connection.execute(query, values)
        return await cursor.fetchall()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._connections.give_back(connection)

    async def _once(self, query: Any, values: Sequence[object]) -> list[TupleRow]:
        connection, cursor = await self._start(query, values)
        try:
            rows: list[TupleRow] = await cursor.fetchall()
            return rows
        finally:
            await self._connections.give_back(connection)

    async def _start(self, query: Any, values: Sequence[object] | None) -> tuple[Connection, Any]:
        """The first statement of a request; a connection found dead is replaced once."""
        connection = await self._connections.take()
        try:
            return connection, await connection.execute(query, values)
        except OperationalError:
            dead = connection.closed
            await self._connections.give_back(connection)
            if not dead:
                raise
        except BaseException:
            await self._connections.give_back(connection)
            raise
        connection = await self._connections.take(fresh=True)
        try:
            return connection, await connection.execute(query, values)
        except BaseException:
            await self._connections.give_back(connection)
            raise


def _standing(row: TupleRow) -> Standing:
    return Standing(row[0], tuple(row[1] or ()), bool(row[2]))


def _uuid(value: UUID | None) -> str:
    return "NULL" if value is None else f"'{UUID(str(value))}'"
