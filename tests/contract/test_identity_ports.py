"""What `Accounts`, `Workspaces`, `Memberships`, `Invitations`, `ApiKeys` and the rest promise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.accounts import SqlAccounts, SqlExpirySweep, SqlPrincipals, SqlTickets
from adapters.sql.identity import SqlApiKeys, SqlInvitations, SqlMemberships, SqlWorkspaces
from adapters.sql.identity_views import SqlIdentityViews
from adapters.sql.session import NOBODY, bind, new_session
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.identity.access import (
    Actor,
    ApiKeyId,
    Credential,
    PermissionDenied,
    Role,
    SessionId,
    UserId,
    WorkspaceId,
)
from domain.identity.account import EmailTaken, InvalidToken, RegistrationClosed
from domain.identity.api_key import ApiKey, ApiKeyNotFound
from domain.identity.invitation import (
    AlreadyInvited,
    Invitation,
    InvitationId,
    InvitationNotFound,
    InvitationOver,
)
from domain.identity.ports import TicketHolder
from domain.identity.secret import fingerprint
from domain.identity.workspace import LastOwner, MemberNotFound, WorkspaceNotFound
from domain.kernel.errors import ChangedMeanwhile
from domain.kernel.pages import PageRequest
from tenants import NEW, Tenants

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


@asynccontextmanager
async def nobody(tenants: Tenants) -> AsyncIterator[AsyncSession]:
    async with new_session(tenants.app) as session:
        bind(session, NOBODY)
        yield session


def an_invitation(actor: Actor, email: str, token: str = "token") -> Invitation:
    return Invitation(
        id=InvitationId(NEW()),
        workspace_id=actor.workspace_id,
        email=email,
        role=Role.EDITOR,
        token_hash=fingerprint(token),
        invited_by=actor.user_id,
        created_at=NOW,
        expires_at=datetime.now(UTC) + timedelta(days=7),
    )


def an_api_key(actor: Actor, role: Role = Role.VIEWER) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(NEW()),
        workspace_id=actor.workspace_id,
        user_id=actor.user_id,
        name="robot",
        role=role,
        prefix="atl_key_abcd",
        key_hash=fingerprint(str(NEW())),
        created_at=NOW,
    )


async def register(
    tenants: Tenants, email: str, *, everyone: bool = True, invitation: bytes | None = None
) -> UserId:
    user_id = UserId(NEW())
    async with nobody(tenants) as session:
        await SqlAccounts(session, everyone=everyone).register(
            user_id, email=email, name="N", password_hash="h", invitation_hash=invitation
        )
        await session.commit()
    return user_id


async def test_an_address_belongs_to_one_account(tenants: Tenants) -> None:
    email = f"{NEW()}@example.org"

    outcomes = await asyncio.gather(
        *(register(tenants, email) for _ in range(5)), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EmailTaken"] * 4 + ["UUID"]
    with pytest.raises(EmailTaken):
        await register(tenants, email)


async def test_a_closed_house_opens_to_the_invited_alone(tenants: Tenants) -> None:
    owner, email, token = tenants.actor(Role.OWNER), f"{NEW()}@example.org", str(NEW())
    async with tenants.session(owner) as session:
        await SqlInvitations(session).add(an_invitation(owner, email, token))
        await session.commit()

    for invitation in (None, fingerprint("guessed")):
        with pytest.raises(RegistrationClosed):
            await register(tenants, email, everyone=False, invitation=invitation)
    other = f"{NEW()}@example.org"
    with pytest.raises(RegistrationClosed):  # somebody else's link
        await register(tenants, other, everyone=False, invitation=fingerprint(token))
    user_id = await register(tenants, email, everyone=False, invitation=fingerprint(token))
    async with nobody(tenants) as session:
        found = await SqlAccounts(session, everyone=False).credentials(email)

    assert found is not None
    assert (found.user_id, found.workspace_id, found.password_hash) == (user_id, None, "h")


async def test_an_account_knows_its_address_and_changes_its_password(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        accounts = SqlAccounts(session, everyone=True)
        email = await accounts.email_of(actor.user_id)
        await accounts.change_password(actor.user_id, "new")
        await accounts.rename(actor.user_id, "Ada")
        await accounts.remember_workspace(actor.user_id, actor.workspace_id)
        await session.commit()

    async with nobody(tenants) as session:
        found = await SqlAccounts(session, everyone=True).credentials(email.upper())
    async with tenants.session(actor) as session:
        view = await SqlIdentityViews(session).user(actor.user_id)

    assert found is not None
    assert (found.password_hash, found.workspace_id) == ("new", actor.workspace_id)
    assert (view.name, view.email) == ("Ada", email)


async def test_becoming_somebody_changes_what_the_same_session_sees(tenants: Tenants) -> None:
    ada, bob = tenants.actor(), tenants.actor()
    async with nobody(tenants) as session:
        seen = []
        for one in (ada, bob):
            await SqlPrincipals(session).become(one.user_id, one.workspace_id)
            seen.append((await SqlWorkspaces(session).get(one.workspace_id)).id)
        session.expunge_all()
        with pytest.raises(WorkspaceNotFound):
            await SqlWorkspaces(session).get(ada.workspace_id)

    assert seen == [ada.workspace_id, bob.workspace_id]


async def test_a_founded_workspace_is_its_founders(tenants: Tenants) -> None:
    actor, workspace_id = tenants.actor(), WorkspaceId(NEW())
    async with tenants.session(actor) as session:
        await SqlWorkspaces(session).found(workspace_id, "New")
        await session.commit()
        role = await SqlMemberships(session).role_in(workspace_id, actor.user_id)
        mine = await SqlIdentityViews(session).workspaces_of(actor.user_id)

    assert role is Role.OWNER
    assert {view.id for view in mine} == {actor.workspace_id, workspace_id}


async def test_a_changed_workspace_is_not_changed_over_it(tenants: Tenants) -> None:
    actor = tenants.actor(Role.OWNER)
    async with tenants.session(actor) as first, tenants.session(actor) as second:
        one = await SqlWorkspaces(first).get(actor.workspace_id)
        other = await SqlWorkspaces(second).get(actor.workspace_id)
        one.rename("One", 1)
        await SqlUnitOfWork(first).commit()
        other.rename("Other", 1)

        with pytest.raises(ChangedMeanwhile):
            await SqlUnitOfWork(second).commit()


async def test_two_owners_cannot_leave_at_once(tenants: Tenants) -> None:
    ada = tenants.actor(Role.OWNER)
    bob = tenants.actor(Role.OWNER, workspace=ada.workspace_id)

    async def leave(actor: Actor) -> None:
        async with tenants.session(actor) as session:
            memberships = SqlMemberships(session)
            mine = await memberships.get(actor.workspace_id, actor.user_id)
            await memberships.remove(mine)
            await session.commit()

    outcomes = await asyncio.gather(leave(ada), leave(bob), return_exceptions=True)

    assert sorted(type(outcome) for outcome in outcomes if outcome is not None) == [LastOwner]


async def test_members_are_found_by_id_and_address(tenants: Tenants) -> None:
    owner, stranger = tenants.actor(Role.OWNER), tenants.actor()
    guest = tenants.actor(Role.VIEWER, workspace=owner.workspace_id)
    async with tenants.session(owner) as session:
        memberships, views = SqlMemberships(session), SqlIdentityViews(session)
        page = await views.members(owner.workspace_id, PageRequest())

        assert {view.user_id for view in page.items} == {owner.user_id, guest.user_id}
        assert (await views.member(owner.workspace_id, guest.user_id)).role is Role.VIEWER
        assert await memberships.has_email(owner.workspace_id, f"{guest.user_id}@example.org")
        email = f"{stranger.user_id}@example.org"
        assert not await memberships.has_email(owner.workspace_id, email)
        with pytest.raises(MemberNotFound):
            await memberships.get(owner.workspace_id, stranger.user_id)
        with pytest.raises(MemberNotFound):
            await views.member(owner.workspace_id, stranger.user_id)


async def test_removing_all_members_takes_a_deleted_workspace(tenants: Tenants) -> None:
    owner = tenants.actor(Role.OWNER)
    async with tenants.session(owner) as session:
        with pytest.raises(LastOwner):
            await SqlMemberships(session).remove_all(owner.workspace_id)
        await session.rollback()
        workspace = await SqlWorkspaces(session).get(owner.workspace_id)
        workspace.delete(1, NOW)
        await SqlMemberships(session).remove_all(owner.workspace_id)
        await session.commit()
        role = await SqlMemberships(session).role_in(owner.workspace_id, owner.user_id)

    assert role is None


async def test_one_open_invitation_an_address(tenants: Tenants) -> None:
    owner, email = tenants.actor(Role.OWNER), f"{NEW()}@example.org"
    async with tenants.session(owner) as session:
        invitations = SqlInvitations(session)
        await invitations.add(an_invitation(owner, email, str(NEW())))
        with pytest.raises(AlreadyInvited):
            await invitations.add(an_invitation(owner, email, str(NEW())))
    async with tenants.session(owner) as session:
        invitations = SqlInvitations(session)
        first = an_invitation(owner, email, str(NEW()))
        first_id = first.id
        await invitations.add(first)
        await invitations.revoke_open(owner.workspace_id, email, NOW)
        await invitations.add(an_invitation(owner, email, str(NEW())))
        await session.commit()
        session.expire_all()

        assert (await invitations.get(owner.workspace_id, first_id)).revoked_at == NOW
        listed = await SqlIdentityViews(session).invitations(PageRequest())
        assert len(listed.items) == 2
        with pytest.raises(InvitationNotFound):
            await invitations.get(owner.workspace_id, InvitationId(NEW()))


async def test_an_invitation_is_accepted_by_its_address_in_time_and_once(tenants: Tenants) -> None:
    owner, guest, thief = tenants.actor(Role.OWNER), tenants.actor(), tenants.actor()
    token = fingerprint(f"secret of {guest.user_id}")
    invitation = an_invitation(owner, f"{guest.user_id}@example.org")
    invitation.token_hash = token
    async with tenants.session(owner) as session:
        await SqlInvitations(session).add(invitation)
        await session.commit()

    async with tenants.session(thief) as session:
        with pytest.raises(InvitationNotFound):
            await SqlInvitations(session).accept(token)
    async with tenants.session(guest) as session:
        joined = await SqlInvitations(session).accept(token)
        await session.commit()
        with pytest.raises(InvitationOver):
            await SqlInvitations(session).accept(token)

    assert (joined.workspace_id, joined.role) == (owner.workspace_id, Role.EDITOR)
    assert joined.invitation_id == invitation.id


async def test_keys_are_kept_for_their_maker_and_never_above_their_role(tenants: Tenants) -> None:
    editor = tenants.actor(Role.EDITOR)
    other = tenants.actor(Role.EDITOR, workspace=editor.workspace_id)
    key = an_api_key(editor)
    key_id = key.id
    async with tenants.session(editor) as session:
        SqlApiKeys(session).add(key)
        await session.commit()
        listed = await SqlIdentityViews(session).api_keys(PageRequest())
        SqlApiKeys(session).add(an_api_key(editor, Role.OWNER))
        with pytest.raises(PermissionDenied):
            await session.commit()
    async with tenants.session(other) as session:
        with pytest.raises(ApiKeyNotFound):
            await SqlApiKeys(session).get(editor.workspace_id, key_id)

    assert [view.id for view in listed.items] == [key_id]


async def test_a_ticket_works_once_and_for_half_a_minute(tenants: Tenants) -> None:
    actor = tenants.actor()
    first, late = fingerprint(str(NEW())), fingerprint(str(NEW()))
    holder_of_it = TicketHolder(
        user_id=actor.user_id,
        workspace_id=actor.workspace_id,
        max_rank=2,
        credential=Credential(session_id=SessionId(NEW()), api_key_id=ApiKeyId(NEW())),
    )
    async with tenants.session(actor) as session:
        for ticket in (first, late):
            await SqlTickets(session).add(holder_of_it, ticket)
        await session.commit()
    tenants.run("UPDATE ws_tickets SET expires_at = now() WHERE ticket_hash = %s", late)

    async with nobody(tenants) as session:
        holder = await SqlTickets(session).redeem(first)
        for spent in (first, late, fingerprint("never")):
            with pytest.raises(InvalidToken):
                await SqlTickets(session).redeem(spent)

    assert holder == holder_of_it


async def test_the_sweep_takes_what_is_over_and_nothing_else(tenants: Tenants) -> None:
    actor = tenants.actor()
    insert = (
        "INSERT INTO idempotency_keys (workspace_id, user_id, operation, key, created_at)"
        " VALUES (%s, %s, 'op', %s, now() - %s::interval)"
    )
    for key, age in (("fresh", "23 hours"), ("old", "25 hours")):
        tenants.run(insert, actor.workspace_id, actor.user_id, key, age)

    invitation = (
        "INSERT INTO invitations (id, workspace_id, email, role, token_hash, expires_at)"
        " VALUES (%s, %s, %s || '@example.org', 'viewer', %s, now() - %s::interval)"
    )
    for name, age in (("young", "29 days"), ("old", "31 days")):
        guest = NEW()
        tenants.run(invitation, guest, actor.workspace_id, name, fingerprint(str(guest)), age)

    async with nobody(tenants) as session:
        removed = await SqlExpirySweep(session).sweep()
        again = await SqlExpirySweep(session).sweep()

    assert removed >= 1
    assert again == 0
    query = "SELECT string_agg(key, ',') FROM idempotency_keys WHERE workspace_id = %s"
    assert tenants.ask(query, actor.workspace_id) == "fresh"
    query = "SELECT string_agg(email, ',') FROM invitations WHERE workspace_id = %s"
    assert tenants.ask(query, actor.workspace_id) == "young@example.org"
