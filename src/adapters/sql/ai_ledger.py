"""The ledger of requests to engines: two lines of the usage ledger each, neither ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.sql.session import Principal, bind, new_session
from domain.ai.ports import AiLedger
from domain.ai.use import AiIntent, AiRequest, AiUse, Outcome
from domain.identity.access import Actor

REQUESTS: Final = "ai_requests"  # one for each that went out
SPEND: Final = "ai_spend_micros"  # what it cost, where there is a price

# The line of a cost says how the request ended; without one nobody knows.
_BEGIN: Final = text(
    "INSERT INTO usage_entries (workspace_id, quota, subject, amount, actor_id, facts)"  # noqa: S608 - our own words
    f" VALUES (:workspace, '{REQUESTS}', :subject, 1, :user, :facts)"
).bindparams(bindparam("facts", type_=JSONB))
_SETTLE: Final = text(
    "INSERT INTO usage_entries (workspace_id, quota, subject, amount, actor_id, facts)"  # noqa: S608 - our own words
    f" SELECT :workspace, '{SPEND}', :subject, :amount, :user, :facts WHERE NOT EXISTS (SELECT 1"
    f" FROM usage_entries WHERE workspace_id = :workspace AND quota = '{SPEND}'"
    " AND subject = :subject AND facts ->> 'request' = :request)"
).bindparams(bindparam("facts", type_=JSONB))
_LIST: Final = text(
    "SELECT sent.facts AS intent, sent.created_at AS begun_at, settled.facts AS use"  # noqa: S608 - our own words
    " FROM usage_entries sent LEFT JOIN LATERAL (SELECT facts FROM usage_entries done"
    f" WHERE done.workspace_id = sent.workspace_id AND done.quota = '{SPEND}'"
    " AND done.subject = sent.subject AND done.facts ->> 'request' = sent.facts ->> 'request'"
    " ORDER BY done.id LIMIT 1) settled ON true"
    " WHERE sent.workspace_id = :workspace AND sent.subject = :subject"
    f" AND sent.quota = '{REQUESTS}' ORDER BY sent.id"
)


@dataclass(frozen=True, slots=True)
class SqlAiLedger(AiLedger):
    """On connections of its own: the caller's transaction may fail, the request was made."""

    engine: AsyncEngine

    async def begin(self, actor: Actor, intent: AiIntent) -> None:
        async with self._session(actor) as session:
            await session.execute(_BEGIN, _row(actor, intent) | {"facts": _intent_facts(intent)})
            await session.commit()

    async def settle(self, actor: Actor, intent: AiIntent, use: AiUse) -> None:
        async with self._session(actor) as session:
            await session.execute(_SETTLE, _settled(actor, intent, use))
            await session.commit()

    async def record(self, actor: Actor, use: AiUse, *, purpose: str, subject: UUID) -> None:
        intent = AiIntent(
            id=uuid4(), engine=use.engine, model=use.model, purpose=purpose, subject=subject
        )
        async with self._session(actor) as session:
            await session.execute(_BEGIN, _row(actor, intent) | {"facts": _intent_facts(intent)})
            await session.execute(_SETTLE, _settled(actor, intent, use))
            await session.commit()

    async def requests(self, actor: Actor, *, subject: UUID) -> tuple[AiRequest, ...]:
        values = {"workspace": actor.workspace_id, "subject": subject}
        async with self._session(actor) as session:
            rows = (await session.execute(_LIST, values)).all()
        return tuple(_request(subject, row.intent, row.use, row.begun_at) for row in rows)

    def _session(self, actor: Actor) -> AsyncSession:
        session = new_session(self.engine)
        bind(session, Principal(actor.user_id, actor.workspace_id))
        return session


def _row(actor: Actor, intent: AiIntent) -> dict[str, Any]:
    return {
        "workspace": actor.workspace_id,
        "subject": intent.subject,
        "user": actor.user_id,
    }


def _settled(actor: Actor, intent: AiIntent, use: AiUse) -> dict[str, Any]:
    facts = msgspec.to_builtins(use) | {"request": str(intent.id), "purpose": intent.purpose}
    return _row(actor, intent) | {
        "amount": use.cost_micros or 0,
        "request": str(intent.id),
        "facts": facts,
    }


def _intent_facts(intent: AiIntent) -> dict[str, str]:
    return {
        "request": str(intent.id),
        "engine": intent.engine,
        "model": intent.model,
        "purpose": intent.purpose,
    }


def _request(
    subject: UUID, intent: Mapping[str, str], use: Mapping[str, Any] | None, begun_at: Any
) -> AiRequest:
    unknown = AiUse(engine=intent["engine"], model=intent["model"], outcome=Outcome.UNKNOWN)
    return AiRequest(
        intent=AiIntent(
            id=UUID(intent["request"]),
            engine=intent["engine"],
            model=intent["model"],
            purpose=intent["purpose"],
            subject=subject,
        ),
        use=unknown if use is None else msgspec.convert(use, AiUse),
        begun_at=begun_at,
    )
