"""The database as a file, and back."""

from pathlib import Path

import psycopg
import pytest

from adapters.embedded.postgres import PostgresCluster
from entrypoints.cli.dump import DumpFailed, restore_from, run_tool
from entrypoints.harness import Harness


def emails(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT email FROM users")}


async def test_what_was_dumped_comes_back_in_place_of_what_is_there(
    atelier: Harness, cluster: PostgresCluster, database: str, tmp_path: Path
) -> None:
    ada = await atelier.sign_up("Ada")
    file = tmp_path / "atelier.dump"
    run_tool(
        "pg_dump", "--format=custom", f"--file={file}", atelier.settings.migration_database_url
    )

    restore_from(file, cluster.url(database))

    assert ada.email in emails(cluster.url(database))


async def test_a_file_that_is_no_dump_changes_nothing(atelier: Harness, tmp_path: Path) -> None:
    ada = await atelier.sign_up("Ada")
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ada")

    with pytest.raises(DumpFailed, match="pg_restore failed"):
        restore_from(file, atelier.settings.migration_database_url)
    assert ada.email in emails(atelier.settings.migration_database_url)
