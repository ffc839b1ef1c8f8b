"""Access tokens as EdDSA-signed JWT (RFC 9068 shape), and random secrets."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.identity.access import SessionId, UserId, WorkspaceId
from domain.identity.account import InvalidToken
from domain.identity.ports import AccessClaims, AccessTokens, Secrets
from domain.identity.secret import SECRET_BYTES
from domain.kernel.ports import Clock, Ids

AUDIENCE: Final = "atelier-api"
_TYPE: Final = "at+jwt"
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "sid", "jti"]
_LEEWAY_S: Final = 60  # between our own machines
_REMEMBERED: Final = 4096
_MAX_LENGTH: Final = 2048


class RandomSecrets(Secrets):
    def new(self, kind: str) -> str:
        return f"atl_{kind}_{secrets.token_urlsafe(SECRET_BYTES)}"


class JwtAccessTokens(AccessTokens):
    """The first key signs, all of them check. `keys` maps key id to a 32-byte Ed25519 seed."""

    def __init__(self, keys: Mapping[str, bytes], issuer: str, clock: Clock, ids: Ids) -> None:
        private = {kid: Ed25519PrivateKey.from_private_bytes(seed) for kid, seed in keys.items()}
        self._kid, self._key = next(iter(private.items()))
        self._public: dict[str, Ed25519PublicKey] = {
            kid: key.public_key() for kid, key in private.items()
        }
        self._issuer, self._clock, self._ids = issuer, clock, ids
        self._verified: OrderedDict[str, AccessClaims] = OrderedDict()

    def issue(self, claims: AccessClaims) -> str:
        payload = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "iat": self._clock.now(),
            "exp": claims.expires_at,
            "jti": self._ids.new().hex,
        }
        if claims.workspace_id is not None:
            payload["ws"] = str(claims.workspace_id)
        headers = {"typ": _TYPE, "kid": self._kid}
        return jwt.encode(payload, self._key, algorithm="EdDSA", headers=headers)

    def read(self, token: str) -> AccessClaims:
        """A signature is checked once per process and token; the expiry every time."""
        known = self._verified.get(token)
        claims = known or self._verify(token)
        if claims.expires_at <= self._clock.now():
            self._verified.pop(token, None)
            raise InvalidToken("This access token has expired; refresh it.")
        if known is None:
            self._verified[token] = claims
            if len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        return claims

    def _verify(self, token: str) -> AccessClaims:
        try:
            payload = self._decode(token)
            workspace = payload.get("ws")
            return AccessClaims(
                user_id=UserId(UUID(payload["sub"])),
                session_id=SessionId(UUID(payload["sid"])),
                workspace_id=None if workspace is None else WorkspaceId(UUID(workspace)),
                expires_at=datetime.fromtimestamp(payload["exp"], UTC),
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise InvalidToken("This is no valid access token; sign in again.") from error

    def _decode(self, token: str) -> dict[str, Any]:
        if len(token) > _MAX_LENGTH:
            raise ValueError("too long")
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("typ") != _TYPE or not _is_text(kid) or kid not in self._public:
            raise ValueError("not one of our access tokens")
        payload: dict[str, Any] = jwt.decode(
            token,
            self._public[kid],
            algorithms=["EdDSA"],
            audience=AUDIENCE,
            issuer=self._issuer,
            # times are compared with our own clock
            options={
                "require": _REQUIRED,
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        if int(payload["iat"]) > self._clock.now().timestamp() + _LEEWAY_S:
            raise ValueError("issued in the future")
        return payload


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)
