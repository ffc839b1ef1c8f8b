"""What PostgreSQL itself guarantees of jobs: legal moves, growing fences, gap-free events, one outbox row per end.

Events are numbered twice: per job (`seq`) by the job's own row lock, and per run (`run_seq`, all jobs of one root) under an advisory
lock, because rows of `job_events` are only ever added, so that the newest number is found without a counter row to fight over.
"""

from alembic import op
from policies import definer

_ME = "nullif(pg_catalog.current_setting('app.user_id', true), '')::uuid"

_GUARD = """
BEGIN
  IF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
      ('queued', 'processing'), ('queued', 'cancelled'), ('queued', 'failed'),
      ('processing', 'queued'), ('processing', 'success'), ('processing', 'failed'), ('processing', 'cancelled'),
      ('failed', 'queued')) THEN
    RAISE check_violation USING MESSAGE = 'illegal transition ' || OLD.status || ' -> ' || NEW.status, CONSTRAINT = 'ck_jobs_transition';
  END IF;
  IF NEW.fence <> OLD.fence + (OLD.status = 'queued' AND NEW.status = 'processing')::int THEN
    RAISE check_violation USING MESSAGE = 'a fence grows by one at a claim, and only there', CONSTRAINT = 'ck_jobs_fence';
  END IF;
  IF (OLD.status = 'failed' AND NEW.status = 'queued') <> (NEW.redrives = OLD.redrives + 1)
      OR (NEW.redrives <> OLD.redrives AND NEW.redrive_reason IS NULL) THEN
    RAISE check_violation USING MESSAGE = 'a redrive is counted and says why', CONSTRAINT = 'ck_jobs_redrive';
  END IF;
  IF (NEW.id, NEW.workspace_id, NEW.root_id, NEW.actor_id, NEW.kind, NEW.subject, NEW.version, NEW.shard, NEW.payload)
      IS DISTINCT FROM (OLD.id, OLD.workspace_id, OLD.root_id, OLD.actor_id, OLD.kind, OLD.subject, OLD.version, OLD.shard, OLD.payload) THEN
    RAISE check_violation USING MESSAGE = 'what a job is never changes', CONSTRAINT = 'ck_jobs_identity';
  END IF;
  NEW.seq := OLD.seq + ((NEW.status, NEW.progress, NEW.note, NEW.cancel_at)
      IS DISTINCT FROM (OLD.status, OLD.progress, OLD.note, OLD.cancel_at))::int;
  RETURN NEW;
END
"""
# A heartbeat moves lease_until alone: it passes without a call.
_GUARDED = (
    "status, fence, seq, progress, note, cancel_at, redrives, redrive_reason, id, workspace_id, root_id, actor_id,"
    " kind, subject, version, shard, payload"
)

_EVENT_COLUMNS = "root_id, run_seq, workspace_id, job_id, seq, kind, shard, type, fence, data"
# Asked once a run: asked for each row, it would step over the rows this very statement has added, more with every one.
_NEWEST = """(SELECT r.root_id, (SELECT max(e.run_seq) FROM public.job_events e WHERE e.root_id = r.root_id) AS run_seq
    FROM (SELECT DISTINCT n.root_id FROM {} n) r)"""
_RUN_SEQ = "coalesce(s.run_seq, 0) + row_number() OVER (PARTITION BY n.root_id ORDER BY n.id)"
_DATA = """jsonb_strip_nulls(jsonb_build_object('status', n.status, 'progress', n.progress, 'note', n.note,
         'attempt', n.attempt, 'lost', nullif(n.lost, 0), 'error', n.error))"""

_LOG_NEW = f"""
BEGIN
  PERFORM pg_advisory_xact_lock(app.run_lock(r.root_id)) FROM (SELECT DISTINCT n.root_id FROM added n ORDER BY 1) r;
  WITH newest AS MATERIALIZED {_NEWEST.format("added")}
  INSERT INTO public.job_events ({_EVENT_COLUMNS})
  SELECT n.root_id, {_RUN_SEQ}, n.workspace_id, n.id, n.seq, n.kind, n.shard, n.status, n.fence, {_DATA}
  FROM added n JOIN newest s ON s.root_id = n.root_id;
  RETURN NULL;
END
"""

_LOG_CHANGED = f"""
BEGIN
  IF NOT EXISTS (SELECT 1 FROM after n JOIN before o USING (id) WHERE n.seq <> o.seq) THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(app.run_lock(r.root_id))
  FROM (SELECT DISTINCT n.root_id FROM after n JOIN before o USING (id) WHERE n.seq <> o.seq ORDER BY 1) r;
  WITH newest AS MATERIALIZED {_NEWEST.format("after")}
  INSERT INTO public.job_events ({_EVENT_COLUMNS})
  SELECT n.root_id, {_RUN_SEQ}, n.workspace_id, n.id, n.seq, n.kind, n.shard,
         CASE WHEN o.status = 'failed' THEN 'redriven' WHEN n.status <> o.status THEN n.status
              WHEN n.cancel_at IS DISTINCT FROM o.cancel_at THEN 'cancelling' ELSE 'progress' END, n.fence,
         {_DATA} || CASE WHEN o.status = 'failed'
           THEN jsonb_build_object('redriven_by', n.redriven_by, 'reason', n.redrive_reason) ELSE '{{}}' END
  FROM after n JOIN before o USING (id) JOIN newest s ON s.root_id = n.root_id WHERE n.seq <> o.seq;
  INSERT INTO public.outbox (msg_id, workspace_id, topic, payload)
  SELECT gen_random_uuid(), n.workspace_id, 'job.' || n.status, jsonb_build_object(
         'job_id', n.id, 'root_id', n.root_id, 'kind', n.kind, 'status', n.status, 'seq', n.seq)
  FROM after n JOIN before o USING (id) WHERE n.finished_at IS NOT NULL AND o.finished_at IS NULL;
  RETURN NULL;
END
"""

# By hand instead of a foreign key: its check would cost a look-up for every event, and only triggers write events.
_FORGET = """
BEGIN
  DELETE FROM public.job_events e USING gone g WHERE e.root_id = g.root_id AND e.job_id = g.id;
  RETURN NULL;
END
"""

# Claims queue up behind each other for a moment, so that the count below is exact and a cap is a cap. VOLATILE: the second
# statement sees what the claim before us committed. The lock lasts as long as the claim's one statement.
_CLAIMING = """
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('atelier.claim', 0));
  RETURN QUERY SELECT j.workspace_id, count(*) FROM public.jobs j
    WHERE j.status = 'processing' AND j.workspace_id IS NOT NULL GROUP BY 1;
END
"""

# Start-time fair queueing: a workspace's next job stands behind its own queued ones, but never behind those of others:
# turn = max(what the queue serves now, the workspace's last) + 1.
_LAST_TURN = """
SELECT greatest(q.turn, (SELECT max(j.turn) FROM public.jobs j
  WHERE j.status = 'queued' AND j.workspace_id = workspace AND j.queue = q.queue AND j.turn > q.turn))
FROM public.job_queues q WHERE q.queue = line
"""

_MEMBER = """
SELECT m.role, m.permissions FROM public.memberships m WHERE m.user_id = person AND m.workspace_id = workspace
"""

_STOP = f"""cancel_at = now(), cancelled_by = {_ME},
      status = CASE WHEN j.status = 'queued' THEN 'cancelled' ELSE j.status END,
      finished_at = CASE WHEN j.status = 'queued' THEN now() ELSE j.finished_at END"""

# Before anything else is locked; what follows (a cancel and its event) takes its locks after those of the caller.
_HOLD = """
SELECT count(*) FROM (SELECT FROM public.jobs j
  WHERE j.id = job AND j.workspace_id = (SELECT app.ws(2::smallint)) FOR NO KEY UPDATE) AS held
"""

# Only the job that was named is waited for; rows of the same run that are just being written are skipped, since waiting for
# them could deadlock with their handlers: they learn it from their root at the next heartbeat or claim.
_CANCEL = f"""
DECLARE
  here uuid := (SELECT app.ws(2::smallint));
  named record;
  asked int;
  more int := 0;
BEGIN
  SELECT j.id, j.id = j.root_id AS is_root, j.status IN ('queued', 'processing') AS live INTO named
  FROM public.jobs j WHERE j.id = job AND j.workspace_id = here;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF NOT named.live AND NOT (named.is_root AND EXISTS (SELECT 1 FROM public.jobs j
      WHERE j.workspace_id = here AND j.root_id = job AND j.status IN ('queued', 'processing'))) THEN RETURN 0; END IF;
  UPDATE public.jobs j SET {_STOP} WHERE j.id = job AND j.cancel_at IS NULL AND (named.is_root OR j.finished_at IS NULL);
  GET DIAGNOSTICS asked = ROW_COUNT;
  IF named.is_root THEN
    WITH free AS MATERIALIZED (
      SELECT j.id FROM public.jobs j WHERE j.workspace_id = here AND j.root_id = job AND j.id <> job
      AND j.status IN ('queued', 'processing') AND j.cancel_at IS NULL ORDER BY j.id FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE public.jobs j SET {_STOP} FROM free WHERE j.id = free.id;
    GET DIAGNOSTICS more = ROW_COUNT;
  END IF;
  RETURN greatest(asked + more, 1);
END
"""

_REDRIVE = f"""
DECLARE now_is text;
BEGIN
  SELECT CASE WHEN r.cancel_at IS NOT NULL AND r.id <> j.id THEN 'cancelled' ELSE j.status END INTO now_is
  FROM public.jobs j JOIN public.jobs r ON r.id = j.root_id
  WHERE j.id = job AND j.workspace_id = (SELECT app.ws(2::smallint)) FOR NO KEY UPDATE OF j;
  IF now_is = 'failed' THEN
    UPDATE public.jobs j SET status = 'queued', attempt = 0, lost = 0, error = NULL, finished_at = NULL, cancel_at = NULL,
      run_at = now(), expires_at = now() + (j.expires_at - j.created_at), turn = app.last_turn(j.workspace_id, j.queue) + 1,
      redrives = j.redrives + 1, redriven_by = {_ME}, redrive_reason = why
    WHERE j.id = job;
  END IF;
  RETURN now_is;
END
"""


# What many watchers of one API process ask at once: membership, session and key are proven anew each time, so that whoever
# is removed, signs out or loses the key sees no more.
_NEWS = """
SELECT w.place, m.user_id IS NOT NULL, e.run_seq, e.job_id, e.seq, e.kind, e.shard, e.type, e.data, e.at
FROM unnest(people, workspaces, sessions, keys, roots, afters, limits)
  WITH ORDINALITY AS w (person, workspace, session, key, root, newest, room, place)
LEFT JOIN public.memberships m ON m.user_id = w.person AND m.workspace_id = w.workspace
  AND (w.session IS NULL OR EXISTS (SELECT FROM public.sessions s WHERE s.id = w.session AND s.user_id = w.person
    AND s.revoked_at IS NULL AND s.expires_at > now()))
  AND (w.key IS NULL OR EXISTS (SELECT FROM public.api_keys k WHERE k.id = w.key
    AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())))
LEFT JOIN LATERAL (
  SELECT * FROM public.job_events e WHERE e.root_id = w.root AND e.run_seq > w.newest AND e.workspace_id = m.workspace_id
  ORDER BY e.run_seq LIMIT w.room) e ON true
WHERE m.user_id IS NULL OR e.run_seq IS NOT NULL ORDER BY w.place, e.run_seq
"""


# For a scrape, in nobody's name: numbers of all workspaces together.
_QUEUES = """
WITH waiting AS (
  SELECT j.queue, count(*) FILTER (WHERE j.run_at <= now()) AS ready, count(*) FILTER (WHERE j.run_at > now()) AS scheduled,
         max(now() - j.run_at) AS age
  FROM public.jobs j WHERE j.status = 'queued' GROUP BY 1),
busy AS (SELECT j.queue, count(*) AS processing FROM public.jobs j WHERE j.status = 'processing' GROUP BY 1)
SELECT q.queue, coalesce(w.ready, 0), coalesce(w.scheduled, 0), coalesce(b.processing, 0),
       greatest(coalesce(extract(epoch FROM w.age), 0), 0)::float8
FROM public.job_queues q LEFT JOIN waiting w USING (queue) LEFT JOIN busy b USING (queue)
"""
_ENGINE = """
SELECT coalesce(extract(epoch FROM now() - (SELECT min(o.created_at) FROM public.outbox o WHERE o.sent_at IS NULL)), 0)::float8,
       (SELECT count(*) FROM public.job_steps s WHERE s.state = 'intent'),
       (SELECT count(*) FROM public.job_workers w WHERE w.seen_at > now() - interval '1 minute')
"""


def _gauges() -> None:
    definer(
        "queue_gauges()",
        _QUEUES,
        returns="TABLE (queue text, ready bigint, scheduled bigint, processing bigint, oldest float8)",
        to="atelier_app",
        volatility="STABLE",
    )
    definer(
        "engine_gauges()",
        _ENGINE,
        returns="TABLE (outbox_oldest float8, intents bigint, workers bigint)",
        to="atelier_app",
        volatility="STABLE",
    )


def create_functions() -> None:
    _gauges()
    op.execute(
        "CREATE FUNCTION app.run_lock(root_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
        " RETURN hashtextextended(root_id::text, 7)"
    )
    op.execute(
        f"CREATE FUNCTION app.guard_job() RETURNS trigger LANGUAGE plpgsql AS $function$ {_GUARD} $function$"
    )
    op.execute(
        "CREATE FUNCTION app.claiming() RETURNS TABLE (workspace_id uuid, at_work bigint) LANGUAGE plpgsql VOLATILE"
        f" AS $function$ {_CLAIMING} $function$"
    )
    op.execute("REVOKE ALL ON FUNCTION app.claiming, app.guard_job FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION app.claiming TO atelier_worker")
    both = "atelier_app, atelier_worker"
    definer(
        "last_turn(workspace uuid, line text)",
        _LAST_TURN,
        returns="bigint",
        to=both,
        volatility="STABLE",
    )
    definer(
        "member(person uuid, workspace uuid)",
        _MEMBER,
        returns="TABLE (role text, permissions text[])",
        to="atelier_worker",
        volatility="STABLE",
    )
    definer(
        "run_news(people uuid[], workspaces uuid[], sessions uuid[], keys uuid[], roots uuid[], afters bigint[], limits int[])",
        _NEWS,
        returns="TABLE (place bigint, is_member boolean, run_seq bigint, job_id uuid, seq int, kind text, shard int,"
        " type text, data jsonb, at timestamptz)",
        to="atelier_app",
        volatility="STABLE",
    )
    definer("hold_job(job uuid)", _HOLD, returns="bigint", to="atelier_app")
    definer("cancel_job(job uuid)", _CANCEL, returns="int", to="atelier_app", language="plpgsql")
    definer(
        "redrive_job(job uuid, why text)",
        _REDRIVE,
        returns="text",
        to="atelier_app",
        language="plpgsql",
    )


def create_triggers() -> None:
    before = ", ".join(f"OLD.{column.strip()}" for column in _GUARDED.split(","))
    after = before.replace("OLD.", "NEW.")
    op.execute(
        f"CREATE TRIGGER guard_job BEFORE UPDATE ON jobs FOR EACH ROW WHEN (({before}) IS DISTINCT FROM ({after}))"
        " EXECUTE FUNCTION app.guard_job()"
    )
    _on("INSERT", "NEW TABLE AS added", "log_new_jobs", _LOG_NEW)
    _on("UPDATE", "OLD TABLE AS before NEW TABLE AS after", "log_jobs", _LOG_CHANGED)
    _on("DELETE", "OLD TABLE AS gone", "forget_jobs", _FORGET)


def _on(event: str, tables: str, name: str, body: str) -> None:
    """One call a statement, however many rows: a batch of fifty jobs pays for its events once."""
    op.execute(
        f"CREATE FUNCTION app.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''"
        f" AS $function$ {body} $function$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON jobs REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION app.{name}()"
    )
    op.execute(f"REVOKE ALL ON FUNCTION app.{name} FROM PUBLIC")
    op.execute(f"ALTER FUNCTION app.{name} OWNER TO atelier_guard")


def drop_functions() -> None:
    op.execute(
        "DROP FUNCTION app.run_news, app.queue_gauges, app.engine_gauges, app.redrive_job, app.cancel_job, app.hold_job, app.member, app.last_turn, app.claiming,"
        " app.guard_job, app.log_new_jobs, app.log_jobs, app.forget_jobs, app.run_lock"
    )
