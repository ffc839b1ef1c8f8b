"""What every `Sessions` does: one successor per token, whoever asks and however often (S7)."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.accounts import SqlSessions
from adapters.sql.session import NOBODY, bind, new_session
from domain.identity.access import Actor, SessionId
from domain.identity.account import REFRESH_GRACE
from domain.identity.ports import Rotation, RotationOutcome
from domain.identity.secret import fingerprint, seal, unseal
from tenants import NEW, Tenants

IDLE = timedelta(days=7)
NO_GRACE = timedelta(0)


@asynccontextmanager
async def nobody(tenants: Tenants) -> AsyncIterator[AsyncSession]:
    async with new_session(tenants.app) as session:
        bind(session, NOBODY)
        yield session


@dataclass(frozen=True)
class SignedInClient:
    """Someone with a session, and the ways they may ask to go on."""

    tenants: Tenants
    actor: Actor
    session_id: SessionId
    token: str

    async def rotate(
        self, token: str, *, client: str = "browser", grace: timedelta = REFRESH_GRACE
    ) -> tuple[Rotation, str | None]:
        """The outcome, and the successor as the client would read it."""
        successor = secrets.token_urlsafe()
        async with nobody(self.tenants) as session:
            rotation = await SqlSessions(session).rotate(
                fingerprint(token),
                new_hash=fingerprint(successor),
                sealed=seal(successor, token),
                client=client,
                idle=IDLE,
                grace=grace,
            )
            await session.commit()
        return rotation, None if rotation.sealed is None else unseal(rotation.sealed, token)


async def a_signed_in_client(tenants: Tenants, actor: Actor | None = None) -> SignedInClient:
    actor = actor or tenants.actor()
    token, session_id = secrets.token_urlsafe(), SessionId(NEW())
    async with tenants.session(actor) as session:
        await SqlSessions(session).open(
            session_id,
            user_id=actor.user_id,
            workspace_id=actor.workspace_id,
            client="browser",
            token_hash=fingerprint(token),
            now=datetime.now(UTC),
        )
        await session.commit()
    return SignedInClient(tenants, actor, session_id, token)


async def test_a_token_is_traded_for_its_successor(tenants: Tenants) -> None:
    ada = await a_signed_in_client(tenants)

    rotation, successor = await ada.rotate(ada.token)
    again, _ = await ada.rotate(str(successor))

    assert (rotation.outcome, again.outcome) == (RotationOutcome.ROTATED,) * 2
    assert (rotation.user_id, rotation.session_id) == (ada.actor.user_id, ada.session_id)
    assert rotation.workspace_id == ada.actor.workspace_id


async def test_a_hundred_at_once_get_one_and_the_same_successor(tenants: Tenants) -> None:
    ada = await a_signed_in_client(tenants)

    answers = await asyncio.gather(*(ada.rotate(ada.token) for _ in range(100)))

    assert len({successor for _, successor in answers}) == 1
    outcomes = [rotation.outcome for rotation, _ in answers]
    assert outcomes.count(RotationOutcome.ROTATED) == 1
    assert outcomes.count(RotationOutcome.SAME) == 99
    query = "SELECT count(*) FROM refresh_tokens WHERE session_id = %s"
    assert tenants.ask(query, ada.session_id) == 2


async def test_a_token_used_twice_after_the_grace_ends_the_session(tenants: Tenants) -> None:
    ada = await a_signed_in_client(tenants)
    _, successor = await ada.rotate(ada.token)

    replayed, _ = await ada.rotate(ada.token, grace=NO_GRACE)
    after, _ = await ada.rotate(str(successor))

    assert (replayed.outcome, after.outcome) == (RotationOutcome.REUSED, RotationOutcome.ENDED)


async def test_the_grace_is_for_the_immediate_predecessor_only(tenants: Tenants) -> None:
    ada = await a_signed_in_client(tenants)
    _, second = await ada.rotate(ada.token)
    await ada.rotate(str(second))

    replayed, _ = await ada.rotate(ada.token)

    assert replayed.outcome is RotationOutcome.REUSED


async def test_the_grace_is_for_the_same_client_only(tenants: Tenants) -> None:
    ada = await a_signed_in_client(tenants)
    await ada.rotate(ada.token)

    stolen, _ = await ada.rotate(ada.token, client="curl")

    assert stolen.outcome is RotationOutcome.REUSED


async def test_unknown_expired_and_ended_tokens_yield_nothing(tenants: Tenants) -> None:
    ada, bob = await a_signed_in_client(tenants), await a_signed_in_client(tenants)
    async with nobody(tenants) as session:
        owner = await SqlSessions(session).end(fingerprint(bob.token))
        twice = await SqlSessions(session).end(fingerprint(bob.token))
        await session.commit()
    tenants.run(
        "UPDATE refresh_tokens SET expires_at = now() - interval '1 s' WHERE session_id = %s",
        ada.session_id,
    )

    outcomes = [
        (await ada.rotate("never issued")),
        (await ada.rotate(ada.token)),
        (await bob.rotate(bob.token)),
    ]

    assert owner == (bob.actor.user_id, bob.actor.workspace_id)
    assert twice is None
    assert [rotation.outcome for rotation, _ in outcomes] == [
        RotationOutcome.UNKNOWN,
        RotationOutcome.EXPIRED,
        RotationOutcome.ENDED,
    ]
    assert all(successor is None for _, successor in outcomes)


async def test_a_session_follows_its_user_to_another_workspace(tenants: Tenants) -> None:
    ada = await a_signed_in_client(tenants)
    elsewhere = tenants.actor()
    tenants.run(
        "INSERT INTO memberships (workspace_id, user_id, role) VALUES (%s, %s, 'viewer')",
        elsewhere.workspace_id,
        ada.actor.user_id,
    )
    async with tenants.session(ada.actor) as session:
        await SqlSessions(session).switch(ada.session_id, elsewhere.workspace_id)
        await session.commit()

    moved, successor = await ada.rotate(ada.token)
    tenants.run("DELETE FROM memberships WHERE workspace_id = %s", elsewhere.workspace_id)
    back, _ = await ada.rotate(str(successor))

    assert moved.workspace_id == elsewhere.workspace_id
    assert back.workspace_id == ada.actor.workspace_id  # no longer a member there


async def test_ending_the_others_spares_this_one_and_other_people(tenants: Tenants) -> None:
    here = await a_signed_in_client(tenants)
    there = await a_signed_in_client(tenants, here.actor)
    bob = await a_signed_in_client(tenants)
    async with tenants.session(here.actor) as session:
        ended = await SqlSessions(session).end_others(here.actor.user_id, here.session_id)
        await session.commit()

    outcomes = [(await one.rotate(one.token))[0].outcome for one in (here, there, bob)]

    assert ended == 1
    assert outcomes == [
        RotationOutcome.ROTATED,
        RotationOutcome.ENDED,
        RotationOutcome.ROTATED,
    ]
