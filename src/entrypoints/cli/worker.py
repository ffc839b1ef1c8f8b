"""`atelier worker`: run background jobs."""

from pathlib import Path

import click


@click.command(epilog="Example: atelier worker --queues cpu:2,io --slots 8")
@click.option("--queues", help="Which queues, separated by commas [ATELIER_WORKER_QUEUES].")
@click.option("--slots", type=int, help="Jobs of each queue at once [ATELIER_WORKER_SLOTS].")
@click.option("--gate", type=int, hidden=True, help="Start when this pipe closes.")
@click.option(
    "--ready", type=click.Path(path_type=Path), hidden=True, help="Touch this file when at work."
)
def worker(*, queues: str | None, slots: int | None, gate: int | None, ready: Path | None) -> None:
    """Run background jobs until stopped; jobs it holds then go back to their queue.

    Needs ATELIER_WORKER_DATABASE_URL, ATELIER_REDIS_URL and the keys; `atelier up` brings them.
    """
    import asyncio
    from dataclasses import replace

    from entrypoints.cli.attach import attached
    from entrypoints.cli.gate import pass_through
    from entrypoints.cli.machine import tell_what_is_missing
    from entrypoints.telemetry import start_logging
    from entrypoints.variables import words
    from entrypoints.worker.app import work

    settings = attached()
    settings.require("worker_database_url", "redis_url", "download_keys")
    start_logging(settings)
    tell_what_is_missing()
    pass_through(gate)
    wanted = replace(
        settings,
        worker_queues=words(queues) if queues else settings.worker_queues,
        worker_slots=slots or settings.worker_slots,
    )
    asyncio.run(work(wanted, ready))
