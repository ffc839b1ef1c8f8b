"""`atelier demo`: what Atelier does, on this machine, with the real processes."""

import click

from entrypoints.cli.output import json_option, result


@click.command(epilog="Example: atelier demo --output ~/letters")
@click.option("--output", type=click.Path(file_okay=False), help="Where the results go.")
@json_option
def demo(*, output: str | None, as_json: bool) -> None:
    """Start an installation, make 493 letters of 500 rows through its API, show where they are.

    It runs in a data directory of its own and leaves nothing running.
    """
    import asyncio
    from pathlib import Path

    from entrypoints.cli.demonstration.show import show, told
    from entrypoints.settings import Settings

    folder = Settings.from_environment().data_dir / "demo"
    results = Path(output) if output else folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    facts = asyncio.run(show(folder, results))
    result(as_json, facts, *told(facts))
