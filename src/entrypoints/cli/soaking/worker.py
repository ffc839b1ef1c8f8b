"""A worker process of a soak: the deployed one, with the soak's jobs and short leases."""

import asyncio
from dataclasses import replace

from entrypoints.cli.soaking.kinds import LEASE, Soaking
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging
from entrypoints.wiring.container import build_container
from entrypoints.worker.app import options_of, work_in


async def work(settings: Settings) -> None:
    own = replace(settings, database_url=settings.worker_database_url)
    container = build_container(own, Soaking())
    try:
        await work_in(container, settings, replace(options_of(settings), lease=LEASE))
    finally:
        await container.close()


if __name__ == "__main__":
    settings = Settings.from_environment()
    start_logging(settings)
    asyncio.run(work(settings))
