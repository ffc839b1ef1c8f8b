"""`atelier test`: everything a change must pass."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import click

from entrypoints.cli.output import say

# mypy, the slowest, comes first: the others run beside it.
CHECKS: Final = {
    "mypy": ("mypy",),
    "lint-imports": ("lint-imports", "--no-cache"),
    "ruff check": ("ruff", "check", "--quiet"),
    "ruff format": ("ruff", "format", "--check", "--quiet"),
}


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="Example: atelier test tests/unit -k settings",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(*, arguments: tuple[str, ...]) -> int:
    """Check format, lint, types and layers, then run the tests; arguments go to pytest."""
    from entrypoints.cli.home import home

    folder = home()
    tools = Path(sys.executable).parent
    with ThreadPoolExecutor(max_workers=2) as pool:
        passed = list(pool.map(lambda name: _check(name, folder, tools), CHECKS))
    if not all(passed):
        failed = [name for name, good in zip(CHECKS, passed, strict=True) if not good]
        say(f"atelier: {', '.join(failed)} failed; the tests did not run")
        return 1
    pytest = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(pytest, cwd=folder, check=False).returncode  # noqa: S603 - our own tool


def _check(name: str, folder: Path, tools: Path) -> bool:
    program, *arguments = CHECKS[name]
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603 - our own tools
        [str(tools / program), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    say(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - began:.1f} s)")
    if done.returncode:
        say((done.stdout + done.stderr).strip())
    return done.returncode == 0
