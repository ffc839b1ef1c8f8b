"""Recompute a workspace's audit chain from its first entry."""

from dataclasses import dataclass

from domain.audit.entry import ChainCheck, ChainReader
from domain.audit.ports import AuditTrail
from domain.identity.access import Actor, Permission

_PAGE = 500


@dataclass(frozen=True, slots=True)
class CheckChainHandler:
    trail: AuditTrail

    async def __call__(self, actor: Actor) -> ChainCheck:
        actor.require(Permission.AUDIT_READ)
        head_seq, head_hash = await self.trail.head()
        reader = ChainReader()
        while reader.broken is None and reader.seq < head_seq:
            entries = await self.trail.sealed(reader.seq, min(_PAGE, head_seq - reader.seq))
            if not entries:
                break
            reader.follow(entries)
        return reader.result(head_seq, head_hash)
