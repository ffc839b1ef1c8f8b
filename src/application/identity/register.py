"""Make an account: with a workspace of its own, or as a member of the one it was invited to."""

from dataclasses import dataclass

from application.identity.signing_in import SignIn
from domain.audit.entry import Origin
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.identity.account import Tokens, check_password, normal_email
from domain.identity.ports import Accounts, Attempts, Invitations, Passwords, Principals, Workspaces
from domain.identity.secret import fingerprint
from domain.identity.workspace import checked_name
from domain.kernel.ports import Ids, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    email: str
    password: str
    name: str
    workspace_name: str
    invitation_token: str | None
    client: str


@dataclass(frozen=True, slots=True)
class RegisterHandler:
    accounts: Accounts
    passwords: Passwords
    principals: Principals
    workspaces: Workspaces
    invitations: Invitations
    attempts: Attempts
    audit: AuditLog
    origin: Origin
    sign_in: SignIn
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, command: Register) -> Tokens:
        email = normal_email(command.email)
        check_password(command.password, email)
        name = checked_name(command.name) if command.name else ""
        await self.attempts.spend(email, self.origin.ip_prefix)
        password_hash = await self.passwords.hash(command.password)
        token = command.invitation_token
        invitation = None if token is None else fingerprint(token)
        user_id = UserId(self.ids.new())
        await self.accounts.register(
            user_id,
            email=email,
            name=name,
            password_hash=password_hash,
            invitation_hash=invitation,
        )
        if invitation is None:
            title = command.workspace_name or f"{name or email.partition('@')[0]}'s workspace"
            actor = await self._found(user_id, checked_name(title))
        else:
            actor = await self._join(user_id, invitation)
        self.audit.append(actor, "identity.user-registered", object_type="user", object_id=user_id)
        tokens = await self.sign_in.open(user_id, actor.workspace_id, command.client)
        await self.uow.commit()
        return tokens

    async def _found(self, user_id: UserId, title: str) -> Actor:
        workspace_id = WorkspaceId(self.ids.new())
        await self.principals.become(user_id, workspace_id)
        await self.workspaces.found(workspace_id, title)
        return Actor(user_id=user_id, workspace_id=workspace_id, role=Role.OWNER)

    async def _join(self, user_id: UserId, invitation: bytes) -> Actor:
        await self.principals.become(user_id, None)
        joined = await self.invitations.accept(invitation)
        await self.principals.become(user_id, joined.workspace_id)
        return Actor(user_id=user_id, workspace_id=joined.workspace_id, role=joined.role)
