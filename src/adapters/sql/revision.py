"""Which schema a database has and which one we bring, without loading the migration tool."""

import re
from pathlib import Path
from typing import Final

import psycopg

_REVISION: Final = re.compile(r'^(revision|down_revision) = ["\']([^"\']+)', re.MULTILINE)


def newest(project: Path) -> str:
    """The revision no other one follows; the chain has one end (a test sees to it)."""
    known: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in (project / "migrations" / "versions").glob("*.py"):
        for which, value in _REVISION.findall(file.read_text(encoding="utf-8")):
            known[which].add(value)
    (head,) = known["revision"] - known["down_revision"]
    return head


def is_current(project: Path, url: str) -> bool:
    """Does the database have our schema? Migrating one that does would only cost a second."""
    try:
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except psycopg.errors.UndefinedTable:
        return False
    return found == [(newest(project),)]
