"""Ports every context uses."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID


class UnitOfWork(Protocol):
    """One scope's changes: all of them or none; a scope that never commits leaves no trace.

    In a background job every transaction first proves that the job's lease still holds.
    """

    @abstractmethod
    def after_commit(self, action: Callable[[], Awaitable[None]]) -> None:
        """Run `action` once the changes are durable, and only then; its failure is not ours."""

    @abstractmethod
    async def commit(self) -> None:
        """Raises ChangedMeanwhile when someone else changed the same thing first."""

    @abstractmethod
    async def rollback(self) -> None:
        """Drop what is not committed, with its `after_commit` actions; read again what you need."""


class Clock(Protocol):
    """Wall time for schedules and retention; leases use the database's clock."""

    @abstractmethod
    def now(self) -> datetime:
        """Aware, UTC."""


class Ids(Protocol):
    @abstractmethod
    def new(self) -> UUID:
        """A UUIDv7: unique, and sorting by the time it was made."""
