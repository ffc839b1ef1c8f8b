"""One child process as its parent sees it: start, talk, watch, kill."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec

from adapters.runtime import frames, process_tree
from adapters.runtime.failures import (
    ChildCrashed,
    ChildKilledForMemory,
    ChildMessageTooLarge,
    ChildNotStarted,
    ChildOutOfCpu,
    ChildOutOfMemory,
    ChildTimedOut,
    error_of,
    failure_of,
)
from adapters.runtime.limits import ChildKind
from domain.kernel.errors import DomainError

_START = "import sys; sys.path[:] = sys.argv[1:]; from adapters.runtime.child import main; main()"
_WATCH_SECONDS = 0.05
_ALLOCATION = b"memory allocation of "  # what Rust says before it aborts
_GOODBYE_SECONDS = 1.0
_DEFECTS = (EOFError, OSError, msgspec.MsgspecError)

Each = Callable[[msgspec.Raw], Awaitable[None]]


@dataclass(slots=True, eq=False)
class ChildProcess:
    kind: ChildKind
    process: Process
    isolation: frames.Isolation = field(
        default_factory=lambda: frames.Isolation(network="open", files="open")
    )
    calls: int = 0
    busy: bool = False
    cpu_seconds: int = 0  # what the call that runs may take
    fate: DomainError | None = None  # why we killed it
    memory_kills: int = field(default_factory=process_tree.kernel_memory_kills)
    complaints: bytearray = field(default_factory=bytearray)  # the end of what it wrote to stderr
    listener: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, kind: ChildKind, scratch: Path, readable: tuple[Path, ...] = ()) -> Self:
        """A child with its walls up and its methods ready. Raises ChildNotStarted."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-s", "-P", "-c", _START, *filter(None, sys.path)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(scratch),
            cwd=scratch,
            start_new_session=True,
            limit=1 << 20,
        )
        child = cls(kind=kind, process=process)
        child.listener = asyncio.create_task(child._listen())
        try:
            async with asyncio.timeout(kind.limits.start_seconds):
                await child._greet(scratch, readable)
        except BaseException as error:
            await child.kill()
            if not isinstance(error, _DEFECTS):
                raise
            raise child._annotated(
                ChildNotStarted(f"The {kind.name} engine did not start; try again later.")
            ) from error
        return child

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def call(
        self,
        method: str,
        payload: bytes,
        *,
        wall_seconds: float,
        cpu_seconds: int,
        each: Each | None,
    ) -> msgspec.Raw:
        """One call; after any failure but a refusal or an exception inside, the child is dead."""
        request = frames.Request(
            method=method,
            payload=msgspec.Raw(payload),
            cpu_seconds=cpu_seconds,
        )
        if self.busy:
            raise RuntimeError("a child does one call at a time")
        self.busy, self.cpu_seconds = True, cpu_seconds
        self.calls += 1
        answer = None
        watch = asyncio.create_task(self._watch())
        try:
            answer = await self._within(wall_seconds, request, each)
        finally:
            self.busy = False
            watch.cancel()
            if answer is None:
                await self.kill()
        return self._read(answer)

    async def kill(self) -> None:
        """Kill it and what it started, and wait until it is gone."""
        if self.alive:
            process_tree.kill(self.process.pid)
        await self._reap()

    async def stop(self) -> None:
        """Let it end by itself, for a moment, then kill it."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self.process.wait()
        await self.kill()

    async def _greet(self, scratch: Path, readable: tuple[Path, ...]) -> None:
        limits = self.kind.limits
        await self._send(
            frames.Boot(
                target=self.kind.target,
                settings=dict(self.kind.settings),
                scratch=str(scratch),
                readable=[*self.kind.readable, *map(str, readable)],
                unix_sockets=self.kind.unix_sockets,
                parent=os.getpid(),
                file_bytes=limits.file_bytes,
                open_files=limits.open_files,
                frame_bytes=limits.frame_bytes,
                address_space_bytes=limits.address_space_bytes,
            )
        )
        answer = await self._receive()
        if isinstance(answer, frames.Ready):
            self.isolation = answer.isolation
            return
        raise EOFError("the child did not say that it is ready")

    async def _within(
        self, seconds: float, request: frames.Request, each: Each | None
    ) -> frames.Answer:
        clock = asyncio.timeout(seconds)
        try:
            async with clock:
                return await self._converse(request, each)
        except TimeoutError:
            if not clock.expired():
                raise  # the caller's own
            raise ChildTimedOut(
                f"This took longer than {seconds:g} seconds.", limit=seconds
            ) from None
        except frames.FrameTooLarge:
            limit = self.kind.limits.frame_bytes
            raise ChildMessageTooLarge(
                "This input is larger than is allowed.", limit=limit
            ) from None

    async def _converse(self, request: frames.Request, each: Each | None) -> frames.Answer:
        try:
            await self._send(request)
        except OSError:
            raise await self._post_mortem() from None
        while True:
            try:
                answer = await self._receive()
            except _DEFECTS as error:
                raise await self._post_mortem() from error
            if not isinstance(answer, frames.Item):
                return answer
            if each is not None:
                await each(answer.value)

    def _read(self, answer: frames.Answer) -> msgspec.Raw:
        match answer:
            case frames.Result():
                return answer.value
            case frames.Refused():
                raise error_of(answer)
            case frames.Failed():
                limits = self.kind.limits
                raise failure_of(
                    answer, file_bytes=limits.file_bytes, frame_bytes=limits.frame_bytes
                )
            case _:
                raise ChildCrashed("The child answered out of turn.")

    async def _send(self, message: object) -> None:
        pipe = self.process.stdin
        if pipe is None or pipe.is_closing():
            raise BrokenPipeError
        pipe.write(frames.frame(message, self.kind.limits.frame_bytes))
        await pipe.drain()

    async def _receive(self) -> frames.Answer:
        pipe = self.process.stdout
        if pipe is None:
            raise EOFError
        length = int.from_bytes(await pipe.readexactly(frames.HEADER), "big")
        if length > self.kind.limits.frame_bytes:
            raise EOFError(f"a message of {length} bytes")
        return frames.decode_answer(await pipe.readexactly(length))

    async def _watch(self) -> None:
        limit = self.kind.limits.memory_bytes
        while self.alive:
            if process_tree.resident_bytes(self.process.pid) > limit:
                self.fate = ChildOutOfMemory(
                    "This input needs more memory than is allowed.", limit=limit
                )
                process_tree.kill(self.process.pid)
                return
            await asyncio.sleep(_WATCH_SECONDS)

    async def _listen(self) -> None:
        pipe = self.process.stderr
        while pipe is not None and (said := await pipe.read(4096)):
            self.complaints = (self.complaints + said)[-4096:]

    async def _reap(self) -> None:
        await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.listener is not None:
            with suppress(TimeoutError):  # a stray grandchild may hold the pipe
                await asyncio.wait_for(self.listener, _GOODBYE_SECONDS)

    async def _post_mortem(self) -> DomainError:
        """Why it ended."""
        await self.kill()
        return self._annotated(self.fate or self._cause_of_death())

    def _cause_of_death(self) -> DomainError:
        code = self.process.returncode or 0
        if code == -signal.SIGXCPU:
            limit = self.cpu_seconds
            return ChildOutOfCpu(f"This input needs more than {limit} s of work.", limit=limit)
        if code == -signal.SIGABRT and _ALLOCATION in self.complaints:
            limit = self.kind.limits.memory_bytes
            return ChildOutOfMemory("This input needs more memory than is allowed.", limit=limit)
        if code == -signal.SIGKILL and process_tree.kernel_memory_kills() > self.memory_kills:
            return ChildKilledForMemory("The machine ran out of memory; try again later.")
        if code < 0:
            name = signal.Signals(-code).name
            return ChildCrashed(f"The {self.kind.name} engine crashed ({name}).", signal=name)
        return ChildCrashed(f"The {self.kind.name} engine ended ({code}).", exit_code=code)

    def _annotated(self, error: DomainError) -> DomainError:
        if self.complaints:
            error.add_note(self.complaints.decode("utf-8", "replace"))
        return error


def _environment(scratch: Path) -> dict[str, str]:
    """Nothing of ours: a child has no secrets to lose."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
