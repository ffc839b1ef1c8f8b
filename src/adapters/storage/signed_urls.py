"""Download links of our own: a sealed ticket names one object, or a range of it, for a while."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from domain.artifacts.keys import check_key
from domain.artifacts.media import served_as
from domain.artifacts.names import safe_file_name
from domain.artifacts.ports import LONGEST_LINK
from domain.kernel.errors import Forbidden
from domain.kernel.ports import Clock

ROUTE: Final = "/v1/files"
_SHORTEST_KEY: Final = 32  # bytes
_PURPOSE: Final = b"atelier file link 1\n"  # a key used elsewhere too can never make a link


class LinkInvalid(Forbidden):
    code = "artifacts.link-invalid"


class LinkExpired(Forbidden):
    code = "artifacts.link-expired"


class LinkTooLong(ValueError):
    """A caller of ours asked for a link that lives too long: a bug."""


class FileTicket(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a link stands for; `expires_at` in seconds since 1970."""

    key: str
    file_name: str
    media_type: str
    expires_at: int
    start: int
    length: int | None


class UrlSigner:
    """The first key signs, all of them verify, so that keys can be changed without a gap."""

    def __init__(self, keys: tuple[bytes, ...], clock: Clock, origin: str = "") -> None:
        if not keys or any(len(key) < _SHORTEST_KEY for key in keys):
            raise ValueError("A key that signs links has at least 32 bytes.")
        self._keys = keys
        self._clock = clock
        self._origin = origin.rstrip("/")

    def url(
        self,
        key: str,
        *,
        file_name: str,
        media_type: str,
        ttl: timedelta,
        start: int = 0,
        length: int | None = None,
    ) -> str:
        require_short(ttl)
        ticket = FileTicket(
            key=check_key(key),
            file_name=safe_file_name(file_name),
            media_type=served_as(media_type),
            expires_at=int((self._clock.now() + ttl).timestamp()),
            start=start,
            length=length,
        )
        body = msgspec.json.encode(ticket)
        token = f"{_text(body)}.{_text(self._seal(self._keys[0], body))}"
        return f"{self._origin}{ROUTE}?{urlencode({'token': token})}"

    def verify(self, token: str) -> FileTicket:
        """Raises LinkInvalid for anything we did not write, LinkExpired for what is over."""
        ticket = self._opened(token)
        if ticket.expires_at <= self._clock.now().timestamp():
            raise LinkExpired("This link is over; ask for a new one.")
        return ticket

    def _opened(self, token: str) -> FileTicket:
        try:
            body_text, seal_text = token.encode("ascii").split(b".")
            body, seal = _raw(body_text), _raw(seal_text)
        except ValueError as error:
            raise LinkInvalid("This link is not one of ours.") from error
        canonical = f"{_text(body)}.{_text(seal)}" == token
        if not canonical or not any(
            hmac.compare_digest(seal, self._seal(key, body)) for key in self._keys
        ):
            raise LinkInvalid("This link is not one of ours, or was changed.")
        return msgspec.json.decode(body, type=FileTicket)

    @staticmethod
    def _seal(key: bytes, body: bytes) -> bytes:
        return hmac.digest(key, _PURPOSE + body, hashlib.sha256)


def require_short(ttl: timedelta) -> None:
    if not timedelta(0) < ttl <= LONGEST_LINK:
        raise LinkTooLong(f"A link lives at most {LONGEST_LINK.total_seconds():.0f} s.")


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: bytes) -> bytes:
    return urlsafe_b64decode(text + b"=" * (-len(text) % 4))
