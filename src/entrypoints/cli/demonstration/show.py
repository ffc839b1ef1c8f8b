"""The whole demonstration: each product's part, one after the other, on one installation."""

import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from entrypoints.cli.demonstration.documents import show_documents
from entrypoints.cli.demonstration.installation import installation
from entrypoints.cli.demonstration.notes import show_notes
from entrypoints.cli.demonstration.stage import Stage
from entrypoints.cli.output import say

Part = Callable[[Stage], Awaitable[dict[str, Any]]]
PARTS: Final[Mapping[str, Part]] = {"documents": show_documents, "notes": show_notes}


async def show(folder: Path, results: Path) -> dict[str, Any]:
    """What every part made, by product; `folder` is the installation's data directory."""
    began = time.monotonic()
    say(f"Starting an installation in {folder} …")
    facts: dict[str, Any] = {}
    async with installation(folder) as address:
        say(f"Ready after {time.monotonic() - began:.1f} s at {address}")
        for name, part in PARTS.items():
            own = results / name
            own.mkdir(exist_ok=True)
            async with Stage.open(address, own) as stage:
                facts[name] = await part(stage)
    return facts | {"seconds": round(time.monotonic() - began, 2)}


def told(facts: Mapping[str, Any]) -> list[str]:
    """A table of what was made and where."""
    lines = []
    for name in PARTS:
        made = facts[name]
        width = max(map(len, made))
        lines += [name, *(f"  {key.ljust(width)}  {_shown(value)}" for key, value in made.items())]
    return [*lines, f"All of it took {facts['seconds']} s."]


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
