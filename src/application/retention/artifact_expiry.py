"""How artifacts go: unreadable at once, then the object, then the row; safe to stop anywhere."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.artifacts.ports import BlobStore
from domain.identity.access import WorkspaceId
from domain.kernel.ports import Clock, UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.retention.policy import BATCH
from domain.retention.ports import ArtifactRemovals, Due, Expirable, Removed

_AT_ONCE = 8  # deletions on the wire


@dataclass(frozen=True, slots=True)
class ArtifactExpiry(Expirable):
    removals: ArtifactRemovals
    store: BlobStore
    clock: Clock
    uow: UnitOfWork

    name: ClassVar[str] = "artifacts"  # type: ignore[misc]  # the port's, the same for all instances
    classes: ClassVar[Sequence[RetentionClass | None]] = (*RetentionClass, None)  # type: ignore[misc]

    async def due(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, samples: int
    ) -> Due:
        return await self.removals.due(workspace_id, kind, cut, samples)

    async def remove(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, limit: int
    ) -> Removed:
        now = self.clock.now()
        removed = await self.removals.mark(workspace_id, kind, cut, now, limit)
        await self.uow.commit()
        if removed.count:
            await self.finish(workspace_id)
        return removed

    async def finish(self, workspace_id: WorkspaceId) -> int:
        """Delete every object that nothing names, then its row; answers how many objects."""
        deleted = 0
        while True:
            keys = await self.removals.condemn(workspace_id, self.clock.now(), BATCH)
            await self.uow.commit()  # from here on nobody can name them; no transaction stays open
            await self._delete(keys)
            forgotten = await self.removals.forget(workspace_id, keys)
            await self.uow.commit()
            deleted += len(keys)
            if len(keys) < BATCH or forgotten == 0:  # some are named by what must stay
                return deleted

    async def _delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _AT_ONCE):
            await _all(self.store.delete(key) for key in keys[start : start + _AT_ONCE])


async def _all(acts: Iterable[object]) -> None:
    await asyncio.gather(*acts)  # type: ignore[call-overload]
