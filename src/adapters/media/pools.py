"""The kind of child processes that media files are opened in."""

from typing import Final

from adapters.runtime.limits import MIB, ChildKind, Limits

MEDIA: Final = "media"


def media_kind(target: str, *, processes: int) -> ChildKind:
    """`target` is the module and function that answers the methods.

    A child serves one lease: what a hostile file did to it is gone before the next file comes.
    """
    return ChildKind(
        name=MEDIA,
        target=target,
        processes=processes,
        limits=Limits(
            wall_seconds=120,  # and more by the length of the video
            cpu_seconds=6 * 3600,
            memory_bytes=1228 * MIB,
            file_bytes=16_384 * MIB,
            recycle_after_calls=1,
        ),
    )
