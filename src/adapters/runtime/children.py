"""Pools of warm child processes, one pool per kind of work."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, overload

import msgspec

from adapters.runtime import frames, process_tree
from adapters.runtime.child_process import ChildProcess
from adapters.runtime.failures import ChildrenBusy
from adapters.runtime.limits import ChildKind

T = TypeVar("T")
_PREFIX = "children-"


@dataclass(slots=True, eq=False)
class Lease:
    """A child for oneself, with an empty scratch folder, until the lease ends.

    Both sides read and write `scratch`; the child can write nowhere else. Whatever is left in it
    is deleted at the end. A child that died is replaced at the next call, the folder stays.
    """

    kind: ChildKind
    scratch: Path
    child: ChildProcess | None = None
    readable: tuple[Path, ...] = ()  # files of this lease alone

    @overload
    async def call(
        self,
        method: str,
        payload: object = None,
        *,
        returns: type[T],
        each: Callable[[Any], Awaitable[None]] | None = None,
        items: type = object,
        wall_seconds: float | None = None,
        cpu_seconds: int | None = None,
    ) -> T: ...
    @overload
    async def call(
        self,
        method: str,
        payload: object = None,
        *,
        returns: None = None,
        each: Callable[[Any], Awaitable[None]] | None = None,
        items: type = object,
        wall_seconds: float | None = None,
        cpu_seconds: int | None = None,
    ) -> Any: ...
    async def call(
        self,
        method: str,
        payload: object = None,
        *,
        returns: Any = None,
        each: Callable[[Any], Awaitable[None]] | None = None,
        items: Any = object,
        wall_seconds: float | None = None,
        cpu_seconds: int | None = None,
    ) -> Any:
        """Call `method` in the child; `payload` and the answer are what msgpack carries.

        `returns` and `items` are the types to read the answer and its parts into. `each` gets the
        parts as they come, and slows the child down while it works. `wall_seconds` and
        `cpu_seconds` stand in for the kind's where the input says how long it may take. Raises
        what the child raised if that is a DomainError, else an error of
        `adapters.runtime.failures`. Cancelling kills.
        """
        child = await self._warm()
        answer = await child.call(
            method,
            frames.encode(payload),
            wall_seconds=wall_seconds or self.kind.limits.wall_seconds,
            cpu_seconds=cpu_seconds or self.kind.limits.cpu_seconds,
            each=_reading(each, items),
        )
        return msgspec.msgpack.decode(answer, type=Any if returns is None else returns)

    async def isolation(self) -> frames.Isolation:
        """The walls around this child."""
        return (await self._warm()).isolation

    async def _warm(self) -> ChildProcess:
        if self.child is None or not self.child.alive:
            self.child = await ChildProcess.start(self.kind, self.scratch, self.readable)
        return self.child

    async def end(self) -> None:
        """Leave nothing for the next one: an empty folder, and a child that has not grown."""
        child, limits = self.child, self.kind.limits
        opened, self.readable = self.readable, ()
        if child is not None and (
            opened
            or not child.alive
            or child.calls >= limits.recycle_after_calls
            or process_tree.resident_bytes(child.process.pid) > limits.recycle_above_bytes
        ):
            await self.close()
        if any(self.scratch.iterdir()) and not await asyncio.to_thread(_empty, self.scratch):
            await self.close()  # something resists: leave the folder behind
            self.scratch = Path(tempfile.mkdtemp(dir=self.scratch.parent))

    async def close(self) -> None:
        child, self.child = self.child, None
        if child is not None:
            await child.stop()


class Children:
    """All the pools of this process; close it, or use it with `async with`.

    Children start when they are first needed, or at `warm`, and end with this process, however it
    ends. `root` is a folder for scratch folders, made if missing.
    """

    def __init__(self, kinds: Iterable[ChildKind], root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(root)
        self._root = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root)).resolve()
        self._free: dict[str, asyncio.LifoQueue[Lease]] = {}
        self._leases: list[Lease] = []
        self._endings: set[asyncio.Task[None]] = set()
        for kind in kinds:
            free = self._free[kind.name] = asyncio.LifoQueue()
            for _ in range(kind.processes):
                lease = Lease(kind, Path(tempfile.mkdtemp(prefix=kind.name, dir=self._root)))
                self._leases.append(lease)
                free.put_nowait(lease)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def lease(
        self, kind: str, *, patience: float | None = None, readable: tuple[Path, ...] = ()
    ) -> AsyncIterator[Lease]:
        """A child of `kind`, waiting for a free one. Raises ChildrenBusy after `patience` s.

        `readable` are files that this child may read too: it starts for this lease and ends with
        it, for what was opened once stays open.
        """
        free = self._free[kind]
        try:
            async with asyncio.timeout(patience):
                lease = await free.get()
        except TimeoutError:
            raise ChildrenBusy("All engines are busy; try again in a moment.") from None
        try:
            if readable:
                await lease.close()
                lease.readable = readable
            yield lease
        finally:  # also when we are cancelled: nobody gets a folder that is not empty yet
            ending = asyncio.create_task(_hand_back(lease, free))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            await asyncio.shield(ending)

    @overload
    async def call(
        self, kind: str, method: str, payload: object = None, *, returns: type[T]
    ) -> T: ...
    @overload
    async def call(self, kind: str, method: str, payload: object = None) -> Any: ...
    async def call(
        self, kind: str, method: str, payload: object = None, *, returns: Any = None
    ) -> Any:
        """One call that needs no files; see Lease.call."""
        async with self.lease(kind) as child:
            return await child.call(method, payload, returns=returns)

    async def warm(self) -> dict[str, frames.Isolation]:
        """Start one child of each kind; answers how well each is walled off."""
        walls = {}
        for kind in self._free:
            async with self.lease(kind) as child:
                walls[kind] = await child.isolation()
        return walls

    async def close(self) -> None:
        """End every child; calls that still run fail."""
        await asyncio.gather(*self._endings)
        await asyncio.gather(*(lease.close() for lease in self._leases))
        await asyncio.to_thread(shutil.rmtree, self._root, ignore_errors=True)


async def _hand_back(lease: Lease, free: asyncio.LifoQueue[Lease]) -> None:
    try:
        await lease.end()
    finally:
        free.put_nowait(lease)


def _reading(
    each: Callable[[Any], Awaitable[None]] | None, items: Any
) -> Callable[[msgspec.Raw], Awaitable[None]] | None:
    if each is None:
        return None
    read = msgspec.msgpack.Decoder(Any if items is object else items).decode

    async def decoded(raw: msgspec.Raw) -> None:
        await each(read(raw))

    return decoded


def _empty(folder: Path) -> bool:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with suppress(OSError):
                entry.unlink()
    return not any(folder.iterdir())


def _sweep(root: Path) -> None:
    """Folders of processes that were killed."""
    for entry in root.glob(f"{_PREFIX}*-*"):
        owner = entry.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(entry, ignore_errors=True)
