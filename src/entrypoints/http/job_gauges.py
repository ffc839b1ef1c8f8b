"""Queue numbers for a scrape: two short queries, asked at most every five seconds."""

import asyncio
import time
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.prometheus.queues import DEPTH, INTENTS, OLDEST, OUTBOX, WORKERS

FRESH_S: Final = 5.0
_PATIENCE_S: Final = 2.0
_QUEUES: Final = text("SELECT * FROM app.queue_gauges()")
_ENGINE: Final = text("SELECT * FROM app.engine_gauges()")
_log: Final = structlog.get_logger("metrics")


class JobGauges:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._read_at = float("-inf")

    async def refresh(self) -> None:
        """While the database is away there are no numbers; stale ones would look like rest."""
        if time.monotonic() - self._read_at < FRESH_S:
            return
        self._read_at = time.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._read()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            DEPTH.clear()
            OLDEST.clear()
            WORKERS.set(float("nan"))
            _log.warning("queues could not be counted", exc_info=error)

    async def _read(self) -> None:
        async with self._engine.connect() as connection:
            for row in await connection.execute(_QUEUES):
                for state in ("ready", "scheduled", "processing"):
                    DEPTH.labels(row.queue, state).set(getattr(row, state))
                OLDEST.labels(row.queue).set(row.oldest)
            rest = (await connection.execute(_ENGINE)).one()
        OUTBOX.set(rest.outbox_oldest)
        INTENTS.set(rest.intents)
        WORKERS.set(rest.workers)
