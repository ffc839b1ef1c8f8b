"""What can go wrong with a child process, and how a refusal crosses from child to parent."""

from adapters.runtime.frames import Failed, Refused
from domain.kernel.errors import Defect, DomainError, Invalid, Unavailable


class ChildNotStarted(Unavailable):
    code = "runtime.child-not-started"


class ChildrenBusy(Unavailable):
    code = "runtime.busy"


class ChildCrashed(Unavailable):
    """It ended without an answer; facts: `signal` or `exit_code`."""

    code = "runtime.child-crashed"


class ChildKilledForMemory(ChildCrashed):
    """The kernel killed it because the whole machine, or its container, ran out."""

    code = "runtime.machine-out-of-memory"


class ChildTimedOut(Unavailable):
    """Wall time depends on the machine's load, so another try is worth it; facts: `limit`."""

    code = "runtime.timed-out"


class DiskFull(Unavailable):
    code = "runtime.disk-full"


class ChildOutOfMemory(Invalid):
    """Facts: `limit` in bytes."""

    code = "runtime.out-of-memory"


class ChildOutOfCpu(Invalid):
    """Facts: `limit` in seconds."""

    code = "runtime.cpu-exceeded"


class ChildFileTooLarge(Invalid):
    """Facts: `limit` in bytes."""

    code = "runtime.file-too-large"


class ChildMessageTooLarge(Invalid):
    """Facts: `limit` in bytes."""

    code = "runtime.message-too-large"


class ChildFailed(Defect):
    """An unexpected exception in the child; its trace is in the notes, too."""

    code = "runtime.child-failed"


def refusal_of(error: DomainError, facts: dict[str, object]) -> Refused:
    """`error` as a message."""
    kind = next(cls for cls in type(error).__mro__ if cls.__module__ == DomainError.__module__)
    return Refused(
        name=type(error).__name__,
        kind=kind.__name__,
        code=error.code,
        message=str(error),
        facts=facts,
    )


def error_of(message: Refused) -> DomainError:
    """The refusal again: of its own class where that is loaded, else of its kind."""
    known = {(cls.__name__, cls.code): cls for cls in _descendants(DomainError)}
    cls = known.get((message.name, message.code))
    if cls is None:
        kinds = {kind.__name__: kind for kind in _descendants(DomainError) if _is_kind(kind)}
        kind = kinds.get(message.kind, DomainError)
        cls = type(message.name, (kind,), {"code": message.code, "__module__": __name__})
    error = cls.__new__(cls)
    DomainError.__init__(error, message.message, **message.facts)
    return error


def failure_of(message: Failed, *, file_bytes: int, frame_bytes: int) -> DomainError:
    """What an unexpected exception in the child means to the caller."""
    error: DomainError
    match message.reason:
        case "memory":
            error = ChildOutOfMemory("This input needs more memory than is allowed.")
        case "file-size":
            error = ChildFileTooLarge(
                "This input makes a larger file than is allowed.", limit=file_bytes
            )
        case "message-size":
            error = ChildMessageTooLarge(
                "This input makes a larger result than is allowed.", limit=frame_bytes
            )
        case "disk-full":
            error = DiskFull("The disk for temporary files is full; try again later.")
        case _:
            error = ChildFailed("This input met a defect of the program; it has been logged.")
            error.trace = message.trace
    error.add_note(message.trace)
    return error


def _is_kind(cls: type[DomainError]) -> bool:
    return cls.__module__ == DomainError.__module__


def _descendants(cls: type[DomainError]) -> list[type[DomainError]]:
    found = [cls]
    for sub in cls.__subclasses__():
        found.extend(_descendants(sub))
    return found
