"""Checksums that senders declare: of a whole file, or of one piece of it."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final

from domain.kernel.errors import Damaged, Invalid, Malformed

_HEX: Final = frozenset("0123456789abcdef")
_SIZES: Final = {"md5": 16, "sha1": 20, "sha256": 32}
ALGORITHMS: Final = tuple(sorted(_SIZES))


class BadChecksum(Invalid):
    code = "artifacts.bad-checksum"


class ChecksumMismatch(Invalid):
    """Facts: `declared`, `received`."""

    code = "artifacts.checksum-mismatch"


class BadPieceChecksum(Malformed):
    """Facts: `algorithms`."""

    code = "artifacts.bad-upload-checksum"


class PieceDamaged(Damaged):
    code = "artifacts.piece-damaged"


def sha256_in_hex(declared: str) -> str:
    """Lower case. Raises BadChecksum."""
    plain = declared.strip().lower()
    if len(plain) != _SIZES["sha256"] * 2 or set(plain) - _HEX:
        raise BadChecksum("A SHA-256 is written in 64 hexadecimal digits.")
    return plain


def require_same(declared: str | None, received: str) -> None:
    """Raises ChecksumMismatch, BadChecksum."""
    if declared is not None and sha256_in_hex(declared) != received:
        raise ChecksumMismatch(
            "The file arrived damaged; send it again.",
            declared=declared.lower(),
            received=received,
        )


@dataclass(frozen=True, slots=True)
class PieceChecksum:
    """What the sender says of one piece; `digest` as bytes."""

    algorithm: str
    digest: bytes

    @classmethod
    def read(cls, header: str) -> "PieceChecksum":
        """`sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`. Raises BadPieceChecksum."""
        algorithm, _, encoded = header.strip().partition(" ")
        try:
            digest = base64.b64decode(encoded.strip(), validate=True)
        except binascii.Error:
            digest = b""
        if len(digest) != _SIZES.get(algorithm.lower(), -1):
            raise BadPieceChecksum(
                "A checksum is the name of an algorithm, a space, and the digest in base64.",
                algorithms=list(ALGORITHMS),
            )
        return cls(algorithm.lower(), digest)

    def begin(self) -> Any:
        return hashlib.new(self.algorithm, usedforsecurity=False)

    def require(self, received: bytes) -> None:
        """Raises PieceDamaged."""
        if not hmac.compare_digest(self.digest, received):
            raise PieceDamaged("This piece arrived damaged; send it again.")
