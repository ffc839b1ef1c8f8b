"""Invite someone by e-mail address, take it back, or accept."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission, Role, SignedIn
from domain.identity.account import normal_email
from domain.identity.invitation import (
    INVITATION_LIFETIME,
    AlreadyMember,
    Invitation,
    InvitationId,
)
from domain.identity.ports import Acceptance, Invitations, Memberships, Principals, Secrets
from domain.identity.secret import fingerprint
from domain.identity.workspace import may_grant
from domain.kernel.ports import Clock, Ids, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class InviteHandler:
    """Answers the invitation and its token, which is shown this once. An older one is revoked."""

    invitations: Invitations
    memberships: Memberships
    secrets: Secrets
    audit: AuditLog
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: Invite) -> tuple[Invitation, str]:
        actor.require(Permission.MEMBERS_ADMIN)
        may_grant(actor, command.role)
        email, now = normal_email(command.email), self.clock.now()
        if await self.memberships.has_email(actor.workspace_id, email):
            raise AlreadyMember("This person is a member already.")
        await self.invitations.revoke_open(actor.workspace_id, email, now)
        token = self.secrets.new("inv")
        invitation = Invitation(
            id=InvitationId(self.ids.new()),
            workspace_id=actor.workspace_id,
            email=email,
            role=command.role,
            token_hash=fingerprint(token),
            invited_by=actor.user_id,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
        )
        await self.invitations.add(invitation)
        self.audit.append(
            actor,
            "identity.invited",
            object_type="invitation",
            object_id=invitation.id,
            role=command.role,
        )
        await self.uow.commit()
        return invitation, token


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeInvitation:
    invitation_id: InvitationId


@dataclass(frozen=True, slots=True)
class RevokeInvitationHandler:
    invitations: Invitations
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RevokeInvitation) -> None:
        actor.require(Permission.MEMBERS_ADMIN)
        invitation = await self.invitations.get(actor.workspace_id, command.invitation_id)
        invitation.revoke(self.clock.now())
        self.audit.append(
            actor,
            "identity.invitation-revoked",
            object_type="invitation",
            object_id=invitation.id,
        )
        await self.uow.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvitation:
    token: str


@dataclass(frozen=True, slots=True)
class AcceptInvitationHandler:
    """For someone who has an account with the invited address; others register with the token."""

    invitations: Invitations
    principals: Principals
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, signed_in: SignedIn, command: AcceptInvitation) -> Acceptance:
        joined = await self.invitations.accept(fingerprint(command.token))
        await self.principals.become(signed_in.user_id, joined.workspace_id)
        actor = Actor(user_id=signed_in.user_id, workspace_id=joined.workspace_id, role=joined.role)
        self.audit.append(
            actor,
            "identity.invitation-accepted",
            object_type="invitation",
            object_id=joined.invitation_id,
        )
        await self.uow.commit()
        return joined
