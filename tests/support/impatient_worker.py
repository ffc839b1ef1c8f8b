"""A worker process whose leases last two seconds, so that tests need not wait for the dead."""

import asyncio
from dataclasses import replace

from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging
from entrypoints.wiring.container import build_container
from entrypoints.worker.app import options_of, work_in


async def work(settings: Settings) -> None:
    container = build_container(replace(settings, database_url=settings.worker_database_url))
    try:
        options = replace(options_of(settings), lease=2.0, poll=0.2)
        await work_in(container, settings, options)
    finally:
        await container.close()


if __name__ == "__main__":
    settings = Settings.from_environment()
    start_logging(settings)
    asyncio.run(work(settings))
