"""`atelier up`: the services, the API and the workers under one supervisor."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import click
import structlog

from adapters.embedded.account import Account
from adapters.embedded.folder import DataFolder
from adapters.embedded.processes import Running
from adapters.embedded.supervisor import Supervisor
from adapters.sql.revision import is_current
from entrypoints.cli.home import home
from entrypoints.cli.listen import listening
from entrypoints.cli.output import json_option, result
from entrypoints.cli.plan import DATABASE, Plan
from entrypoints.cli.welcome import welcome
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging

log = structlog.get_logger("supervisor")
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command(epilog="Example: ATELIER_PORT=8080 atelier up")
@json_option
def up(*, as_json: bool) -> None:
    """Run Atelier on this machine until Ctrl-C: PostgreSQL, Valkey, the API and workers.

    Each service is replaced by its variable: ATELIER_DATABASE_URL (with its two companions),
    ATELIER_REDIS_URL, ATELIER_S3_BUCKET. One runs per data directory (ATELIER_DATA_DIR).
    """
    settings = Settings.from_environment()
    start_logging(settings)
    began = time.monotonic()

    def announce(plan: Plan) -> None:
        seconds = round(time.monotonic() - began, 2)
        facts = {"address": plan.settings.public_url, "seconds": seconds, "pid": os.getpid()}
        greeting = welcome(plan.settings, fresh=plan.is_fresh())
        result(as_json, facts, f"Atelier is ready after {seconds} s.", *greeting)

    run(settings, announce)


def run(settings: Settings, ready: Callable[[Plan], None]) -> None:
    """Start everything, call `ready`, then run until SIGINT, SIGTERM or SIGHUP.

    Raises DataFolderTaken, PortTaken, ServiceFailed and what the services say in their own words.
    """
    folder = DataFolder(settings.data_dir)
    with folder.claimed(Account.current()) as sockets, listening(settings) as listener:
        plan = Plan.of(_at_port(settings, listener.getsockname()[1]), sockets, listener)
        plan.services.initialise()
        asyncio.run(_run(plan, folder, ready))


def _at_port(settings: Settings, port: int) -> Settings:
    """Port 0 became a real one."""
    named = settings.public_url != settings.local_url
    moved = replace(settings, port=port)
    return moved if named else replace(moved, public_url=moved.local_url)


async def _run(plan: Plan, folder: DataFolder, ready: Callable[[Plan], None]) -> None:
    def changed(children: Mapping[str, Running]) -> None:
        folder.write(plan.state(children))

    supervisor = Supervisor(changed)
    stop = _stop_signals(supervisor)
    starting = asyncio.create_task(_start(plan, supervisor))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            await starting  # raises what went wrong
            ready(plan)
            await stopping
        log.info("stopping")
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await supervisor.stop()


def _stop_signals(supervisor: Supervisor) -> asyncio.Event:
    """The first signal stops in order; a second one makes it quick."""
    stop = asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            supervisor.hurry()
        stop.set()

    for each in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(each, asked)
    return stop


async def _start(plan: Plan, supervisor: Supervisor) -> None:
    """Programs load while the database starts; the gate opens when its schema is right."""
    services = asyncio.create_task(supervisor.start(*plan.services.supervised()))
    processes = asyncio.create_task(supervisor.start(*plan.processes()))
    try:
        await services
        await asyncio.to_thread(_prepare_database, plan)
        os.close(plan.gate[1])
        await processes
    finally:
        processes.cancel()
        await asyncio.gather(services, processes, return_exceptions=True)


def _prepare_database(plan: Plan) -> None:
    """The schema follows the program: an update needs no step of its own."""
    postgres = plan.services.postgres
    if postgres is not None and not postgres.has_database(DATABASE):
        postgres.create_database(DATABASE)
    url = Settings.from_environment({**os.environ, **plan.environment()}).migration_database_url
    if is_current(home(), url):
        return
    from adapters.sql.migrations import migrate

    log.info("bringing the database up to date")
    migrate(home(), url)
