"""Migrations go down and up again to the very same schema."""

from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from adapters.embedded.postgres import PostgresCluster
from adapters.sql.migrations import migrate

PROJECT = Path(__file__).parents[2]
SCHEMA = """
    SELECT 'column', table_name || '.' || column_name, data_type || is_nullable
           || coalesce(generation_expression, column_default, '')
    FROM information_schema.columns WHERE table_schema IN ('public', 'app')
    UNION ALL SELECT 'rule', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'policy', tablename || '.' || policyname, cmd || coalesce(qual, '')
    FROM pg_policies
    UNION ALL SELECT 'function', proname, coalesce(proacl::text, '') FROM pg_proc
    WHERE pronamespace = 'app'::regnamespace
    ORDER BY 1, 2, 3
"""


def schema(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as superuser:
        return superuser.execute(SCHEMA).fetchall()


@pytest.mark.parametrize("steps", [1, 2])
def test_the_migrations_of_products_go_down_and_up_again(
    cluster: PostgresCluster, database: str, steps: int
) -> None:
    url = cluster.url(database)
    before = schema(url)
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = url

    command.downgrade(config, f"-{steps}")
    below = schema(url)
    migrate(PROJECT, url)

    assert set(below) < set(before)
    assert schema(url) == before
