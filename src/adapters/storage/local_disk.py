"""What the local stores share: the operating system's refusals, and names that survive a crash."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.artifacts.ports import StoreFull, StoreUnavailable


@contextmanager
def disk() -> Iterator[None]:
    """What the operating system refuses, in our words."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFull("There is no room for files; free some space and try again.") from error
        raise StoreUnavailable("The folder for files cannot be used.", errno=error.errno) from error


def in_folder(target: Path, act: Callable[[], None]) -> None:
    """A delete may remove the folder as empty between our two steps; then make it again."""
    for last in (False, False, True):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            act()
        except FileNotFoundError:
            if last:
                raise
        else:
            return


def sync_folders(folder: Path) -> None:
    """The folder that names the file, and its parent, which may name a new folder."""
    for place in (folder, folder.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
