"""Row-level security keeps what `tenancy.TABLES` says, for every table, caller and verb (S2)."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from adapters.embedded.postgres import PostgresCluster
from rls_probe import Probe, populate
from tenancy import GLOBAL, TABLES


@pytest.fixture
def superuser(cluster: PostgresCluster, database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(cluster.url(database)) as connection:
        populate(connection)
        yield connection
        connection.rollback()


def test_every_table_is_listed(superuser: Connection[Any]) -> None:
    rows = superuser.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p')"
    )

    assert {name for (name,) in rows} == TABLES.keys() | GLOBAL


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_database_lets_each_caller_do_exactly_what_is_promised(
    superuser: Connection[Any], name: str
) -> None:
    deviations = list(Probe(superuser, name, TABLES[name]).deviations())

    assert deviations == []
