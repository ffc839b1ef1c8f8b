"""An installation to show things on: `atelier up` in a data directory of its own."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from adapters.embedded.folder import DataFolder
from domain.kernel.errors import Unavailable
from entrypoints.variables import variable

_PATIENCE: Final = (
    120.0  # seconds until it must be ready, also when it is set up for the first time
)
_GOODBYE: Final = 60.0  # longer than the supervisor waits for a worker
_OWN: Final = (
    *("database_url", "worker_database_url", "migration_database_url", "redis_url"),
    *("s3_bucket", "public_url", "host", "port", "data_dir", "registration"),
)


class DemoNotStarted(Unavailable):
    code = "cli.demo-not-started"


@asynccontextmanager
async def installation(folder: Path) -> AsyncIterator[str]:
    """The address of a running installation in `folder`; one that runs already is used."""
    running = DataFolder(folder).running()
    if running is not None:
        yield running.address
        return
    process = await _start(folder)
    try:
        yield await _address(process)
    finally:
        await _stop(process)


async def _start(folder: Path) -> Process:
    unwanted = {variable(name) for name in _OWN} | {f"{variable(name)}_FILE" for name in _OWN}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {variable("data_dir"): str(folder), variable("port"): "0"}
    environment.setdefault(variable("log_level"), "warning")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "entrypoints.cli", "up", "--json"),
        env=environment,
        stdin=DEVNULL,
        stdout=PIPE,
    )


async def _address(process: Process) -> str:
    """What it prints once everything runs."""
    said = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while process.stdout is not None and (said := await process.stdout.readline()):
                with suppress(ValueError):
                    told = json.loads(said)
                    if "address" in told:
                        return str(told["address"])
                    raise DemoNotStarted(str(told.get("error", {}).get("message", told)))
    raise DemoNotStarted("The installation for the demonstration did not start; see above.")


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_GOODBYE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
