"""Start a program that does not outlive us, even when we are killed."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from adapters.embedded.account import Account

_PR_SET_PDEATHSIG: Final = 1
_LARGEST_LOG: Final = 16 * 1024 * 1024  # bytes; one older log is kept

_libc: Final = ctypes.CDLL(None)


def bound(account: Account, farewell: signal.Signals) -> dict[str, Any]:
    """Keyword arguments for `subprocess`: run as `account`, in a session of its own (so that a
    Ctrl-C reaches us alone), and get `farewell` from the kernel should we die first.
    """
    return {
        **account.spawning(),
        "start_new_session": True,
        "preexec_fn": _vow(os.getpid(), farewell),
    }


def _vow(parent: int, farewell: signal.Signals) -> Callable[[], None] | None:
    """The kernel watches the starting thread, so only a main thread may ask for this."""
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None

    def vow() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(farewell), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return vow


def turn_over(log: Path) -> None:
    """Put a log that has grown large aside before its program starts."""
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".old"))
