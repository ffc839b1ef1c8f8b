"""Turns the clock's slots into jobs; every worker does, and the ledger lets one of them win."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.jobs.engine_ports import CronLedger
from domain.jobs.schedule import CronEntry


@dataclass(frozen=True, slots=True)
class Cron:
    entries: Sequence[CronEntry]
    ledger: CronLedger

    async def tick(self) -> int:
        """Enqueue what is due; answers how many slots this worker won."""
        if not self.entries:
            return 0
        now = await self.ledger.now()
        won = 0
        for entry in self.entries:
            last = await self.ledger.last(entry.name)
            if last is None:  # new here: its first slot is the next one
                await self.ledger.skip(entry.name, entry.newest(now))
                continue
            due = entry.due(last, now)
            runs = entry.runs(due, now)
            for slot in due:
                if slot not in runs:
                    await self.ledger.skip(entry.name, slot)
                elif await self.ledger.run(entry.name, slot, entry.command, subject(entry.name)):
                    won += 1
        return won


def subject(name: str) -> UUID:
    """What the jobs of one entry are about: always the same, so that slots are its versions."""
    return uuid5(NAMESPACE_URL, f"atelier:cron:{name}")
