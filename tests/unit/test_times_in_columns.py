"""No moment is stored without saying where on earth it was."""

import importlib
import pkgutil
from datetime import UTC, datetime, timedelta, timezone

import pytest
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

import adapters.sql
from adapters.sql.base import metadata

POSTGRESQL = PGDialect_psycopg()


def test_every_column_of_time_is_in_utc() -> None:
    for module in pkgutil.iter_modules(adapters.sql.__path__):
        importlib.import_module(f"adapters.sql.{module.name}")
    columns = [column for table in metadata.tables.values() for column in table.columns]
    times = [column for column in columns if isinstance(column.type, DateTime | DateTimeUTC)]

    assert [str(column) for column in times if not isinstance(column.type, DateTimeUTC)] == []
    assert len(times) > 20


def test_a_time_without_a_zone_is_refused_and_others_are_converted() -> None:
    bind = DateTimeUTC(timezone=True).process_bind_param

    with pytest.raises(TypeError):
        bind(datetime(2026, 3, 4, 10, 30), POSTGRESQL)  # noqa: DTZ001 - the point
    east = datetime(2026, 3, 4, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    assert bind(east, POSTGRESQL) == datetime(2026, 3, 4, 8, 30, tzinfo=UTC)
