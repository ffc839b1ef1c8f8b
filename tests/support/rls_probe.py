"""Ask PostgreSQL itself who may do what to which row, and compare with `tenancy.TABLES`."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from tenancy import HERE, MEMBERS, ROLES, THERE, USERS, WHO, Row, Table, Who

_STRANGER: Final = uuid.UUID(int=77)
_SEEDED: Final = frozenset({"users", "workspaces", "memberships"})
_BY_TYPE: Final[dict[str, Any]] = {
    "integer": 1, "bigint": 1, "smallint": 1, "boolean": False, "numeric": 1, "date": "2026-01-01",
    "timestamp with time zone": "2026-01-01T00:00:00Z", "double precision": 1.0,
    "interval": "1 second", "ARRAY": "{}",
}  # fmt: skip
# Does each statement as that caller, says how many rows it touched, and undoes it.
_TRY: Final = """
CREATE FUNCTION pg_temp.try(who text, me text, here text, at_most text, statements text[])
RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE statement text; touched int; answers int[] := '{}';
BEGIN
  PERFORM set_config('app.user_id', me, true), set_config('app.workspace_id', here, true),
    set_config('app.max_rank', at_most, true), set_config('role', who, true);
  FOREACH statement IN ARRAY statements LOOP
    BEGIN
      EXECUTE statement;
      GET DIAGNOSTICS touched = ROW_COUNT;
      RAISE EXCEPTION USING ERRCODE = 'ZZ001';
    EXCEPTION
      WHEN SQLSTATE 'ZZ001' THEN answers := answers || touched;
      WHEN insufficient_privilege THEN answers := answers || 0;
    END;
  END LOOP;
  PERFORM set_config('role', 'none', true);
  RETURN answers;
END $$
"""


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Trial:
    """One verb, as a statement and as the rules see it: on which rows, and what they would become.

    A statement without WHERE needs no right to read, so it meets the other policies alone.
    """

    verb: str
    statement: str
    rows: tuple[Row, ...]
    becomes: tuple[Row, ...] = ()

    def expected(self, table: Table, who: Who) -> int:
        """How many rows it may touch; one row that must not become so stops the whole."""
        pairs = zip(self.rows, self.becomes or self.rows, strict=True)
        touched = [(row, new) for row, new in pairs if table.allows(self.verb, who, row)]
        if all(table.allows(self.verb, who, new) for _, new in touched):
            return len(touched)
        return 0


class Probe:
    """One table, with a few rows in two workspaces, inside a transaction that is never kept."""

    def __init__(self, connection: Connection[Any], name: str, table: Table) -> None:
        self._connection, self.name, self.table = connection, name, table
        self._columns = _columns(connection, name)
        self._key = _primary_key(connection, name)
        _drop_constraints(connection, name)
        rows = {row: self._seed(row) for row in self._wanted()}
        self._trials = {
            role: [*self._on_each(role, rows), *self._on_all(role, tuple(rows))]
            for role in {who.database_role for who in WHO}
        }

    def deviations(self) -> Iterator[str]:
        for who in WHO:
            trials = self._trials[who.database_role]
            answers = self._connection.execute(
                "SELECT pg_temp.try(%s, %s, %s, %s, %s)",
                (
                    who.database_role,
                    str(who.user or ""),
                    str(who.here or ""),
                    str(who.max_rank),
                    [trial.statement for trial in trials],
                ),
            ).fetchone()
            assert answers is not None
            for trial, found in zip(trials, answers[0], strict=True):
                expected = trial.expected(self.table, who)
                if found != expected:
                    yield f"{who.name}: {trial.statement}: {found} rows, not {expected}"

    def _on_each(self, role: str, rows: dict[Row, str]) -> Iterator[Trial]:
        may_add, writable = self.privileges(role)
        harmless = next((name for name in writable if name not in self._key), None)
        for row, where in rows.items():
            yield Trial("read", f"SELECT 1 FROM {self.name} WHERE {where}", (row,))
            yield Trial("remove", f"DELETE FROM {self.name} WHERE {where}", (row,))
            if may_add:
                yield Trial("add", self._insert(self._values(row)), (row,))
            if harmless is not None:
                update = f"UPDATE {self.name} SET {harmless} = {harmless} WHERE {where}"
                yield Trial("change", update, (row,))

    def _on_all(self, role: str, rows: tuple[Row, ...]) -> Iterator[Trial]:
        _, writable = self.privileges(role)
        yield Trial("remove", f"DELETE FROM {self.name}", rows)
        telling = {"workspace_id", "role", self.table.user}
        for column in self._columns:
            if column.name in writable and column.name not in telling:
                value = self._literal(_value(column))
                yield Trial("change", f"UPDATE {self.name} SET {column.name} = {value}", rows)
                break
        for name, value, becomes in self._turns(rows):
            if name in writable and self.name not in {"workspaces", "users"}:
                update = f"UPDATE {self.name} SET {name} = '{value}'"
                yield Trial("change", update, rows, becomes)

    def _turns(self, rows: tuple[Row, ...]) -> Iterator[tuple[str | None, object, tuple[Row, ...]]]:
        for workspace in (HERE, THERE):
            moved = tuple(replace(row, workspace=workspace) for row in rows)
            yield "workspace_id", workspace, moved
        for user in (USERS["editor"], _STRANGER):
            yield self.table.user, user, tuple(replace(row, user=user) for row in rows)
        yield "role", "owner", tuple(replace(row, role="owner") for row in rows)

    def _wanted(self) -> Iterator[Row]:
        if self.name in {"memberships", "users"}:
            yield from (Row(HERE, USERS[role], role) for role in ROLES)
            yield Row(THERE, USERS["outsider"], "owner")
            return
        yield Row(HERE, USERS["editor"])
        yield Row(THERE, USERS["outsider"])
        if self.table.user is not None:
            yield Row(HERE, USERS["owner"])
        if any(column.name == "role" for column in self._columns):
            yield Row(HERE, USERS["owner"], "owner")

    def _seed(self, row: Row) -> str:
        """Make the row; answer the condition that finds it."""
        values = self._values(row)
        if self.name not in _SEEDED:
            statement = f"{self._insert(values)} RETURNING {', '.join(self._key)}"
            made = self._connection.execute(statement).fetchone()  # type: ignore[arg-type]
            assert made is not None
            values |= dict(zip(self._key, made, strict=True))
        return " AND ".join(f"{name} = {self._literal(values[name])}" for name in self._key)

    def _values(self, row: Row) -> dict[str, Any]:
        required = {c.name: _value(c) for c in self._columns if c.required}
        known = {"workspace_id": row.workspace, "role": row.role, self.table.user: row.user}
        if self.name == "workspaces":
            known["id"] = row.workspace
        names = {column.name for column in self._columns}
        fitting = {str(name): value for name, value in known.items() if name in names}
        return required | self.table.values | fitting

    def _insert(self, values: dict[str, Any]) -> str:
        literals = ", ".join(self._literal(value) for value in values.values())
        return f"INSERT INTO {self.name} ({', '.join(values)}) VALUES ({literals})"

    def _literal(self, value: Any) -> str:
        return sql.Literal(value).as_string(self._connection)

    def privileges(self, role: str) -> tuple[bool, list[str]]:
        row = self._connection.execute(
            "SELECT has_any_column_privilege(%(role)s, %(table)s, 'INSERT'),"
            " array(SELECT attname::text FROM pg_attribute"
            " WHERE attrelid = %(table)s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' AND attidentity = ''"
            " AND has_column_privilege(%(role)s, attrelid, attnum, 'UPDATE') ORDER BY attnum)",
            {"role": role, "table": self.name},
        ).fetchone()
        assert row is not None
        return row[0], row[1]


def populate(connection: Connection[Any]) -> None:
    """The workspaces and people of `tenancy`; foreign keys and triggers are off from here on."""
    connection.execute("SET session_replication_role = replica")
    connection.execute(_TRY)
    for number, (workspace, members) in enumerate(MEMBERS.items()):
        connection.execute(
            "INSERT INTO workspaces (id, name) VALUES (%s, %s)", (workspace, f"w{number}")
        )
        for user in members:
            role = next((name for name in ROLES if USERS[name] == user), "owner")
            connection.execute(
                "INSERT INTO users (id, email, password_hash) VALUES (%s, %s, 'x')",
                (user, f"{user}@example.org"),
            )
            connection.execute(
                "INSERT INTO memberships (workspace_id, user_id, role) VALUES (%s, %s, %s)",
                (workspace, user, role),
            )


def _value(column: Column) -> Any:
    match column.kind:
        case "uuid":
            return uuid.uuid4()
        case "text":
            return uuid.uuid4().hex
        case "bytea":
            return uuid.uuid4().bytes * 2
        case "jsonb":
            return Jsonb({})
        case kind:
            return _BY_TYPE[kind]


def _columns(connection: Connection[Any], table: str) -> tuple[Column, ...]:
    rows = connection.execute(
        "SELECT column_name, data_type, is_nullable = 'NO' AND column_default IS NULL"
        " AND is_identity = 'NO' AND is_generated = 'NEVER'"
        " FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        (table,),
    )
    return tuple(Column(name, kind, required) for name, kind, required in rows)


def _primary_key(connection: Connection[Any], table: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
        " AND a.attnum = ANY (i.indkey) WHERE i.indrelid = %s::regclass AND i.indisprimary",
        (table,),
    )
    return tuple(name for (name,) in rows)


def _drop_constraints(connection: Connection[Any], table: str) -> None:
    """So that any value will do; who may see a row does not depend on them."""
    constraints = connection.execute(
        "SELECT conname FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('c', 'u', 'p', 'x')",
        (table,),
    ).fetchall()
    for (name,) in constraints:
        drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {} CASCADE")
        connection.execute(drop.format(sql.Identifier(table), sql.Identifier(name)))
    indexes = connection.execute(
        "SELECT indexrelid::regclass::text FROM pg_index"
        " WHERE indrelid = %s::regclass AND indisunique",
        (table,),
    ).fetchall()
    for (name,) in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
