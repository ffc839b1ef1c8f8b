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


@contextmanager
def shown_stages(what: str) -> Iterator[Tell]:
    """As `shown_progress`, for something that goes through stages and knows its percentage."""
    told = ""

    def lines(seen: dict[str, Any]) -> None:
        nonlocal told
        at = _stage(seen)
        if at != told:
            told = at
            say(f"{what}: {at}, {seen['percent']} %")

    if not sys.stderr.isatty():
        yield lines
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=100)

        def bar(seen: dict[str, Any]) -> None:
            progress.update(task, description=f"{what}: {_stage(seen)}", completed=seen["percent"])

        yield bar


def _stage(seen: dict[str, Any]) -> str:
    """The last stage that has begun and is not over."""
    open_stages = [
        each["stage"] for each in seen["stages"] if each["done"] + each["failed"] < each["parts"]
    ]
    return str(open_stages[0]) if open_stages else str(seen["status"])
