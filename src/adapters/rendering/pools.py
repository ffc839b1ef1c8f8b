"""The kinds of child processes that documents are made in."""

from collections.abc import Sequence

from adapters.runtime.limits import MIB, ChildKind, Limits

QUICK = "documents"  # somebody waits for the answer
BULK = "documents-bulk"  # a job does
OFFICE = "documents-office"  # LibreOffice, which talks to its own parts through sockets


def document_kinds(
    target: str, *, quick: int, bulk: int, office: str | None = None
) -> Sequence[ChildKind]:
    """`target` is the module and function that answers the methods; numbers are processes.

    `office` is LibreOffice's program; it runs once at a time.
    """
    patient = Limits(
        wall_seconds=900, cpu_seconds=900, memory_bytes=1536 * MIB, file_bytes=16_384 * MIB
    )
    return (
        ChildKind(
            name=QUICK,
            target=target,
            processes=quick,
            limits=Limits(wall_seconds=40, cpu_seconds=40, memory_bytes=1024 * MIB),
        ),
        ChildKind(name=BULK, target=target, processes=bulk, limits=patient),
        ChildKind(
            name=OFFICE,
            target=target,
            limits=patient,
            unix_sockets=True,
            settings={"office": office or ""},
        ),
    )
