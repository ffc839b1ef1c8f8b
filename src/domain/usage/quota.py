"""Quotas: how much of something a workspace may hold at once, or use up in a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.kernel.errors import Invalid, NotFound, OverQuota, PreconditionFailed, TooMany

LARGEST: Final = 2**53 - 1  # every JSON reader keeps integers up to here


class QuotaKind(StrEnum):
    STOCK = "stock"  # held until it is given back
    RATE = "rate"  # used up within a window of time


class UnknownQuota(NotFound):
    code = "usage.unknown-quota"


class LimitChanged(PreconditionFailed):
    code = "usage.limit-changed"


class BadLimit(Invalid):
    code = "usage.bad-limit"


class QuotaUsedUp(OverQuota):
    code = "usage.over-quota"


class AllowanceUsedUp(TooMany):
    code = "usage.allowance-used-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRule:
    """`unit` names what one is; `limit` holds where a workspace has no limit of its own.

    `window` (rates only) divides the day from midnight UTC; it is then the same for everybody.
    """

    name: str
    kind: QuotaKind
    unit: str
    limit: int
    window: timedelta = timedelta(days=1)

    def window_start(self, now: datetime) -> datetime | None:
        """When the running window of a rate began; a stock has none."""
        if self.kind is QuotaKind.STOCK:
            return None
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (now - midnight) // self.window * self.window

    def resets_at(self, now: datetime) -> datetime | None:
        start = self.window_start(now)
        return None if start is None else start + self.window


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """`limit` as it holds in this workspace; `overridden` when an admin set it."""

    rule: QuotaRule
    limit: int
    used: int
    overridden: bool
    version: int  # of the workspace's own limit; 1 before anyone set one
    resets_at: datetime | None

    @property
    def left(self) -> int:
        return max(self.limit - self.used, 0)

    def require_version(self, expected: int) -> None:
        if self.version != expected:
            raise LimitChanged("Someone else changed this limit first; read it again.")

    def refuse(self, wanted: int, now: datetime) -> OverQuota | TooMany:
        """The refusal of `wanted` more, with what is used and what is left."""
        facts = {
            "quota": self.rule.name,
            "limit": self.limit,
            "used": self.used,
            "left": self.left,
            "wanted": wanted,
        }
        told = f"{self.used} of {self.limit} {self.rule.unit} are used, {wanted} more were wanted"
        if self.resets_at is None or wanted > self.limit:
            return QuotaUsedUp(f"{told}. Remove something, or ask an admin for more.", **facts)
        seconds = max(int((self.resets_at - now).total_seconds()) + 1, 1)
        return AllowanceUsedUp(f"{told}. Try again later.", retry_after=seconds, **facts)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every quota the installation knows; a product adds its own rules where it is wired."""

    rules: Mapping[str, QuotaRule]

    @classmethod
    def of(cls, *rules: QuotaRule) -> "Catalogue":
        return cls({rule.name: rule for rule in rules})

    def rule(self, name: str) -> QuotaRule:
        try:
            return self.rules[name]
        except KeyError:
            raise UnknownQuota(f"There is no quota {name}.", known=sorted(self.rules)) from None


BYTES_STORED: Final = "bytes_stored"
JOBS_QUEUED: Final = "jobs_queued"
ROWS_A_DAY: Final = "rows_a_day"
PLATFORM: Final = (
    QuotaRule(name=BYTES_STORED, kind=QuotaKind.STOCK, unit="bytes", limit=50 * 1024**3),
    QuotaRule(name=JOBS_QUEUED, kind=QuotaKind.STOCK, unit="unfinished jobs", limit=10_000),
    QuotaRule(name=ROWS_A_DAY, kind=QuotaKind.RATE, unit="rows", limit=1_000_000),
)


def check_limit(limit: int) -> int:
    if not 0 <= limit <= LARGEST:
        raise BadLimit(f"A limit lies between 0 and {LARGEST}.", limit=limit)
    return limit
