"""By the clock: end runs that nothing works on any more, so that nobody waits for them in vain."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.documents.ports import BulkRuns
from domain.identity.access import Permission
from domain.jobs.system import SystemActor
from domain.kernel.ports import UnitOfWork

PATIENCE: Final = timedelta(minutes=2)  # between the last sign of life and the end


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStalledRuns:
    pass


@dataclass(frozen=True, slots=True)
class EndStalledRunsHandler:
    """Idempotent: what is over is left alone."""

    runs: BulkRuns
    uow: UnitOfWork

    async def __call__(self, actor: SystemActor, command: EndStalledRuns) -> None:
        actor.require(Permission.DOCUMENTS_WRITE)
        await self.runs.end_stalled(PATIENCE)
        await self.uow.commit()
