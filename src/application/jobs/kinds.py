"""What may run in the background: each kind names its command, its handler and its patience."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from domain.jobs.job import Queue
from domain.kernel.errors import Invalid


class UnreadableCommand(Invalid):
    """A stored job's command does not fit its kind any more; facts: `kind`."""

    code = "jobs.unreadable-command"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """`handler` is a class whose instances are `async (actor, command) -> None` and idempotent.

    `timeout` bounds one attempt, `expires_after` the whole job with its retries and waiting.
    `part_of` names what a job is a part of, where it makes no sense to send it back alone.
    """

    name: str
    command: type[Any]
    handler: type[Any]
    queue: Queue
    timeout: timedelta = timedelta(minutes=5)
    max_attempts: int = 4  # the first run and three more
    expires_after: timedelta = timedelta(days=7)
    part_of: str = ""


class JobKinds:
    """The table of all kinds, by name and by command."""

    def __init__(self, kinds: Iterable[JobKind]) -> None:
        self._kinds: Final = tuple(kinds)
        self._by_name: Final = {kind.name: kind for kind in self._kinds}
        self._by_command: Final = {kind.command: kind for kind in self._kinds}
        if not len(self._kinds) == len(self._by_name) == len(self._by_command):
            raise ValueError("two job kinds share a name or a command")

    @property
    def names(self) -> list[str]:
        return list(self._by_name)

    def __iter__(self) -> Iterator[JobKind]:
        return iter(self._kinds)

    def named(self, name: str) -> JobKind:
        """Raises KeyError; but workers claim only kinds they know, so old and new run together."""
        return self._by_name[name]

    def part_of(self, name: str) -> str:
        """Empty for a kind on its own, and for one that this version does not know."""
        kind = self._by_name.get(name)
        return "" if kind is None else kind.part_of

    def of(self, command: object) -> JobKind:
        """Raises LookupError: a command nobody registered is a bug."""
        try:
            return self._by_command[type(command)]
        except KeyError:
            raise LookupError(f"{type(command).__name__} is the command of no job kind") from None


def encode(command: object) -> str:
    return msgspec.json.encode(command).decode()


def decode(kind: JobKind, payload: str) -> Any:
    """Raises UnreadableCommand."""
    try:
        return msgspec.json.decode(payload, type=kind.command)
    except msgspec.ValidationError as error:
        raise UnreadableCommand(
            f"The stored command of kind {kind.name} cannot be read: {error}", kind=kind.name
        ) from error
