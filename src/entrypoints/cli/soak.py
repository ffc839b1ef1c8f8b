"""`atelier soak`: prove the job engine by breaking everything around it."""

import click

from entrypoints.cli.output import json_option, result


@click.command(epilog="Example: atelier soak --seconds 120 --json")
@click.option("--seconds", type=click.FloatRange(min=5), default=120.0, show_default=True)
@click.option("--workers", type=click.IntRange(1, 32), default=4, show_default=True)
@click.option("--seed", type=int, help="Repeats the same faults, though never the same moments.")
@click.option("--keep", type=click.Path(file_okay=False), help="Copy the processes' logs there.")
@json_option
def soak(*, seconds: float, workers: int, seed: int | None, keep: str | None, as_json: bool) -> int:
    """Kill, freeze and cut off workers, crash PostgreSQL and Valkey, while jobs are submitted.

    Everything runs in a temporary folder of its own, on private sockets. Afterwards: is any
    promised job lost, did any effect happen twice, does every invariant hold? If not, exit code 1.
    """
    import random
    from pathlib import Path

    from entrypoints.cli.soaking.soak import soak as soaked
    from entrypoints.cli.soaking.soak import told

    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    facts = soaked(seconds, workers, chosen, Path(keep) if keep else None)
    result(as_json, facts, *told(facts))
    return 1 if facts["violated"] else 0
