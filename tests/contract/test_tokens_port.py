"""What every `AccessTokens`, `Secrets` and `Passwords` does."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from adapters.crypto.passwords import Argon2Passwords
from adapters.crypto.tokens import AUDIENCE, JwtAccessTokens, RandomSecrets
from adapters.system.clock import Uuid7
from domain.identity.access import SessionId, UserId, WorkspaceId
from domain.identity.account import InvalidToken
from domain.identity.ports import AccessClaims
from domain.identity.secret import fingerprint, seal, unseal
from tenants import NEW, MovableClock

ISSUER = "https://atelier.example"
SEED, OTHER_SEED = bytes(range(32)), bytes(range(1, 33))
NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


def tokens_with(**keys: bytes) -> tuple[JwtAccessTokens, MovableClock]:
    clock = MovableClock(NOW)
    return JwtAccessTokens(keys or {"k1": SEED}, ISSUER, clock, Uuid7()), clock


def some_claims() -> AccessClaims:
    return AccessClaims(
        user_id=UserId(NEW()),
        session_id=SessionId(NEW()),
        workspace_id=WorkspaceId(NEW()),
        expires_at=NOW + timedelta(minutes=10),
    )


def test_what_was_issued_is_read_back() -> None:
    tokens, _ = tokens_with()
    claims = some_claims()

    assert tokens.read(tokens.issue(claims)) == claims


def test_a_token_ends_when_it_says_even_if_it_was_read_before() -> None:
    tokens, clock = tokens_with()
    token = tokens.issue(some_claims())
    tokens.read(token)
    clock.move(timedelta(minutes=10))

    with pytest.raises(InvalidToken):
        tokens.read(token)


def test_a_new_key_signs_while_the_old_one_still_checks() -> None:
    old, _ = tokens_with(old=SEED)
    both, _ = tokens_with(new=OTHER_SEED, old=SEED)
    new, _ = tokens_with(new=OTHER_SEED)
    claims = some_claims()

    assert both.read(old.issue(claims)) == claims
    assert new.read(both.issue(claims)) == claims
    with pytest.raises(InvalidToken):
        new.read(old.issue(claims))


PAYLOAD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": str(NEW()),
    "sid": str(NEW()),
    "ws": str(NEW()),
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 600,
    "jti": "a",
}
HEADER: dict[str, Any] = {"typ": "at+jwt", "kid": "k1", "alg": "EdDSA"}
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
STRANGE_KEY = Ed25519PrivateKey.from_private_bytes(OTHER_SEED)
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(payload: Any = PAYLOAD, header: Any = HEADER, key: Ed25519PrivateKey = KEY) -> str:
    """Like an issuer that signs whatever it is given."""
    content = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(payload).encode())}"
    return f"{content}.{b64(key.sign(content.encode()))}"


def by_hmac(key: bytes, algorithm: str = "HS256") -> str:
    header = HEADER | {"alg": algorithm}
    content = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(PAYLOAD).encode())}"
    return f"{content}.{b64(hmac.digest(key, content.encode(), hashlib.sha256))}"


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in PAYLOAD.items() if key != name}


GOOD = signed()
HEAD, BODY, SIGNATURE = GOOD.split(".")
RSA = generate_private_key(public_exponent=65537, key_size=2048)
CORPUS = {
    "empty": "", "one part": "x", "dots": "..", "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.x", "spaces": f" {GOOD} ", "not base64": f"{HEAD}.§.{SIGNATURE}",
    "not JSON": f"{b64(b'{')}.{BODY}.{SIGNATURE}", "very long": "x" * 100_000,
    "nested": f"{b64(b'[' * 900)}.{BODY}.{SIGNATURE}", "a list": signed([1]), "a number": signed(7),
    "no signature": f"{HEAD}.{BODY}.", "cut signature": f"{HEAD}.{BODY}.{SIGNATURE[:-2]}",
    "zero signature": f"{HEAD}.{BODY}.{b64(bytes(64))}", "foreign key": signed(key=STRANGE_KEY),
    "swapped body": f"{HEAD}.{b64(json.dumps(PAYLOAD | {'ws': str(NEW())}).encode())}.{SIGNATURE}",
    "alg none": f"{b64(json.dumps(HEADER | {'alg': 'none'}).encode())}.{BODY}.",
    "alg None": f"{b64(json.dumps(HEADER | {'alg': 'None'}).encode())}.{BODY}.{SIGNATURE}",
    "alg missing": signed(header={"typ": "at+jwt", "kid": "k1"}),
    "alg a list": signed(header=HEADER | {"alg": ["EdDSA"]}),
    "HMAC with the public key": by_hmac(PUBLIC), "HMAC with nothing": by_hmac(b""),
    "HMAC with the key id": by_hmac(b"k1"), "HS512 in name": by_hmac(PUBLIC, "HS512"),
    "RSA": jwt.encode(PAYLOAD, RSA, "RS256", headers={"typ": "at+jwt", "kid": "k1"}),
    "ES256 in name": signed(header=HEADER | {"alg": "ES256"}),
    "no kid": signed(header={"typ": "at+jwt", "alg": "EdDSA"}),
    "unknown kid": signed(header=HEADER | {"kid": "k2"}),
    "kid a path": signed(header=HEADER | {"kid": "../../k1"}),
    "kid a number": signed(header=HEADER | {"kid": 1}),
    "kid a list": signed(header=HEADER | {"kid": ["k1"]}),
    "kid null": signed(header=HEADER | {"kid": None}),
    "kid an object": signed(header=HEADER | {"kid": {}}),
    "typ JWT": signed(header=HEADER | {"typ": "JWT"}),
    "no typ": signed(header={"kid": "k1", "alg": "EdDSA"}),
    "typ refresh": signed(header=HEADER | {"typ": "refresh+jwt"}),
    "unknown crit": signed(header=HEADER | {"crit": ["x"], "x": 1}),
    "unencoded payload": signed(header=HEADER | {"crit": ["b64"], "b64": False}),
    **{f"without {name}": signed(without(name)) for name in PAYLOAD if name != "ws"},
    "issuer a prefix": signed(PAYLOAD | {"iss": ISSUER[:-1]}),
    "issuer a list": signed(PAYLOAD | {"iss": [ISSUER]}),
    "other audience": signed(PAYLOAD | {"aud": "another-api"}),
    "audience a list with us": signed(PAYLOAD | {"aud": [AUDIENCE, "another-api"]}),
    "audience a list of us": signed(PAYLOAD | {"aud": [AUDIENCE]}),
    "expired": signed(PAYLOAD | {"exp": PAYLOAD["iat"] - 1}),
    "expires just now": signed(PAYLOAD | {"exp": PAYLOAD["iat"]}),
    "exp text": signed(PAYLOAD | {"exp": "soon"}), "exp null": signed(PAYLOAD | {"exp": None}),
    "exp endless": signed(PAYLOAD | {"exp": 10**30}),
    "exp infinite": signed(PAYLOAD | {"exp": float("inf")}),
    "exp true": signed(PAYLOAD | {"exp": True}),
    "iat in the future": signed(PAYLOAD | {"iat": 10**11}),
    "sub a number": signed(PAYLOAD | {"sub": 1}), "sub no id": signed(PAYLOAD | {"sub": "root"}),
    "sub null": signed(PAYLOAD | {"sub": None}), "sid no id": signed(PAYLOAD | {"sid": "x"}),
    "sid a list": signed(PAYLOAD | {"sid": [str(NEW())]}),
    "ws no id": signed(PAYLOAD | {"ws": "*"}),
    "ws a list": signed(PAYLOAD | {"ws": [str(NEW())]}), "ws a number": signed(PAYLOAD | {"ws": 1}),
}  # fmt: skip


def test_the_corpus_is_built_around_a_good_token() -> None:
    tokens, _ = tokens_with()

    assert tokens.read(GOOD).workspace_id is not None
    assert tokens.read(signed(without("ws"))).workspace_id is None
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_else_is_a_token(name: str) -> None:
    tokens, _ = tokens_with()

    with pytest.raises(InvalidToken):
        tokens.read(CORPUS[name])


def test_secrets_are_long_random_and_named() -> None:
    made = {RandomSecrets().new("rt") for _ in range(100)}

    assert len(made) == 100
    assert all(one.startswith("atl_rt_") and len(one) >= 7 + 43 for one in made)


@given(st.text(st.characters(codec="ascii"), max_size=80), st.text(min_size=1))
def test_a_sealed_successor_opens_for_its_predecessor_alone(successor: str, key: str) -> None:
    sealed = seal(successor, key)

    assert unseal(sealed, key) == successor
    assert len(fingerprint(key)) == 32
    if len(successor) > 8:
        assert seal(successor, key + "x") != sealed


QUICK = Argon2Passwords(memory_kib=8, passes=1)


async def test_a_password_matches_its_own_hash_only() -> None:
    kept = await QUICK.hash("a quiet harbour")

    assert kept.startswith("$argon2id$")
    assert await QUICK.matches("a quiet harbour", kept)
    assert not await QUICK.matches("a quiet harbor", kept)
    assert not await QUICK.matches("a quiet harbour", None)
    assert not await QUICK.matches("a quiet harbour", "no hash at all")
    assert await QUICK.hash("a quiet harbour") != kept


async def test_weaker_hashes_are_outdated() -> None:
    stronger = Argon2Passwords(memory_kib=16, passes=1)
    kept = await QUICK.hash("a quiet harbour")

    assert stronger.is_outdated(kept)
    assert not QUICK.is_outdated(kept)
    assert await stronger.matches("a quiet harbour", kept)
