"""One attempt at one job: find its handler, run it within its limits, say what became of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import structlog

from application.jobs.heart import Heart
from application.jobs.kinds import JobKinds, decode
from application.jobs.lease import Ending, Lease
from application.jobs.settling import Settler
from domain.identity.access import Actor, NotAMember
from domain.jobs.claim import Claim, Settlement
from domain.jobs.engine_ports import JobBoard, JobMeter
from domain.jobs.outcome import (
    Interrupted,
    LostLease,
    Retry,
    TimedOut,
    cancelled,
    failed,
    handed_back,
    interrupted,
    succeeded,
)
from domain.jobs.ports import RunHints
from domain.jobs.system import SystemActor
from domain.kernel.errors import Defect, DomainError

Handler = Callable[[Any, Any], Awaitable[None]]
HandlerScope = Callable[[Lease, type[Any]], AbstractAsyncContextManager[Handler]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attempts:
    """`scope` opens what one attempt needs: a session bound to its actor, proving its lease."""

    kinds: JobKinds
    scope: HandlerScope
    board: JobBoard
    heart: Heart
    settler: Settler
    meter: JobMeter
    hints: RunHints
    jitter: Callable[[], float]

    async def __call__(self, claim: Claim, deadline: float) -> None:
        """Returns once the outcome is durable, or is no longer ours to say. Never raises."""
        lease = Lease(claim=claim, deadline=deadline)
        ids = {"job_id": claim.id, "root_id": claim.root_id, "workspace_id": claim.workspace_id}
        with structlog.contextvars.bound_contextvars(
            **{name: str(value) for name, value in ids.items() if value is not None},
            **({"request_id": claim.request_id} if claim.request_id else {}),
            **({"traceparent": claim.traceparent} if claim.traceparent else {}),
        ):
            began = time.monotonic()
            self.meter.started(claim)
            self.hints.touched([claim.root_id])
            settlement = await self._outcome(lease)
            if settlement is None or not (
                became := await self.settler.settle(settlement, lease.is_safe)
            ):
                self.meter.lost(claim)
                log.warning("lease lost", kind=claim.kind, fence=claim.fence)
                return
            self.meter.ended(claim, became, settlement.reason, time.monotonic() - began)
            self.hints.touched([claim.root_id])

    async def _outcome(self, lease: Lease) -> Settlement | None:
        """None: the lease is lost."""
        claim = lease.claim
        if claim.cancelled:
            return cancelled(claim)
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - we are a coroutine
        self.heart.hold(lease, work)
        try:
            await self._handle(lease)
        except asyncio.CancelledError as error:
            work.uncancel()
            if lease.ending is None:  # a library's own; handed back, it would come round for ever
                return self._failed(claim, _stray(error))
            return _stopped(lease, lease.ending)
        except LostLease:
            return None
        except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to the job
            return self._failed(claim, error)
        finally:
            self.heart.release(lease)
        return succeeded(claim)

    async def _handle(self, lease: Lease) -> None:
        claim = lease.claim
        kind = self.kinds.named(claim.kind)
        command = decode(kind, claim.payload)
        actor = _actor(claim)
        limit = asyncio.timeout(min(kind.timeout.total_seconds(), max(claim.expires_in, 0.0)))
        try:
            async with limit, self.scope(lease, kind.handler) as handle:
                await handle(actor, command)
        except TimeoutError:
            if not limit.expired():
                raise
            seconds = round(kind.timeout.total_seconds())
            raise TimedOut(f"The attempt took longer than {seconds} s.", seconds=seconds) from None

    def _failed(self, claim: Claim, error: Exception) -> Settlement:
        if self.board.is_outage(error):
            log.warning("interrupted by an outage", kind=claim.kind, exc_info=error)
            return interrupted(claim, self.jitter())
        if isinstance(error, (Defect, Interrupted)) or not isinstance(error, (DomainError, Retry)):
            log.error("handler failed", kind=claim.kind, attempt=claim.attempt, exc_info=error)
        return failed(claim, error, self.jitter())


def _actor(claim: Claim) -> Actor | SystemActor:
    """Raises NotAMember: permissions are read when a job runs, never stored with it."""
    if claim.actor_id is None or claim.workspace_id is None:
        return SystemActor(workspace_id=claim.workspace_id)
    if claim.role is None:
        raise NotAMember("Whoever asked for this is no longer a member of the workspace.")
    return Actor(
        user_id=claim.actor_id,
        workspace_id=claim.workspace_id,
        role=claim.role,
        extra=claim.permissions,
    )


def _stray(error: asyncio.CancelledError) -> Interrupted:
    stray = Interrupted("The attempt was cancelled from within.")
    stray.__cause__ = error
    return stray


def _stopped(lease: Lease, ending: Ending) -> Settlement | None:
    match ending:
        case Ending.LOST:
            return None
        case Ending.UNWANTED:
            return cancelled(lease.claim)
        case Ending.STOP:
            return handed_back(lease.claim)
