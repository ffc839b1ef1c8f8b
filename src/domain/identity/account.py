"""A person's account: address and password rules, and how far a sign-in reaches."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.identity.access import SessionId, UserId, WorkspaceId
from domain.identity.common_passwords import COMMON_PASSWORDS
from domain.kernel.errors import Conflict, Forbidden, Invalid, TooMany, Unauthenticated

ACCESS_LIFETIME: Final = timedelta(minutes=10)
SESSION_LIFETIME: Final = timedelta(days=30)
IDLE_LIFETIME: Final = timedelta(days=7)
REFRESH_GRACE: Final = timedelta(seconds=10)
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 1024

_ADDRESS: Final = re.compile(
    r"[^\s@<>\"(),:;\\\[\]\x00-\x1f]{1,64}@[^\s@.]{1,63}(\.[^\s@.]{1,63})*"
)
_MAX_ADDRESS: Final = 254


class BadAddress(Invalid):
    code = "identity.bad-email"


class WeakPassword(Invalid):
    code = "identity.weak-password"


class EmailTaken(Conflict):
    code = "identity.email-taken"


class RegistrationClosed(Forbidden):
    code = "identity.registration-closed"


class WrongCredentials(Unauthenticated):
    code = "identity.wrong-credentials"


class InvalidToken(Unauthenticated):
    code = "identity.invalid-token"


class SessionEnded(Unauthenticated):
    code = "identity.session-ended"


class NeedsSignIn(Forbidden):
    code = "identity.needs-sign-in"


class TooManyAttempts(TooMany):
    code = "identity.too-many-attempts"


def normal_email(address: str) -> str:
    """The one spelling by which an address is known. Raises BadAddress."""
    normal = unicodedata.normalize("NFC", address.strip()).lower()
    if len(normal) > _MAX_ADDRESS or not _ADDRESS.fullmatch(normal):
        raise BadAddress("This is no e-mail address; write it like ada@example.org.")
    return normal


def check_password(password: str, email: str) -> None:
    """Raises WeakPassword. Length and guessability count; composition rules do not."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise WeakPassword(
            f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters; this one has"
            f" {len(password)}.",
            minimum=MIN_PASSWORD,
        )
    folded = password.casefold()
    local_part = email.partition("@")[0]
    if folded in COMMON_PASSWORDS or len(set(folded)) < 3 or folded in {email, local_part}:  # noqa: PLR2004
        raise WeakPassword("This password is among the first anyone would try; choose another.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a sign-in is checked against, and where it would lead."""

    user_id: UserId
    password_hash: str
    workspace_id: WorkspaceId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a client gets when it signs in. Refresh tokens work once; lifetimes in seconds."""

    user_id: UserId
    workspace_id: WorkspaceId | None
    session_id: SessionId
    access_token: str
    expires_in: int
    refresh_token: str
