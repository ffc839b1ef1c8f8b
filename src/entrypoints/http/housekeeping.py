"""What every API process does besides answering: seal the audit trail, sweep what has expired.

Any number of processes may do both at once; the database sorts out who does what.
"""

import asyncio
import time
from typing import Final

import structlog
from dishka import AsyncContainer
from sqlalchemy.exc import SQLAlchemyError

from domain.audit.ports import AuditSealer
from domain.identity.ports import ExpirySweep

SEAL_EVERY_S: Final = 0.5
SWEEP_EVERY_S: Final = 600.0
_log: Final = structlog.get_logger("housekeeping")


async def keep_house(container: AsyncContainer) -> None:
    """Until cancelled. A database that is away is waited for."""
    swept = time.monotonic() - SWEEP_EVERY_S + 30
    while True:
        await asyncio.sleep(SEAL_EVERY_S)
        try:
            async with container() as scope:
                await (await scope.get(AuditSealer)).seal()
            if time.monotonic() - swept > SWEEP_EVERY_S:
                swept = time.monotonic()
                async with container() as scope:
                    await (await scope.get(ExpirySweep)).sweep()
        except (SQLAlchemyError, OSError, TimeoutError):
            _log.warning("housekeeping_failed", exc_info=True)
            await asyncio.sleep(5)
