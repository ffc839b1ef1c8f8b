"""Which failures are worth another try, when, and at whose expense."""

from typing import Any, Final

from domain.jobs.claim import Claim, Settlement
from domain.jobs.job import JobStatus
from domain.kernel.errors import (
    ChangedMeanwhile,
    Conflict,
    DomainError,
    Gone,
    TooMany,
    Unavailable,
)

WORTH_RETRYING: Final = (Unavailable, ChangedMeanwhile, TooMany)
_FIRST_DELAY: Final = 10.0
_GROWTH: Final = 4.0
_LONGEST_DELAY: Final = 600.0
_SPREAD: Final = 0.2
_LONGEST_MESSAGE: Final = 500


class Retry(Exception):
    """Raised by a handler that wants another turn: `after` seconds (None: the usual back-off)."""

    def __init__(self, after: float | None = None, *, charge: bool = True) -> None:
        super().__init__(after, charge)
        self.after, self.charge = after, charge


class Refused(Exception):
    """Raised by an external call that certainly had no effect: its intent is withdrawn.

    The attempt then fails with `because`, and a later one may simply call again.
    """

    def __init__(self, because: Exception) -> None:
        super().__init__(because)
        self.because = because


class LostLease(Exception):
    """Another claim owns the job now, or may: what is not committed yet must be dropped."""


class UnknownOutcome(Conflict):
    """A call outside may or may not have happened and nobody can tell; facts: `step`."""

    code = "jobs.unknown-outcome"


class TimedOut(DomainError):
    """One attempt took longer than its kind allows; facts: `seconds`."""

    code = "jobs.timed-out"


class Interrupted(Unavailable):
    """The handler was cancelled, and not by the worker: a defect, at the job's expense."""

    code = "jobs.interrupted"


class Expired(Gone):
    """The whole job took longer than it may, retries and waiting included."""

    code = "jobs.expired"


class GaveUp(Conflict):
    """A handler asked for another turn as often as it may."""

    code = "jobs.gave-up"


class LeasesLost(Unavailable):
    """Workers vanished while working on this job."""

    code = "jobs.lease-lost"


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after failure number `attempt` (from 0): 10, 40, 160, … +-20 %.

    `jitter` is a random number from 0 to 1.
    """
    delay = min(_LONGEST_DELAY, _FIRST_DELAY * _GROWTH**attempt)
    return delay * (1 - _SPREAD + 2 * _SPREAD * jitter)


def succeeded(claim: Claim) -> Settlement:
    return Settlement(
        job_id=claim.id, fence=claim.fence, status=JobStatus.SUCCESS, reason="success"
    )


def cancelled(claim: Claim) -> Settlement:
    return Settlement(
        job_id=claim.id, fence=claim.fence, status=JobStatus.CANCELLED, reason="cancelled"
    )


def handed_back(claim: Claim) -> Settlement:
    """The worker stops: another may begin at once, and nothing is charged."""
    return _again(claim, 0.0, charge=False, reason="handed-back")


def interrupted(claim: Claim, jitter: float) -> Settlement:
    """The database went away under the handler: not the job's fault, nor the handler's."""
    return _again(claim, 2.0 + 3.0 * jitter, charge=False, reason="outage")


def failed(claim: Claim, error: Exception, jitter: float) -> Settlement:
    """What an exception that left a handler means for its job."""
    if isinstance(error, Retry):
        delay = backoff(claim.attempt, jitter) if error.after is None else error.after
        return _again(claim, delay, charge=error.charge, reason="asked")
    if isinstance(error, DomainError) and not isinstance(error, (*WORTH_RETRYING, TimedOut)):
        return Settlement(
            job_id=claim.id,
            fence=claim.fence,
            status=JobStatus.FAILED,
            error=describe(error),
            charge=True,
            reason="refused",
        )
    delay = max(backoff(claim.attempt, jitter), _asked_for(error))
    return _again(claim, delay, charge=True, reason=_word(error), error=describe(error))


def describe(error: Exception) -> dict[str, Any]:
    """What watchers are told: our own words for what we know, nothing of a surprise's text."""
    if isinstance(error, DomainError):
        facts = {name: _plain(value) for name, value in error.facts.items()}
        return {"code": error.code, "message": _clean(str(error)), "facts": facts}
    return {
        "code": "jobs.unexpected",
        "message": "Something failed on our side; the log has it under this job's id.",
        "facts": {"type": type(error).__name__},
    }


def _again(
    claim: Claim, delay: float, *, charge: bool, reason: str, error: dict[str, Any] | None = None
) -> Settlement:
    return Settlement(
        job_id=claim.id,
        fence=claim.fence,
        status=JobStatus.QUEUED,
        error=error,
        charge=charge,
        delay=delay,
        reason=reason,
    )


def _word(error: Exception) -> str:
    if isinstance(error, TimedOut):
        return "timed-out"
    return "unavailable" if isinstance(error, (DomainError, OSError)) else "unexpected"


def _asked_for(error: Exception) -> float:
    """`retry_after` of a throttling collaborator, in seconds; bounded: it comes from outside."""
    asked = error.facts.get("retry_after", 0) if isinstance(error, DomainError) else 0
    return min(float(asked), 3600.0) if isinstance(asked, (int, float)) else 0.0


def _plain(value: object) -> object:
    """Facts become JSON in the job's row, whatever a handler put there."""
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(each) for each in value]
        case _:
            return _clean(str(value))


def _clean(text: str) -> str:
    """PostgreSQL's JSON knows no NUL and no half surrogates; long texts belong into the log."""
    text = text[:_LONGEST_MESSAGE].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace").decode()
