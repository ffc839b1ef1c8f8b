"""How far something is: a bar on a terminal, now and then a plain line in a pipe."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from entrypoints.cli.output import say

_EVERY: Final = 2.0  # seconds between two plain lines

Tell = Callable[[dict[str, Any]], None]  # a run, as the API shows it


def _counter() -> Callable[[dict[str, Any]], int]:
    """Rows that are made: what several workers say may overlap, so it never goes back."""
    most = 0

    def done(run: dict[str, Any]) -> int:
        nonlocal most
        most = max(most, int(run["rows_done"]) + int(run.get("rows_at_work", 0)))
        return most

    return done


@contextmanager
def shown_progress(what: str) -> Iterator[Tell]:
    """Call the function it yields whenever the run was looked at; goes to standard error."""
    if sys.stderr.isatty():
        with _bar(what) as tell:
            yield tell
    else:
        yield _lines(what)


@contextmanager
def _bar(what: str) -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task, done = progress.add_task(what, total=None, rate=""), _counter()

        def tell(run: dict[str, Any]) -> None:
            progress.update(
                task,
                description=f"{what}: {run['phase']}",
                total=run["rows_total"] or None,
                completed=done(run),
                rate=f"{run['rows_per_second']:.0f} rows/s" if run["rows_per_second"] else "",
            )

        yield tell


def _lines(what: str) -> Tell:
    told, done = 0.0, _counter()

    def tell(run: dict[str, Any]) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told < _EVERY or not run["rows_total"]:
            return
        told = now
        rate, eta = run["rows_per_second"], run.get("eta_seconds")
        speed = f", {rate:.0f} rows/s" if rate >= 1 else ""
        to_go = f", {eta:.0f} s to go" if speed and eta else ""
        say(f"{what}: {run['phase']}, {done(run):,} of {run['rows_total']:,} rows{speed}{to_go}")

    return tell
