"""Three workers on the real engine agree with a model, whatever they do in whatever order (R4)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.jobs_views import SqlJobs
from domain.identity.access import Actor
from domain.jobs.claim import Settlement
from domain.jobs.job import JobAlreadyFinished, JobId, JobNotFailed, JobStatus
from domain.jobs.ports import Jobs
from engine_model import Job, Model
from entrypoints.wiring.job_engine import Engine
from tenants import Tenants
from workshop import Workshop

WORKERS = ("a", "b", "c")
a_number = st.integers(0, 3)
a_worker = st.sampled_from(WORKERS)
a_claim = st.tuples(st.just("claim"), a_worker, st.integers(1, 3))
an_end = st.tuples(
    st.just("settle"),
    a_worker,
    a_number,
    st.sampled_from([JobStatus.SUCCESS, JobStatus.FAILED, *[JobStatus.QUEUED] * 4]),
    st.booleans(),
)
a_loss = st.tuples(st.just("lose"), a_number)
# Losses, claims and ends come often, so that claims which are out of date meet newer ones.
MOVES = st.lists(
    st.one_of(
        *[a_claim, a_loss, an_end] * 2,
        st.tuples(st.just("enqueue")),
        st.tuples(st.just("beat"), a_worker),
        st.tuples(st.just("expire"), a_number),
        st.tuples(st.just("reap")),
        st.tuples(st.just("hasten")),
        st.tuples(st.just("cancel"), a_number),
        st.tuples(st.just("redrive"), a_number),
    ),
    min_size=20,
    max_size=50,
)


@dataclass
class Play:
    """One sequence. Workers never forget a claim: most of what they say is out of date."""

    workshop: Workshop
    tenants: Tenants
    engine: Engine
    actor: Actor
    model: Model = field(default_factory=Model)
    held: dict[str, dict[UUID, int]] = field(default_factory=lambda: {each: {} for each in WORKERS})

    async def enqueue(self) -> None:
        self.model.jobs[await self.workshop.enqueue(self.actor)] = Job()

    async def claim(self, worker: str, slots: int) -> None:
        ready = self.model.ready()
        claims = await self.engine.board.claim(worker, {"io": slots})
        assert {claim.id for claim in claims} <= ready
        assert len(claims) == min(slots, len(ready))
        for claim in claims:
            assert claim.fence == self.model.claimed(claim.id)
            self.held[worker][claim.id] = claim.fence

    async def beat(self, worker: str) -> None:
        held = self.held[worker]
        heard = await self.engine.board.beat({JobId(job): fence for job, fence in held.items()})
        assert heard == self.model.beat(held)

    async def settle(self, worker: str, number: int, wish: JobStatus, charge: bool) -> None:  # noqa: FBT001
        for job, fence in self._pick(self.held[worker], number):
            settlement = Settlement(
                job_id=JobId(job), fence=fence, status=wish, charge=charge, reason="test"
            )
            became = await self.engine.board.settle([settlement])
            assert became == self.model.settle(job, fence, wish, charge=charge)

    async def expire(self, number: int) -> None:
        for job, _ in self._pick(self.model.jobs, number):
            self.workshop.do(
                "UPDATE jobs SET lease_until = now() - interval '1 s'"
                " WHERE id = %s AND lease_until IS NOT NULL",
                job,
            )
            self.model.expire(job)

    async def lose(self, number: int) -> None:
        """Its worker vanishes, and the job is due again."""
        await self.expire(number)
        await self.reap()
        await self.hasten()

    async def reap(self) -> None:
        await self.engine.board.reap()
        self.model.reap()

    async def hasten(self) -> None:
        await self.engine.board.hasten()
        self.model.hasten()

    async def cancel(self, number: int) -> None:
        for job, _ in self._pick(self.model.jobs, number):
            async with self._jobs() as (jobs, session):
                if self.model.cancel(job):
                    await jobs.cancel(JobId(job))
                    await session.commit()
                else:
                    with pytest.raises(JobAlreadyFinished):
                        await jobs.cancel(JobId(job))

    async def redrive(self, number: int) -> None:
        for job, _ in self._pick(self.model.jobs, number):
            async with self._jobs() as (jobs, session):
                if self.model.redrive(job):
                    await jobs.redrive(JobId(job), "a test says so")
                    await session.commit()
                else:
                    with pytest.raises(JobNotFailed):
                        await jobs.redrive(JobId(job), "a test says so")

    def agree(self) -> None:
        for job, known in self.model.jobs.items():
            row = self.workshop.job(job)
            facts = row["status"], row["fence"], row["attempt"], row["lost"], row["seq"]
            assert facts == known.facts
            assert len(self.workshop.events(job)) == known.events

    @asynccontextmanager
    async def _jobs(self) -> AsyncIterator[tuple[Jobs, AsyncSession]]:
        """As the API does it."""
        async with self.tenants.session(self.actor) as session:
            yield SqlJobs(session), session

    @staticmethod
    def _pick(among: dict[UUID, Any], number: int) -> Iterator[tuple[UUID, Any]]:
        """One of them, if there is any."""
        if among:
            yield list(among.items())[number % len(among)]


# Not shrunk: with a database behind it that takes minutes, and the sequence is told anyway.
@settings(max_examples=25, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(moves=MOVES)
async def test_the_engine_agrees_with_its_model(
    workshop: Workshop, tenants: Tenants, moves: list[tuple[Any, ...]]
) -> None:
    workshop.do("DELETE FROM jobs")
    async with workshop.engine() as engine:
        play = Play(workshop, tenants, engine, tenants.actor())
        for _ in range(2):
            await play.enqueue()
        for word, *values in moves:
            await getattr(play, word)(*values)
        play.agree()
