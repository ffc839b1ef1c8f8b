"""Refusals a caller can act on; only the edges know what they look like on the wire.

DomainError
├── Malformed             400  the request cannot be read as what it claims to be
├── Unauthenticated       401  nobody, or nobody any more
├── Forbidden             403  the actor may not do this
├── NotFound              404  it does not exist, or belongs to another workspace
├── Conflict              409  it is in a state that does not allow this
│   └── OverQuota         409  a stock (bytes, jobs) is used up
├── Gone                  410  it existed and was removed on purpose
├── PreconditionFailed    412  it changed since the caller read it
├── TooLarge              413  more bytes than this place takes
├── Invalid               422  understood, and against a rule
├── Locked                423  somebody else is at it just now
├── PreconditionRequired  428  the caller must say which version it means
├── TooMany               429  a rate is used up; `retry_after` says when it is not
├── Damaged               460  the bytes are not what the caller sent (a status of tus)
├── Unavailable           503  a collaborator is down or throttling; the same request may work later
└── Defect                500  our own fault: logged wherever it ends up
"""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """`code` is public and never changes; `facts` become members of the problem document."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts: Mapping[str, object] = facts


class Malformed(DomainError):
    """The request cannot be read as what it claims to be."""


class Unauthenticated(DomainError):
    """Nobody, or nobody any more."""


class Forbidden(DomainError):
    """The actor may not do this."""


class NotFound(DomainError):
    """The thing does not exist, or belongs to another workspace."""


class Conflict(DomainError):
    """The thing is in a state that does not allow this."""


class OverQuota(Conflict):
    """A stock is used up; facts: `quota`, `limit`, `used`, `left`, `wanted`."""


class Gone(DomainError):
    """The thing existed and was removed on purpose."""


class PreconditionFailed(DomainError):
    """The thing changed since the caller read it."""


class TooLarge(DomainError):
    """More bytes than this place takes; facts: `limit`."""


class Invalid(DomainError):
    """The request is understood, breaks a rule, and will break it again."""


class Locked(DomainError):
    """Somebody else is at it just now; facts: `retry_after` in seconds."""


class PreconditionRequired(DomainError):
    """The caller must say which version it means."""


class TooMany(DomainError):
    """A rate is used up; facts: `retry_after` in seconds."""


class Damaged(DomainError):
    """The bytes are not what the caller sent; the same bytes may be sent again."""


class Unavailable(DomainError):
    """A collaborator is down or throttling; the same request may work later."""


class Defect(DomainError):
    """Our own fault, found where no log can be written; `trace` has types and places, no values."""

    trace: str = ""


class ChangedMeanwhile(Conflict):
    code = "kernel.changed-meanwhile"
