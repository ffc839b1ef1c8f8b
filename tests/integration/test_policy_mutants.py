"""Each policy is broken in each way it can be, and the tenancy rules notice every time (S2).

A rule that no mutant can break proves nothing; a mutant that survives is a hole nobody would see.
"""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from adapters.embedded.postgres import PostgresCluster
from rls_probe import Probe, populate
from tenancy import TABLES


@pytest.fixture(scope="module")
def superuser(cluster: PostgresCluster, database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(cluster.url(database)) as connection:
        populate(connection)
        yield connection
        connection.rollback()


def mutants(connection: Connection[Any], probe: Probe) -> Iterator[str]:
    table = probe.name
    yield f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
    policies = connection.execute(
        "SELECT polname, polcmd::text, pg_get_expr(polqual, polrelid),"
        " pg_get_expr(polwithcheck, polrelid) FROM pg_policy WHERE polrelid = %s::regclass",
        (table,),
    ).fetchall()
    for name, command, using, check in policies:
        yield f"DROP POLICY {name} ON {table}"
        if using not in {None, "true"}:
            yield f"ALTER POLICY {name} ON {table} USING (true)"
        if check not in {None, "true"} and (command != "w" or can_refuse(probe, check)):
            yield f"ALTER POLICY {name} ON {table} WITH CHECK (true)"


def can_refuse(probe: Probe, check: str) -> bool:
    """An update's check matters only if it looks at a column that the application may write."""
    _, writable = probe.privileges("atelier_app")
    return bool(set(writable) & set(re.findall(r"\w+", check)))


@pytest.mark.parametrize("table", sorted(TABLES))
def test_no_broken_policy_goes_unnoticed(superuser: Connection[Any], table: str) -> None:
    survivors = []
    with superuser.transaction(force_rollback=True):
        probe = Probe(superuser, table, TABLES[table])
        for mutant in list(mutants(superuser, probe)):
            with superuser.transaction(force_rollback=True):
                superuser.execute(mutant)  # type: ignore[call-overload]
                if next(probe.deviations(), None) is None:
                    survivors.append(mutant)

    assert survivors == []
