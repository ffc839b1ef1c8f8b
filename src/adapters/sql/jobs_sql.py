"""The engine's statements, as plain text: few, hot, and each the subject of a test.

Who owns a job is asked as `lease_until IS NOT NULL`, never as `status = 'processing'`: the two are equal
by a CHECK, but the second tempts the planner away from the primary key to a small partial index, which a
long transaction elsewhere fills with dead entries (four times slower within 20,000 jobs).
"""

from typing import Final

# One INSERT for one job or for many; `turn` queues them behind the workspace's own, see app.last_turn.
ENQUEUE: Final = """
INSERT INTO jobs (id, workspace_id, root_id, actor_id, kind, queue, subject, version, shard, payload,
                  max_attempts, turn, run_at, expires_at, request_id, traceparent)
SELECT n.id, :workspace_id, coalesce(CAST(:root_id AS uuid), n.id), :actor_id, :kind, :queue, :subject, :version, n.shard,
       CAST(n.payload AS jsonb), :max_attempts,
       (SELECT app.last_turn(CAST(:workspace_id AS uuid), :queue)) + row_number() OVER (ORDER BY n.shard),
       coalesce(CAST(:run_at AS timestamptz), now()),
       coalesce(CAST(:run_at AS timestamptz), now()) + :expires_after * interval '1 second', :request_id, :traceparent
FROM unnest(CAST(:ids AS uuid[]), CAST(:shards AS int[]), CAST(:payloads AS text[])) AS n (id, shard, payload)
ON CONFLICT ON CONSTRAINT uq_jobs_subject DO NOTHING RETURNING id, shard
"""
EXISTING: Final = """
SELECT id FROM jobs WHERE kind = :kind AND subject = :subject AND version = :version AND shard = :shard
AND (workspace_id = :workspace_id OR (workspace_id IS NULL AND CAST(:workspace_id AS uuid) IS NULL))
"""

# Jobs that wait for a time (scheduled, or after a failure) have an index of their own, by that time: a million of them
# in the future are not walked past. The two conditions on created_at are those of the indexes.
# MATERIALIZED: joined directly, the LIMIT below could be run more than once and exceeded. SKIP LOCKED: a job that
# somebody is just cancelling delays nobody. `busy` waits for other claims first, so the cap below holds exactly.
CLAIM: Final = """
WITH busy AS MATERIALIZED (SELECT workspace_id, at_work FROM app.claiming()),
ready AS MATERIALIZED (
  SELECT due.id, due.workspace_id, due.turn, free.queue
  FROM unnest(%(queues)s::text[], %(slots)s::int[]) AS free (queue, slots)
  CROSS JOIN LATERAL (
    SELECT * FROM (
      SELECT j.id, j.workspace_id, j.turn FROM jobs j
      WHERE j.status = 'queued' AND j.queue = free.queue AND j.run_at <= j.created_at AND j.run_at <= now()
        AND j.expires_at > now() AND j.kind = ANY (%(kinds)s)
        AND coalesce(j.workspace_id <> ALL (ARRAY (SELECT b.workspace_id FROM busy b WHERE b.at_work >= %(cap)s)), true)
      ORDER BY j.turn, j.id LIMIT free.slots FOR NO KEY UPDATE SKIP LOCKED) AS at_once
    UNION ALL
    SELECT * FROM (
      SELECT j.id, j.workspace_id, j.turn FROM jobs j
      WHERE j.status = 'queued' AND j.queue = free.queue AND j.run_at > j.created_at AND j.run_at <= now()
        AND j.expires_at > now() AND j.kind = ANY (%(kinds)s)
        AND coalesce(j.workspace_id <> ALL (ARRAY (SELECT b.workspace_id FROM busy b WHERE b.at_work >= %(cap)s)), true)
      ORDER BY j.run_at LIMIT free.slots FOR NO KEY UPDATE SKIP LOCKED) AS later
    ORDER BY turn, id LIMIT free.slots) AS due),
mine AS MATERIALIZED (
  SELECT id, queue, turn FROM (
    SELECT r.*, row_number() OVER (PARTITION BY r.workspace_id ORDER BY r.turn, r.id) + coalesce(b.at_work, 0) AS place
    FROM ready r LEFT JOIN busy b USING (workspace_id)) AS placed
  WHERE workspace_id IS NULL OR place <= %(cap)s),
served AS (
  UPDATE job_queues q SET turn = greatest(q.turn, m.turn)
  FROM (SELECT queue, max(turn) AS turn FROM mine GROUP BY queue) AS m WHERE q.queue = m.queue)
UPDATE jobs j SET status = 'processing', fence = j.fence + 1, worker = %(worker)s,
  lease_until = now() + %(lease)s * interval '1 second', started_at = coalesce(j.started_at, now())
FROM mine WHERE j.id = mine.id RETURNING j.id, j.fence
"""
# Apart from the claim, so that no long answer is on its way to a frozen worker while other claims wait.
CLAIMED: Final = """
SELECT j.id, j.root_id, j.fence, j.workspace_id, j.actor_id, m.role, m.permissions, j.kind, j.queue, j.subject,
       j.version, j.shard, j.payload::text AS payload, j.attempt, j.lost,
       extract(epoch FROM j.expires_at - now())::float AS expires_in,
       extract(epoch FROM clock_timestamp() - j.run_at)::float AS waited,
       j.cancel_at IS NOT NULL OR r.cancel_at IS NOT NULL AS cancelled, j.request_id, j.traceparent
FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[]) AS mine (id, fence)
JOIN jobs j ON j.id = mine.id AND j.fence = mine.fence
JOIN jobs r ON r.id = j.root_id
LEFT JOIN LATERAL app.member(j.actor_id, j.workspace_id) m ON j.actor_id IS NOT NULL
"""

GUARD: Final = """
SELECT 1 FROM jobs WHERE id = :id AND fence = :fence AND lease_until IS NOT NULL FOR NO KEY UPDATE
"""

BEAT: Final = """
WITH mine AS MATERIALIZED (
  SELECT j.id FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[]) AS held (id, fence)
  JOIN jobs j ON j.id = held.id AND j.fence = held.fence
  WHERE j.lease_until IS NOT NULL FOR NO KEY UPDATE OF j SKIP LOCKED)
UPDATE jobs j SET lease_until = now() + %(lease)s * interval '1 second'
FROM mine, jobs r WHERE j.id = mine.id AND r.id = j.root_id
RETURNING j.id, j.cancel_at IS NOT NULL OR r.cancel_at IS NOT NULL AS unwanted
"""
BEAT_PATIENTLY: Final = """
UPDATE jobs j SET lease_until = now() + %(lease)s * interval '1 second'
WHERE j.id = %(id)s AND j.fence = %(fence)s AND j.lease_until IS NOT NULL
RETURNING j.cancel_at IS NOT NULL OR (SELECT r.cancel_at IS NOT NULL FROM jobs r WHERE r.id = j.root_id) AS unwanted
"""

PROGRESS: Final = """
UPDATE jobs SET progress = greatest(progress, :percent), note = CAST(:note AS jsonb)
WHERE id = :id AND fence = :fence AND lease_until IS NOT NULL
"""

# One statement for every way a claim can end. A wish to run again (`queued`) is granted while attempts and time are
# left and nobody has cancelled.
SETTLE: Final = """
WITH wish AS MATERIALIZED (
  SELECT w.*, j.attempt + w.charge AS tries, j.max_attempts, j.expires_at, j.cancel_at IS NOT NULL OR r.cancel_at IS NOT NULL AS unwanted
  FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[], %(statuses)s::text[], %(errors)s::jsonb[], %(charges)s::int[], %(delays)s::float[])
    AS w (id, fence, status, error, charge, delay)
  JOIN jobs j ON j.id = w.id JOIN jobs r ON r.id = j.root_id ORDER BY w.id),
verdict AS MATERIALIZED (
  SELECT w.*, now() + w.delay * interval '1 second' AS again,
    CASE WHEN w.status <> 'queued' THEN w.status WHEN w.unwanted THEN 'cancelled'
         WHEN w.charge > 0 AND w.tries >= w.max_attempts THEN 'failed'
         WHEN now() + w.delay * interval '1 second' >= w.expires_at THEN 'failed' ELSE 'queued' END AS becomes
  FROM wish w)
UPDATE jobs j SET status = v.becomes, attempt = v.tries, lease_until = NULL, worker = NULL,
  run_at = CASE WHEN v.becomes = 'queued' THEN v.again ELSE j.run_at END,
  finished_at = CASE WHEN v.becomes <> 'queued' THEN now() END,
  progress = CASE WHEN v.becomes = 'success' THEN 100 ELSE j.progress END,
  error = CASE WHEN v.becomes IN ('success', 'cancelled') THEN NULL
               WHEN v.becomes = 'queued' OR v.error IS NOT NULL THEN v.error
               WHEN v.tries >= v.max_attempts THEN %(gave_up)s::jsonb ELSE %(expired)s::jsonb END
FROM verdict v WHERE j.id = v.id AND j.fence = v.fence AND j.lease_until IS NOT NULL RETURNING j.id, j.status
"""

# Every worker reaps; whatever a worker is just committing on is skipped and settles itself. 200 at a time, and the
# caller repeats until none is left, so that no backlog starves the rest.
REAP: Final = """
WITH dead AS MATERIALIZED (
  SELECT j.id, r.cancel_at IS NOT NULL OR j.cancel_at IS NOT NULL AS unwanted
  FROM jobs j JOIN jobs r ON r.id = j.root_id
  WHERE j.status = 'processing' AND j.lease_until < now()
  ORDER BY j.lease_until LIMIT 200 FOR NO KEY UPDATE OF j SKIP LOCKED),
verdict AS MATERIALIZED (
  SELECT j.id, CASE WHEN d.unwanted THEN 'cancelled' WHEN j.lost + 1 >= j.max_lost THEN 'failed' ELSE 'queued' END AS becomes
  FROM dead d JOIN jobs j ON j.id = d.id)
UPDATE jobs j SET lost = j.lost + 1, lease_until = NULL, worker = NULL, status = v.becomes,
  finished_at = CASE WHEN v.becomes <> 'queued' THEN now() END,
  run_at = now() + least(power(2, j.lost), 60) * interval '1 second',
  error = CASE WHEN v.becomes = 'cancelled' THEN NULL ELSE %(lost)s::jsonb END
FROM verdict v WHERE j.id = v.id RETURNING j.id, j.queue, j.fence, j.status
"""
EXPIRE: Final = """
WITH late AS MATERIALIZED (
  SELECT id FROM jobs WHERE status = 'queued' AND expires_at <= now() ORDER BY id LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE jobs j SET status = 'failed', finished_at = now(), error = coalesce(j.error, %(expired)s::jsonb)
FROM late WHERE j.id = late.id RETURNING j.id
"""
OVERDUE: Final = """
SELECT due.* FROM unnest(%(queues)s::text[]) AS line (queue) CROSS JOIN LATERAL (
  (SELECT j.id, j.queue, j.fence FROM jobs j WHERE j.status = 'queued' AND j.queue = line.queue AND j.run_at <= j.created_at
   AND j.run_at <= now() - interval '2 seconds' ORDER BY j.turn, j.id LIMIT 20)
  UNION ALL
  (SELECT j.id, j.queue, j.fence FROM jobs j WHERE j.status = 'queued' AND j.queue = line.queue AND j.run_at > j.created_at
   AND j.run_at <= now() - interval '2 seconds' ORDER BY j.run_at LIMIT 20)) AS due
"""
HASTEN: Final = (
    "UPDATE jobs SET run_at = now() WHERE status = 'queued' AND fence > 0 AND run_at > now()"
)
