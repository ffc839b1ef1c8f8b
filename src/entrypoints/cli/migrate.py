"""`atelier migrate`: bring the database to this version's schema."""

import click

from entrypoints.cli.output import json_option, result


@click.command(epilog="Example: atelier migrate")
@json_option
def migrate(*, as_json: bool) -> None:
    """Bring the database to this version's schema.

    Uses ATELIER_MIGRATION_DATABASE_URL, or the database of a running `atelier up`.
    """
    from adapters.sql.migrations import migrate as bring_up
    from adapters.sql.revision import newest
    from entrypoints.cli.attach import attached
    from entrypoints.cli.home import home

    settings = attached()
    settings.require("migration_database_url")
    bring_up(home(), settings.migration_database_url)
    revision = newest(home())
    result(as_json, {"revision": revision}, f"The database is at revision {revision}.")
