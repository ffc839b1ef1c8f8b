"""Sign in with e-mail and password; says nothing about which of the two was wrong."""

from dataclasses import dataclass

from application.identity.signing_in import SignIn
from domain.audit.entry import Origin
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Role
from domain.identity.account import BadAddress, Credentials, Tokens, WrongCredentials, normal_email
from domain.identity.ports import Accounts, Attempts, Memberships, Passwords, Principals
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    email: str
    password: str
    client: str


@dataclass(frozen=True, slots=True)
class LogInHandler:
    accounts: Accounts
    passwords: Passwords
    principals: Principals
    memberships: Memberships
    attempts: Attempts
    audit: AuditLog
    origin: Origin
    sign_in: SignIn
    uow: UnitOfWork

    async def __call__(self, command: LogIn) -> Tokens:
        email = _readable(command.email)
        await self.attempts.spend(email, self.origin.ip_prefix)
        found = await self.accounts.credentials(email)
        await self.uow.commit()  # no transaction stays open while the password is checked
        known_hash = None if found is None else found.password_hash
        if not await self.passwords.matches(command.password, known_hash) or found is None:
            raise WrongCredentials("E-mail or password is wrong.")
        await self.principals.become(found.user_id, found.workspace_id)
        if self.passwords.is_outdated(found.password_hash):
            stronger = await self.passwords.hash(command.password)
            await self.accounts.change_password(found.user_id, stronger)
        tokens = await self.sign_in.open(found.user_id, found.workspace_id, command.client)
        await self._note(found)
        await self.uow.commit()
        return tokens

    async def _note(self, found: Credentials) -> None:
        """In the trail of the workspace they enter; without one there is no trail to note it in."""
        if found.workspace_id is None:
            return
        role = await self.memberships.role_in(found.workspace_id, found.user_id)
        actor = Actor(
            user_id=found.user_id, workspace_id=found.workspace_id, role=role or Role.VIEWER
        )
        self.audit.append(actor, "identity.signed-in", object_type="user", object_id=found.user_id)


def _readable(address: str) -> str:
    """What is no address belongs to nobody, and is answered like any unknown one."""
    try:
        return normal_email(address)
    except BadAddress:
        return address[:254]
