"""One line of the audit trail: who did what to which object, from where."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from domain.identity.access import ApiKeyId, UserId, WorkspaceId

GENESIS: Final = bytes(32)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a change came from: the request (or job) and the network it was sent from."""

    request_id: str | None = None
    ip_prefix: str | None = None


@dataclass(eq=False, kw_only=True)
class AuditEntry:
    """`facts` is JSON text, kept byte for byte. `seq` and `hash` come when the entry is sealed."""

    workspace_id: WorkspaceId
    id: UUID
    at: datetime
    actor_id: UserId | None
    api_key_id: ApiKeyId | None
    action: str
    object_type: str
    object_id: str
    facts: str
    request_id: str | None
    ip_prefix: str | None
    seq: int | None = None
    hash: bytes | None = None


def entry_hash(previous: bytes, entry: AuditEntry) -> bytes:
    """SHA-256 over the previous hash and every field, each with its length in front.

    The database computes the same when it seals; the two are written apart on purpose.
    """
    microseconds = (entry.at - _EPOCH) // timedelta(microseconds=1)
    fields = (
        *(entry.workspace_id, entry.seq, entry.id, microseconds, entry.actor_id, entry.api_key_id),
        *(entry.action, entry.object_type, entry.object_id, entry.facts),
        *(entry.request_id, entry.ip_prefix),
    )
    content = "".join(_sized(None if field is None else str(field)) for field in fields)
    return hashlib.sha256(previous + content.encode()).digest()


def _sized(field: str | None) -> str:
    return "-" if field is None else f"{len(field.encode())}:{field}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """How far the chain holds: `checked` sealed entries, and the first that does not fit."""

    checked: int
    head: str  # hex of the last good hash; note it down elsewhere to prove nothing was cut off
    broken_at: int | None = None  # sequence number
    broken_entry: UUID | None = None
    reason: str | None = None


@dataclass(slots=True)
class ChainReader:
    """Follows a chain from its first entry, page by page."""

    seq: int = 0
    hash: bytes = GENESIS
    broken: ChainCheck | None = None

    def follow(self, entries: Iterable[AuditEntry]) -> None:
        for entry in entries:
            if self.broken is not None:
                return
            self._check(entry)

    def _check(self, entry: AuditEntry) -> None:
        expected = self.seq + 1
        if entry.seq != expected:
            self.broken = self._found(entry, f"entry {expected} is missing")
            return
        computed = entry_hash(self.hash, entry)
        if computed != entry.hash:
            self.broken = self._found(entry, "its content or its place was changed")
            return
        self.seq, self.hash = expected, computed

    def _found(self, entry: AuditEntry, reason: str) -> ChainCheck:
        return ChainCheck(
            checked=self.seq,
            head=self.hash.hex(),
            broken_at=self.seq + 1,
            broken_entry=entry.id,
            reason=reason,
        )

    def result(self, head_seq: int, head_hash: bytes) -> ChainCheck:
        """The verdict, once all entries were followed; the head tells whether the end was cut."""
        if self.broken is not None:
            return self.broken
        whole = ChainCheck(checked=self.seq, head=self.hash.hex())
        if (head_seq, head_hash) == (self.seq, self.hash):
            return whole
        return ChainCheck(
            checked=self.seq,
            head=self.hash.hex(),
            broken_at=self.seq + 1,
            reason=f"the chain once reached entry {head_seq}",
        )
