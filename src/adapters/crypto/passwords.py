"""Passwords as argon2id, two at a time, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from domain.identity.ports import Passwords

T = TypeVar("T")
_THREADS: Final = 2  # 64 MiB each: memory stays bounded however many people sign in at once


class Argon2Passwords(Passwords):
    """OWASP's floor is 19 MiB and two passes; the default here is 64 MiB and three."""

    def __init__(self, *, memory_kib: int = 64 * 1024, passes: int = 3) -> None:
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        return await self._beside(self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        if password_hash is None:
            if self._nobody is None:
                self._nobody = await self.hash("nobody")
            await self._beside(self._verify, self._nobody, password)
            return False
        return await self._beside(self._verify, password_hash, password)

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _beside(self, work: Callable[..., T], *arguments: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
