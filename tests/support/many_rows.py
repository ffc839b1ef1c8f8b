"""200,000 rows in every hot table, over fifty workspaces, made by PostgreSQL itself."""

from typing import Any
from uuid import UUID

from psycopg import Connection

WORKSPACES, EACH = 50, 4_000

# Past triggers and foreign keys, which would take minutes; CHECKs hold.
_PEOPLE = """
CREATE TEMP TABLE ws AS SELECT number, uuidv7(interval '-200 days') AS id, uuidv7() AS owner FROM generate_series(1, %(workspaces)s) number;
INSERT INTO workspaces (id, name) SELECT id, 'w' FROM ws;
INSERT INTO users (id, email, password_hash) SELECT owner, owner || '@example.org', 'x' FROM ws;
INSERT INTO memberships (workspace_id, user_id, role) SELECT id, owner, 'owner' FROM ws;
"""
_TEMPLATES = """
INSERT INTO templates (workspace_id, id, name, latest_number, created_by, created_at, updated_at, archived_at, version)
SELECT ws.id, gen_random_uuid(), 'Template ' || n, 1, owner, now() - n * interval '30 minutes', now(),
       CASE WHEN n % 4 = 0 THEN now() END, 1
FROM ws, generate_series(1, %(each)s) n
"""
_ARTIFACTS = """
INSERT INTO blobs (workspace_id, key, size, sha256, refs, created_at)
SELECT ws.id, ws.id || '/artifacts/' || n, 1, repeat('0', 64), CASE WHEN n % 50 = 0 THEN 0 ELSE 1 END,
       now() - n * interval '30 minutes'
FROM ws, generate_series(1, %(each)s) n;
INSERT INTO artifacts (id, workspace_id, kind, key, file_name, media_type, size, sha256, retention, job_id, created_at, removed_at)
SELECT gen_random_uuid(), ws.id, 'documents.k' || n % 8, ws.id || '/artifacts/' || n, 'a.pdf', 'application/pdf', 1, repeat('0', 64),
       (ARRAY['raw_input', 'artifact', 'log', 'bulk_zip'])[n % 4 + 1], gen_random_uuid(), now() - n * interval '30 minutes',
       CASE WHEN n % 50 = 0 THEN now() END
FROM ws, generate_series(1, %(each)s) n
"""
_JOBS = """
INSERT INTO jobs (id, workspace_id, root_id, actor_id, kind, queue, subject, payload, status, turn, lease_until, worker, fence,
                  created_at, finished_at)
SELECT j.id, ws.id, j.id, owner, 'documents.fill', 'cpu', j.id, '{}', j.status, n, CASE j.status WHEN 'processing' THEN now() END,
       'w', 1, now() - n * interval '30 minutes', CASE j.status WHEN 'success' THEN now() - n * interval '29 minutes' END
FROM ws, LATERAL (
  SELECT n, uuidv7(n * interval '-30 minutes') AS id,
    CASE WHEN n <= 40 THEN 'queued' WHEN n <= 44 THEN 'processing' ELSE 'success' END AS status
  FROM generate_series(1, %(each)s) n WHERE ws.number > 0) AS j
"""
_AUDIT = """
INSERT INTO audit_entries (workspace_id, id, at, actor_id, action, object_type, object_id, seq, hash)
SELECT ws.id, gen_random_uuid(), now() - n * interval '30 minutes', owner, 'documents.x', 'template', n::text, n, '\\x00'
FROM ws, generate_series(1, %(each)s) n
"""
_BULK = """
INSERT INTO bulk_runs (workspace_id, id, template_id, template_number, fields_revision, name, sheet, options, status, phase, round,
                       rows_total, created_by, created_at, updated_at, finished_at, version)
SELECT ws.id, ws.id, ws.id, 1, 1, 'people.csv',
       jsonb_build_object('artifact_id', ws.id, 'file_name', 'people.csv'), '{}', 'success', 'done', 1, %(each)s, owner, now(), now(), now(), 1 FROM ws;
INSERT INTO bulk_rows (workspace_id, bulk_run_id, row_number, status, round, shard)
SELECT ws.id, ws.id, n, CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'ok' END, 1, n / 500 FROM ws, generate_series(1, %(each)s) n
"""
TABLES = ("templates", "blobs", "artifacts", "jobs", "audit_entries", "bulk_rows")


_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY (%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""


def fill(superuser: Connection[Any]) -> tuple[UUID, UUID]:
    """Answers one workspace and its owner."""
    superuser.execute("SET session_replication_role = replica")
    indexes = superuser.execute(_INDEXES, [list(TABLES)]).fetchall()
    for name, _ in indexes:  # made anew at the end, which is several times as fast
        superuser.execute(f"DROP INDEX {name}")
    for statements in (_PEOPLE, _TEMPLATES, _ARTIFACTS, _JOBS, _AUDIT, _BULK):
        for statement in statements.split(";\n"):
            text = statement.replace("%(workspaces)s", str(WORKSPACES))
            superuser.execute(text.replace("%(each)s", str(EACH)))  # type: ignore[call-overload]
    for _, definition in indexes:
        superuser.execute(definition)
    superuser.execute("SET session_replication_role = origin")
    superuser.execute(f"ANALYZE {', '.join(TABLES)}")  # type: ignore[call-overload]
    row = superuser.execute("SELECT id, owner FROM ws WHERE number = 7").fetchone()
    assert row is not None
    return row[0], row[1]
