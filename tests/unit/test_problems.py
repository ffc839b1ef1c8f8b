"""What a refused request is told when the database is to blame."""

import psycopg
import pytest
from litestar import Request
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from entrypoints.http.problems import database_error

REQUEST = Request[object, object, object]({"type": "http", "headers": []})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (errors.DeadlockDetected, 503),
        (errors.SerializationFailure, 503),
        (errors.AdminShutdown, 503),
        (errors.TooManyConnections, 503),
        (errors.UndefinedTable, 500),
    ],
)
def test_a_matter_of_time_is_told_apart_from_a_defect(
    cause: type[psycopg.Error], status: int
) -> None:
    answer = database_error(REQUEST, DBAPIError("SELECT", {}, cause("no")))

    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)
