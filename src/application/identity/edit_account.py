"""Changes a person makes to their own account."""

from dataclasses import dataclass

from application.identity.account_trail import AccountTrail
from domain.identity.access import SignedIn
from domain.identity.account import WrongCredentials, check_password
from domain.identity.ports import Accounts, Attempts, Passwords, Sessions
from domain.identity.workspace import checked_name
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameUser:
    name: str


@dataclass(frozen=True, slots=True)
class RenameUserHandler:
    accounts: Accounts
    uow: UnitOfWork

    async def __call__(self, signed_in: SignedIn, command: RenameUser) -> None:
        await self.accounts.rename(signed_in.user_id, checked_name(command.name))
        await self.uow.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    current: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangePasswordHandler:
    """Every other session of the user ends."""

    accounts: Accounts
    passwords: Passwords
    sessions: Sessions
    attempts: Attempts
    trail: AccountTrail
    uow: UnitOfWork

    async def __call__(self, signed_in: SignedIn, command: ChangePassword) -> None:
        email = await self.accounts.email_of(signed_in.user_id)
        check_password(command.new, email)
        await self.attempts.spend(email, None)
        known = await self.accounts.credentials(email)
        await self.uow.commit()  # no transaction stays open while passwords are hashed
        known_hash = None if known is None else known.password_hash
        if not await self.passwords.matches(command.current, known_hash):
            raise WrongCredentials("The current password is wrong.")
        new_hash = await self.passwords.hash(command.new)
        await self.accounts.change_password(signed_in.user_id, new_hash)
        await self.sessions.end_others(signed_in.user_id, signed_in.session_id)
        here = signed_in.workspace_id
        await self.trail.note(signed_in.user_id, here, "identity.password-changed")
        await self.uow.commit()
