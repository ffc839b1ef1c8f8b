"""Answers kept for their Idempotency-Key, one row a (workspace, user, operation, key)."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_CLAIM: Final = text(
    """
    WITH door AS MATERIALIZED (
      SELECT pg_try_advisory_xact_lock(hashtextextended(
        concat_ws('/', 'idempotency', CAST(:workspace AS text), CAST(:user AS text),
          CAST(:operation AS text), CAST(:key AS text)), 0)) AS open),
    claimed AS (
      INSERT INTO idempotency_keys
        (workspace_id, user_id, operation, key, request_hash, locked_until)
      SELECT CAST(:workspace AS uuid), CAST(:user AS uuid), CAST(:operation AS text),
        CAST(:key AS text), CAST(:hash AS bytea), now() + make_interval(secs => :lease)
      FROM door WHERE open
      ON CONFLICT DO NOTHING RETURNING 1)
    SELECT door.open, EXISTS (SELECT FROM claimed) AS claimed FROM door
    """
)
_FIND: Final = text(
    """
    SELECT request_hash, status, headers, body, locked_until > now() AS running
    FROM idempotency_keys
    WHERE workspace_id = :workspace AND user_id = :user AND operation = :operation AND key = :key
    """
)
_WHERE: Final = (
    " WHERE workspace_id = :workspace AND user_id = :user AND operation = :operation AND key = :key"
)
_STORE: Final = text(
    "UPDATE idempotency_keys SET request_hash = :hash, status = :status, body = :body,"  # noqa: S608
    " headers = CAST(:headers AS jsonb), locked_until = NULL" + _WHERE
)
_TAKE_OVER: Final = text(
    "UPDATE idempotency_keys SET locked_until = now() + make_interval(secs => :lease)" + _WHERE  # noqa: S608
)
_FORGET: Final = text("DELETE FROM idempotency_keys" + _WHERE)  # noqa: S608


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`status` is None while the first request runs, or if it died; then `running` tells which."""

    request_hash: bytes | None
    status: int | None
    headers: dict[str, str]
    body: bytes
    running: bool


class SqlIdempotency:
    """Speaks for one key in the caller's transaction; never commits."""

    def __init__(
        self, session: AsyncSession, *, workspace: object, user: object, operation: str, key: str
    ) -> None:
        self._session = session
        self._key = {
            "workspace": str(workspace),
            "user": str(user),
            "operation": operation,
            "key": key,
        }

    async def claim(self, request_hash: bytes | None, lease: int) -> KeptAnswer | None:
        """None: the key is ours, go on. Otherwise what is known of the first request.

        While the claiming transaction is open, later claims see a running request at once.
        """
        claim = self._key | {"hash": request_hash, "lease": lease}
        row = (await self._session.execute(_CLAIM, claim)).one()
        if row.claimed:
            return None
        found = (await self._session.execute(_FIND, self._key)).first() if row.open else None
        if found is None:
            return KeptAnswer(None, None, {}, b"", running=True)
        headers = found.headers or {}
        return KeptAnswer(
            found.request_hash, found.status, headers, found.body or b"", bool(found.running)
        )

    async def take_over(self, lease: int) -> None:
        await self._session.execute(_TAKE_OVER, self._key | {"lease": lease})

    async def store(
        self, request_hash: bytes, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        values: dict[str, Any] = {"hash": request_hash, "status": status, "body": body}
        values["headers"] = msgspec.json.encode(headers).decode()
        await self._session.execute(_STORE, self._key | values)

    async def forget(self) -> None:
        await self._session.execute(_FORGET, self._key)
