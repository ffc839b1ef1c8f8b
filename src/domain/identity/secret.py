"""Opaque secrets: what we hand out once, and the little we keep of it."""

import hashlib
from typing import Final

SECRET_BYTES: Final = 32


def fingerprint(secret: str) -> bytes:
    """All we store of a secret. It has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def seal(successor: str, predecessor: str) -> bytes:
    """`successor`, readable only to whoever still holds `predecessor`; sealing twice opens it.

    A one-time pad: the pad is a hash of 256 random bits that are sealed with once.
    """
    return _pad(successor.encode(), predecessor)


def unseal(sealed: bytes, predecessor: str) -> str:
    return _pad(sealed, predecessor).decode()


def _pad(content: bytes, key: str) -> bytes:
    pad = hashlib.shake_256(b"successor\0" + key.encode()).digest(len(content))
    return bytes(left ^ right for left, right in zip(content, pad, strict=True))
