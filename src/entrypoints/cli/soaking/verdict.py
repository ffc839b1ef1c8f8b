"""What a soak proves: nothing lost, nothing twice, and the invariants I1-I10 of the engine."""

import json
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, LiteralString

from psycopg import Connection

Db = Connection[tuple[Any, ...]]

# Each answers the jobs that break it; an empty answer is a pass.
DOUBLED: Final[LiteralString] = (
    "SELECT job_id FROM soak_ledger GROUP BY job_id, step HAVING count(*) > 1"
)
INVARIANTS: Final[Mapping[str, LiteralString]] = {
    "I2 a step happens once": DOUBLED,
    "I3 success means every step": """
        SELECT j.id FROM jobs j WHERE j.kind = 'soak.work' AND j.status = 'success' AND (
          (SELECT count(DISTINCT l.step) FROM soak_ledger l WHERE l.job_id = j.id) <> 3
          OR (SELECT count(*) FROM job_steps s WHERE s.job_id = j.id AND s.state = 'done') <> 4)""",
    "I4 events of a job have no gap": """
        SELECT j.id FROM jobs j LEFT JOIN LATERAL (
          SELECT count(*) AS n, max(e.seq) AS newest, min(e.seq) AS oldest FROM job_events e
          WHERE e.job_id = j.id AND e.root_id = j.root_id) e ON true
        WHERE e.n <> j.seq OR e.newest <> j.seq OR e.oldest <> 1""",
    "I4 events of a run have no gap": """
        SELECT root_id FROM job_events GROUP BY root_id
        HAVING count(*) <> max(run_seq) OR min(run_seq) <> 1""",
    "I5 a fence belongs to one claim": """
        SELECT job_id FROM soak_trail WHERE new = 'processing'
        GROUP BY job_id, fence HAVING count(*) > 1""",
    "I5 a ledger entry was made under a claim": """
        SELECT l.job_id FROM soak_ledger l WHERE NOT EXISTS (SELECT 1 FROM soak_trail t
          WHERE t.job_id = l.job_id AND t.fence = l.fence AND t.new = 'processing')""",
    "I6 an end comes once": """
        SELECT job_id FROM soak_trail WHERE new IN ('success', 'failed', 'cancelled')
        GROUP BY job_id HAVING count(*) > 1""",
    "I7 one message for each end": """
        SELECT j.id FROM jobs j LEFT JOIN outbox o ON (o.payload->>'job_id')::uuid = j.id
        GROUP BY j.id HAVING count(o.id) <> (j.finished_at IS NOT NULL)::int""",
    "I10 no intent is left open": "SELECT job_id FROM job_steps WHERE state = 'intent'",
    "everything succeeds": "SELECT id FROM jobs WHERE status IN ('failed', 'cancelled')",
    "nothing is held after the workers left": "SELECT id FROM jobs WHERE status = 'processing'",
    "each slot of the clock ran": """
        SELECT due FROM (SELECT due, job_id, min(due) OVER () AS oldest FROM cron_runs) c
        WHERE job_id IS NULL AND due > oldest""",
    "the clock has no gap": """
        SELECT due FROM (SELECT due, lead(due) OVER (ORDER BY due) - due AS gap FROM cron_runs) c
        WHERE gap <> interval '2 seconds'""",
}
# What must not even be seen for a moment, however late housekeeping is: I8, a dead worker keeps
# its job for a minute; I9, a due job is passed over for a minute. A long queue is no fault.
_STUCK: Final = """
SELECT count(*) FILTER (WHERE status = 'processing' AND lease_until < now() - interval '1 minute'),
  count(*) FILTER (WHERE status = 'queued' AND EXISTS (
    SELECT FROM jobs later WHERE later.workspace_id = j.workspace_id AND later.queue = j.queue
    AND later.turn > j.turn AND later.started_at > j.run_at + interval '1 minute'))
FROM jobs j WHERE status IN ('queued', 'processing')
"""
_FIGURES: Final = """
SELECT count(*) FILTER (WHERE kind = 'soak.work' AND status = 'success'),
  count(*) FILTER (WHERE kind = 'soak.tick' AND status = 'success'),
  coalesce(sum(fence), 0)::int, coalesce(sum(lost), 0)::int, coalesce(sum(attempt), 0)::int
FROM jobs
"""
_TIMES: Final = """
SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM waited)),
  percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM took))
FROM (SELECT *, started_at - created_at AS waited, finished_at - created_at AS took FROM jobs) j
WHERE kind = 'soak.work' AND status = 'success'
"""


@dataclass(frozen=True, slots=True)
class Promises:
    """What the submitter was told."""

    ids: frozenset[str]
    asked: int
    changed: frozenset[str]  # subjects that were promised different jobs

    @classmethod
    def in_file(cls, file: Path) -> "Promises":
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        return cls(
            frozenset(ids[0] for _, ids, _ in lines),
            sum(len(ids) for _, ids, _ in lines),
            frozenset(subject for subject, ids, _ in lines if len(set(ids)) > 1),
        )


def judged(db: Db, promises: Promises, posts: Path, stuck: Mapping[str, int]) -> dict[str, Any]:
    """Figures and findings; `violated` lists what does not hold, with a few of the jobs."""
    calls = Counter(posts.read_text().splitlines())
    ended = _ids(db, "SELECT id FROM jobs WHERE status = 'success' AND kind = 'soak.work'")
    lost = promises.ids - ended
    doubled_rows = _ids(db, DOUBLED)
    doubled_posts = {key for key, times in calls.items() if times > 1}
    found: dict[str, AbstractSet[str]] = {
        **{name: _ids(db, query) for name, query in INVARIANTS.items()},
        "I1 a promised job is stored": promises.ids - _ids(db, "SELECT id FROM jobs"),
        "one identity is one job": promises.changed,
        "success means it was posted": {each for each in ended if not calls[f"{each}:post"]},
        "a post belongs to a success": {key for key in calls if key[:36] not in ended},
        **{name: {str(count)} for name, count in stuck.items() if count},
    }
    violated = {"lost": lost, "doubled": doubled_rows | doubled_posts, **found}
    return {
        "jobs": len(ended),
        "lost": len(lost),
        "doubled": len(doubled_rows) + len(doubled_posts),
        "doubled_in_database": len(doubled_rows),
        "doubled_outside": len(doubled_posts),
        "invariants": sum(bool(jobs) for jobs in found.values()),
        **_figures(db),
        "posts": sum(calls.values()),
        "promised": len(promises.ids),
        "submitted_twice": promises.asked - len(promises.ids),
        "violated": {name: sorted(jobs)[:5] for name, jobs in violated.items() if jobs},
    }


def stuck_in(db: Db) -> dict[str, int]:
    """How many jobs break I8 or I9 at this moment."""
    held, passed = db.execute(_STUCK).fetchone() or (0, 0)
    return {"I8 held by the dead for a minute": held, "I9 passed over for a minute": passed}


def _ids(db: Db, query: LiteralString) -> frozenset[str]:
    return frozenset(str(row[0]) for row in db.execute(query))


def _figures(db: Db) -> dict[str, Any]:
    counted, timed = db.execute(_FIGURES).fetchone(), db.execute(_TIMES).fetchone()
    assert counted is not None  # noqa: S101 - aggregates answer
    assert timed is not None  # noqa: S101
    _, ticks, claims, lost, charged = counted
    (start50, start95), (end50, end95, end99) = timed[0] or (0, 0), timed[1] or (0, 0, 0)
    return {
        "ticks": ticks,
        "claims": claims,
        "leases_lost": lost,
        "failures_charged": charged,
        "start_p50_s": round(float(start50), 3),
        "start_p95_s": round(float(start95), 3),
        "end_p50_s": round(float(end50), 3),
        "end_p95_s": round(float(end95), 3),
        "end_p99_s": round(float(end99), 3),
    }
