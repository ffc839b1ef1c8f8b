"""jobs: what is to be done, its events, steps and outgoing messages, and who is working"""

from alembic import op
from job_functions import create_functions, create_triggers, drop_functions
from policies import guarded

revision = "0003"
down_revision = "0002"

_JOBS = """
CREATE TABLE jobs (
  id uuid CONSTRAINT pk_jobs PRIMARY KEY,
  workspace_id uuid CONSTRAINT fk_jobs_workspace_id REFERENCES workspaces ON DELETE CASCADE,  -- NULL: the platform's own
  root_id uuid NOT NULL,
  actor_id uuid,  -- who asked; NULL: the platform itself. No foreign key: SET NULL would turn a user's job into the platform's
  kind text NOT NULL,
  queue text NOT NULL CONSTRAINT ck_jobs_queue CHECK (queue IN ('cpu', 'io', 'media', 'publish')),
  subject uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  shard int NOT NULL DEFAULT 0,
  payload jsonb NOT NULL,
  status text NOT NULL DEFAULT 'queued'
    CONSTRAINT ck_jobs_status CHECK (status IN ('queued', 'processing', 'success', 'failed', 'cancelled')),
  attempt smallint NOT NULL DEFAULT 0,       -- failures charged to the job
  max_attempts smallint NOT NULL DEFAULT 4,  -- the first run and three more
  lost smallint NOT NULL DEFAULT 0,          -- leases that ran out: a budget of their own
  max_lost smallint NOT NULL DEFAULT 5,
  fence bigint NOT NULL DEFAULT 0,           -- one more at each claim, never reset
  turn bigint NOT NULL DEFAULT 0,            -- place in the queue, fair among workspaces
  run_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days',
  lease_until timestamptz,                   -- in no index, so that heartbeats stay HOT
  worker text,
  cancel_at timestamptz,
  cancelled_by uuid,
  progress smallint NOT NULL DEFAULT 0 CONSTRAINT ck_jobs_progress CHECK (progress BETWEEN 0 AND 100),
  note jsonb,
  seq int NOT NULL DEFAULT 1,                -- number of the newest event
  error jsonb,
  redrives smallint NOT NULL DEFAULT 0,
  redriven_by uuid,
  redrive_reason text CONSTRAINT ck_jobs_redrive_reason CHECK (length(redrive_reason) BETWEEN 1 AND 500),
  request_id text,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  CONSTRAINT uq_jobs_workspace_id_id UNIQUE (workspace_id, id),
  CONSTRAINT uq_jobs_subject UNIQUE NULLS NOT DISTINCT (workspace_id, kind, subject, version, shard),
  CONSTRAINT fk_jobs_root_id FOREIGN KEY (workspace_id, root_id) REFERENCES jobs (workspace_id, id),
  CONSTRAINT ck_jobs_actor CHECK (actor_id IS NULL OR workspace_id IS NOT NULL),
  CONSTRAINT ck_jobs_lease CHECK ((status = 'processing') = (lease_until IS NOT NULL)),
  CONSTRAINT ck_jobs_end CHECK ((status IN ('success', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ix_jobs_root_id ON jobs (workspace_id, root_id);
CREATE INDEX ix_jobs_ready ON jobs (queue, turn, id) WHERE status = 'queued' AND run_at <= created_at;
CREATE INDEX ix_jobs_later ON jobs (queue, run_at) WHERE status = 'queued' AND run_at > created_at;
CREATE INDEX ix_jobs_turn ON jobs (workspace_id, queue, turn) WHERE status = 'queued';
CREATE INDEX ix_jobs_live ON jobs (workspace_id) WHERE status = 'processing';
CREATE TABLE job_queues (
  queue text CONSTRAINT pk_job_queues PRIMARY KEY,
  turn bigint NOT NULL DEFAULT 0  -- the turn served last
) WITH (fillfactor = 10);
INSERT INTO job_queues VALUES ('cpu'), ('io'), ('media'), ('publish');
"""

_TRAIL = """
CREATE TABLE job_events (
  root_id uuid NOT NULL,
  run_seq bigint NOT NULL,
  workspace_id uuid,
  job_id uuid NOT NULL,
  seq int NOT NULL,
  kind text NOT NULL,
  shard int NOT NULL,
  type text NOT NULL,
  fence bigint NOT NULL,
  data jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_job_events PRIMARY KEY (root_id, run_seq),
  CONSTRAINT uq_job_events_seq UNIQUE NULLS NOT DISTINCT (workspace_id, job_id, seq)
);
CREATE TABLE job_steps (
  job_id uuid NOT NULL CONSTRAINT fk_job_steps_job_id REFERENCES jobs ON DELETE CASCADE,
  step text NOT NULL,
  state text NOT NULL CONSTRAINT ck_job_steps_state CHECK (state IN ('intent', 'done')),
  effect_key text NOT NULL,
  fence bigint NOT NULL,
  result jsonb,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_job_steps PRIMARY KEY (job_id, step),
  CONSTRAINT uq_job_steps_effect_key UNIQUE (effect_key)
);
CREATE INDEX ix_job_steps_intent ON job_steps (at) WHERE state = 'intent';
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
  msg_id uuid NOT NULL CONSTRAINT uq_outbox_msg_id UNIQUE,
  workspace_id uuid CONSTRAINT fk_outbox_workspace_id REFERENCES workspaces ON DELETE CASCADE,
  topic text NOT NULL,
  payload jsonb NOT NULL,
  attempt smallint NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz
);
CREATE INDEX ix_outbox_due ON outbox (next_at, id) WHERE sent_at IS NULL;
CREATE INDEX ix_outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX ix_outbox_workspace_id ON outbox (workspace_id);
CREATE TABLE cron_runs (
  name text NOT NULL,
  due timestamptz NOT NULL,
  job_id uuid,
  CONSTRAINT pk_cron_runs PRIMARY KEY (name, due)
);
CREATE TABLE job_workers (
  name text CONSTRAINT pk_job_workers PRIMARY KEY,
  slots jsonb NOT NULL,
  running int NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now()
);
"""

# The API adds jobs in its own workspace as their own actor, in the one state a job is born in. Everything after that is the
# workers' to write; the API asks for a cancel or a redrive through functions.
_BORN = (
    "id, workspace_id, root_id, actor_id, kind, queue, subject, version, shard, payload, max_attempts, turn, run_at,"
    " expires_at, request_id, traceparent"
)
_ME = "nullif(current_setting('app.user_id', true), '')::uuid"
_HERE = "workspace_id = (SELECT app.ws(1::smallint))"


def _policies() -> None:
    for table in ("jobs", "job_events", "job_steps", "outbox", "cron_runs", "job_workers"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in ("jobs", "job_events"):
        op.execute(f"CREATE POLICY app_read ON {table} FOR SELECT TO atelier_app USING ({_HERE})")
        op.execute(f"GRANT SELECT ON {table} TO atelier_app")
    op.execute(
        f"CREATE POLICY app_add ON jobs FOR INSERT TO atelier_app WITH CHECK ({_HERE} AND actor_id = (SELECT {_ME}))"
    )
    op.execute(f"GRANT INSERT ({_BORN}) ON jobs TO atelier_app")
    for table in ("jobs", "job_steps", "outbox", "cron_runs", "job_workers"):
        op.execute(
            f"CREATE POLICY worker ON {table} FOR ALL TO atelier_worker USING (true) WITH CHECK (true)"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO atelier_worker")
    op.execute("CREATE POLICY worker ON job_events FOR SELECT TO atelier_worker USING (true)")
    op.execute("GRANT SELECT ON job_events TO atelier_worker")
    op.execute("GRANT SELECT, UPDATE ON job_queues TO atelier_worker")
    op.execute("GRANT SELECT ON job_queues TO atelier_guard")
    guarded("jobs", "SELECT", "UPDATE")
    guarded("job_events", "SELECT", "INSERT", "DELETE")
    guarded("outbox", "SELECT", "INSERT")
    guarded("job_steps", "SELECT")
    guarded("job_workers", "SELECT")


def upgrade() -> None:
    op.execute(_JOBS)
    op.execute(_TRAIL)
    _policies()
    create_functions()
    create_triggers()


def downgrade() -> None:
    op.execute("DROP TABLE job_workers, cron_runs, outbox, job_steps, job_events, job_queues, jobs")
    drop_functions()
