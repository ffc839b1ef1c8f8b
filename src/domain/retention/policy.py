"""How many days a workspace keeps what it has, class by class."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Invalid, PreconditionFailed
from domain.kernel.retention import RetentionClass

SHORTEST, LONGEST = 1, 3650  # days
STANDARD: Final[Mapping[RetentionClass, int]] = {
    RetentionClass.RAW_INPUT: 30,
    RetentionClass.ARTIFACT: 90,
    RetentionClass.LOG: 15,
    RetentionClass.BULK_ZIP: 7,
}
AFTERLIFE: Final = timedelta(days=30)  # what a deleted workspace held goes after this
BATCH: Final = 500


class BadRetention(Invalid):
    """Facts: `retention`, `shortest`, `longest`."""

    code = "retention.bad-days"


class PolicyChanged(PreconditionFailed):
    code = "retention.policy-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """`days` holds what an admin set; `version` 1 is the policy nobody has changed yet.

    `closed_at`: when the workspace was deleted.
    """

    workspace_id: WorkspaceId
    days: Mapping[RetentionClass, int] = field(default_factory=dict)
    version: int = 1
    updated_by: UserId | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None

    def days_of(self, kind: RetentionClass) -> int:
        return self.days.get(kind, STANDARD[kind])

    def cut(self, kind: RetentionClass | None, now: datetime) -> datetime | None:
        """What was made at this moment or before is over; None: nothing is.

        Things without a class go with their workspace alone.
        """
        if self.closed_at is not None and self.closed_at + AFTERLIFE <= now:
            return now
        return None if kind is None else now - timedelta(days=self.days_of(kind))

    def changed(
        self,
        days: Mapping[RetentionClass, int | None],
        *,
        expected_version: int,
        by: UserId,
        now: datetime,
    ) -> "RetentionPolicy":
        """With some numbers replaced; None goes back to the standard."""
        if expected_version != self.version:
            raise PolicyChanged("Someone else changed the policy first; read it again.")
        kept = {
            kind: check_days(kind, n) for kind, n in {**self.days, **days}.items() if n is not None
        }
        return replace(self, days=kept, version=self.version + 1, updated_by=by, updated_at=now)


def check_days(kind: RetentionClass, days: int) -> int:
    if not SHORTEST <= days <= LONGEST:
        raise BadRetention(
            f"Things are kept between {SHORTEST} and {LONGEST} days.",
            retention=kind.value,
            shortest=SHORTEST,
            longest=LONGEST,
        )
    return days
