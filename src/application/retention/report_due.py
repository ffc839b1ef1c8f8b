"""The dry run of retention: what would go now, and why; removes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock
from domain.kernel.retention import RetentionClass
from domain.retention.policy import RetentionPolicy, check_days
from domain.retention.ports import Due, Expirables, Policies

SAMPLES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDue:
    """`days` asks what would go under other numbers than those that hold."""

    days: Mapping[RetentionClass, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """One kind of thing of one class. `kind` None: goes with the workspace alone."""

    what: str
    kind: RetentionClass | None
    days: int | None
    cut: datetime
    due: Due


@dataclass(frozen=True, slots=True)
class ReportDueHandler:
    policies: Policies
    expirables: Expirables
    clock: Clock

    async def __call__(self, actor: Actor, command: ReportDue) -> tuple[DueLine, ...]:
        actor.require(Permission.RETENTION_READ)
        now = self.clock.now()
        policy = await self.policies.get(actor.workspace_id)
        supposed = {kind: check_days(kind, days) for kind, days in command.days.items()}
        policy = RetentionPolicy(
            workspace_id=policy.workspace_id,
            days={**policy.days, **supposed},
            closed_at=policy.closed_at,
        )
        lines = []
        for expirable in self.expirables.items:
            for kind in expirable.classes:
                cut = policy.cut(kind, now)
                if cut is not None:
                    due = await expirable.due(actor.workspace_id, kind, cut, SAMPLES)
                    days = None if kind is None else policy.days_of(kind)
                    lines.append(
                        DueLine(what=expirable.name, kind=kind, days=days, cut=cut, due=due)
                    )
        return tuple(lines)
