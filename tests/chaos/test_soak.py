"""A short sample of `atelier soak`, and proof that its verdict would notice (R1)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import Connection

from adapters.embedded.postgres import PostgresCluster
from entrypoints.cli.soaking.site import SCHEMA
from entrypoints.cli.soaking.verdict import Promises, judged, stuck_in

PROJECT = Path(__file__).parents[2]


def test_nothing_is_lost_or_doubled_while_everything_breaks() -> None:
    command = [sys.executable, "-P", "-m", "entrypoints.cli", "soak", "--seconds", "15", "--json"]
    done = subprocess.run(
        command, cwd=PROJECT, env={"PYTHONPATH": "src"}, capture_output=True, text=True, check=False
    )

    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["violated"] == {}, facts
    assert (done.returncode, facts["lost"], facts["doubled"], facts["invariants"]) == (0, 0, 0, 0)
    assert facts["jobs"] == facts["promised"] == facts["posts"] >= 30
    assert facts["submitted_twice"] > 0
    assert facts["ticks"] > 0
    assert {"sigkill", "pg_immediate_restart", "valkey_kill_9"} <= facts["faults"].keys()


@pytest.fixture(scope="module")
def db(cluster: PostgresCluster, database: str) -> Iterator[Connection[Any]]:
    """One job that went well, written by hand so that it can be spoilt."""
    with psycopg.connect(cluster.url(database)) as connection:
        connection.execute(SCHEMA)
        connection.execute("SET session_replication_role = replica")
        yield connection
        connection.rollback()


JOB = UUID(int=7)
GOOD = f"""
INSERT INTO jobs (id, root_id, kind, queue, subject, payload, status, fence, seq, started_at,
  finished_at)
VALUES ('{JOB}', '{JOB}', 'soak.work', 'io', '{JOB}', '{{}}', 'success', 1, 3, now(), now());
INSERT INTO job_events (root_id, run_seq, job_id, seq, kind, shard, type, fence, data)
SELECT '{JOB}', n, '{JOB}', n, 'soak.work', 0, 'x', 1, '{{}}' FROM generate_series(1, 3) AS n;
INSERT INTO job_steps (job_id, step, state, effect_key, fence)
SELECT '{JOB}', s, 'done', s, 1 FROM unnest(ARRAY['first', 'second', 'last', 'post']) AS s;
INSERT INTO soak_ledger (job_id, step, fence)
SELECT '{JOB}', s, 1 FROM unnest(ARRAY['first', 'second', 'last']) AS s;
INSERT INTO soak_trail (job_id, old, new, fence)
VALUES ('{JOB}', 'queued', 'processing', 1), ('{JOB}', 'processing', 'success', 1);
INSERT INTO outbox (msg_id, topic, payload)
VALUES (gen_random_uuid(), 'job.success', jsonb_build_object('job_id', '{JOB}'));
INSERT INTO cron_runs (name, due) VALUES ('soak.tick', now());
"""
SPOILT = {
    "INSERT INTO soak_ledger VALUES ('{job}', 'first', 1)": "I2 a step happens once",
    "DELETE FROM soak_ledger WHERE step = 'last'": "I3 success means every step",
    "DELETE FROM job_events WHERE seq = 2": "I4 events of a job have no gap",
    "UPDATE job_events SET run_seq = 9 WHERE run_seq = 3": "I4 events of a run have no gap",
    "INSERT INTO soak_trail VALUES ('{job}', 'queued', 'processing', 1)": (
        "I5 a fence belongs to one claim"
    ),
    "UPDATE soak_ledger SET fence = 2": "I5 a ledger entry was made under a claim",
    "INSERT INTO soak_trail VALUES ('{job}', 'queued', 'failed', 1)": "I6 an end comes once",
    "DELETE FROM outbox": "I7 one message for each end",
    "UPDATE job_steps SET state = 'intent' WHERE step = 'post'": "I10 no intent is left open",
    "UPDATE jobs SET status = 'failed'": "everything succeeds",
    "UPDATE jobs SET status = 'processing', lease_until = now(), finished_at = NULL": (
        "nothing is held after the workers left"
    ),
    "INSERT INTO cron_runs VALUES ('soak.tick', now() + interval '2 s')": (
        "each slot of the clock ran"
    ),
    "INSERT INTO cron_runs VALUES ('soak.tick', now() + interval '6 s', '{job}')": (
        "the clock has no gap"
    ),
    "DELETE FROM jobs": "I1 a promised job is stored",
}


def verdict(db: Connection[Any], posts: Path, promised: frozenset[str] | None = None) -> Any:
    ids = frozenset({str(JOB)}) if promised is None else promised
    return judged(db, Promises(ids, len(ids), frozenset()), posts, {})


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    file = tmp_path / "posts.txt"
    file.write_text(f"{JOB}:post\n")
    return file


@pytest.mark.parametrize("change", SPOILT)
def test_the_verdict_notices(db: Connection[Any], posts: Path, change: str) -> None:
    with db.transaction(force_rollback=True):
        db.execute(GOOD.encode())
        assert verdict(db, posts)["violated"] == {}

        db.execute(change.format(job=JOB).encode())

        assert SPOILT[change] in verdict(db, posts)["violated"]


def test_the_verdict_counts_posts_and_promises(db: Connection[Any], posts: Path) -> None:
    with db.transaction(force_rollback=True):
        db.execute(GOOD.encode())
        assert verdict(db, posts, frozenset({str(JOB), str(uuid4())}))["lost"] == 1

        posts.write_text(f"{JOB}:post\n" * 2)
        assert verdict(db, posts)["doubled_outside"] == 1

        posts.write_text("")
        assert "success means it was posted" in verdict(db, posts)["violated"]


LIVE = """
INSERT INTO jobs (id, root_id, workspace_id, kind, queue, subject, payload, status, turn, run_at,
  started_at, lease_until, finished_at)
SELECT u, u, '{job}', 'x', 'io', u, '{{}}', status, turn, now() - due * interval '1 m',
  now() - started * interval '1 m', now() - lease * interval '1 m', now() + ended * interval '1 m'
FROM (SELECT gen_random_uuid() AS u, * FROM (VALUES {rows}) AS r (status, turn, due, started, lease, ended)) AS n
"""  # noqa: E501 - SQL reads better unbroken
OLD = "('queued', 1, 3, NULL::int, NULL::int, NULL::int)"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (OLD, (0, 0)),  # nobody was taken in its place: the queue is long
        (f"{OLD}, ('success', 2, 3, 1, NULL, 0)", (0, 1)),
        (f"{OLD}, ('success', 2, 3, 2.9, NULL, 0)", (0, 0)),
        ("('processing', 1, 3, 3, 2, NULL::int)", (1, 0)),
        ("('processing', 1, 3, 3, 0.5, NULL::int)", (0, 0)),
    ],
)
def test_the_watch_sees_who_is_stuck(
    db: Connection[Any], rows: str, found: tuple[int, int]
) -> None:
    with db.transaction(force_rollback=True):
        db.execute(LIVE.format(job=JOB, rows=rows).encode())

        assert tuple(stuck_in(db).values()) == found
