"""usage: quotas, reservations and their ledger; how long things are kept, and what must not go"""

from alembic import op
from policies import append_only, definer, guarded, tenant
from quota_functions import ADMIT, FUNCTIONS, NAMES

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(_QUOTAS)
    op.execute(_RETENTION)
    tenant("quotas", write=3)
    tenant("quota_counters", delete=2)
    tenant("reservations", delete=2)
    append_only("usage_entries", write=2)
    tenant("retention_policies", write=3)
    tenant("legal_holds", read=2, write=3)
    guarded("quota_counters", "SELECT", "UPDATE")
    guarded("reservations", "SELECT", "DELETE")
    guarded("usage_entries", "INSERT")
    for function in (*FUNCTIONS, ADMIT):
        op.execute(function)
    op.execute(_TRIGGERS)
    op.execute(_HOLDS)
    for table in ("artifacts", "blobs", "uploads", "retention_policies", "legal_holds"):
        guarded(table, "SELECT")
    definer(
        "retention_due(standard jsonb, at timestamptz)",
        _DUE,
        returns="SETOF uuid",
        to="atelier_worker",
        volatility="STABLE",
    )
    definer(
        "retention_workspaces()",
        "SELECT w.id FROM public.workspaces w ORDER BY w.id",
        returns="SETOF uuid",
        to="atelier_worker",
        volatility="STABLE",
    )


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER tr_jobs_release ON jobs; DROP TRIGGER tr_artifacts_release ON artifacts; DROP TRIGGER tr_artifacts_release_deleted ON artifacts;"
        f" DROP FUNCTION {NAMES}, app.jobs_release, app.artifacts_release, app.first_id, app.is_held, app.lock_retention, app.retention_due, app.retention_workspaces;"
        " DROP TABLE quotas, quota_counters, reservations, usage_entries, retention_policies, legal_holds"
    )


# `quotas` holds what an admin changed; `quota_counters` what is used; a reservation says who holds how much of it.
# Stocks have no window. The ledger is never changed: a stock that is given back is a negative entry.
_QUOTAS = """
    CREATE TABLE quotas (
      workspace_id uuid NOT NULL CONSTRAINT fk_quotas_workspace_id REFERENCES workspaces,
      name text NOT NULL CONSTRAINT ck_quotas_name CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
      max_amount bigint CONSTRAINT ck_quotas_max_amount CHECK (max_amount >= 0),
      version int NOT NULL DEFAULT 1,
      updated_by uuid,
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT pk_quotas PRIMARY KEY (workspace_id, name)
    );
    CREATE TABLE quota_counters (
      workspace_id uuid NOT NULL CONSTRAINT fk_quota_counters_workspace_id REFERENCES workspaces,
      quota text NOT NULL,
      used bigint NOT NULL CONSTRAINT ck_quota_counters_used CHECK (used >= 0),
      window_start timestamptz,
      CONSTRAINT pk_quota_counters PRIMARY KEY (workspace_id, quota)
    ) WITH (fillfactor = 20);
    CREATE TABLE reservations (
      workspace_id uuid NOT NULL CONSTRAINT fk_reservations_workspace_id REFERENCES workspaces,
      quota text NOT NULL,
      subject uuid NOT NULL,
      amount bigint NOT NULL CONSTRAINT ck_reservations_amount CHECK (amount >= 0),
      window_start timestamptz,
      settled boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT pk_reservations PRIMARY KEY (workspace_id, subject, quota)
    );
    CREATE INDEX ix_reservations_spent ON reservations (workspace_id, window_start) WHERE settled AND window_start IS NOT NULL;
    CREATE TABLE usage_entries (
      id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_usage_entries PRIMARY KEY,
      workspace_id uuid NOT NULL CONSTRAINT fk_usage_entries_workspace_id REFERENCES workspaces,
      quota text NOT NULL,
      subject uuid NOT NULL,
      amount bigint NOT NULL,
      actor_id uuid,
      facts jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX ix_usage_entries_list ON usage_entries (workspace_id, id DESC);
    CREATE INDEX ix_usage_entries_quota ON usage_entries (workspace_id, quota, id DESC);
    """

# `days` maps a retention class to a number; what is absent has the default. A hold without a subject covers the workspace.
_RETENTION = """
    CREATE TABLE retention_policies (
      workspace_id uuid NOT NULL CONSTRAINT pk_retention_policies PRIMARY KEY CONSTRAINT fk_retention_policies_workspace_id REFERENCES workspaces,
      days jsonb NOT NULL DEFAULT '{}' CONSTRAINT ck_retention_policies_days CHECK (jsonb_typeof(days) = 'object'),
      version int NOT NULL DEFAULT 1,
      updated_by uuid,
      updated_at timestamptz NOT NULL
    );
    CREATE TABLE legal_holds (
      id uuid CONSTRAINT pk_legal_holds PRIMARY KEY,
      workspace_id uuid NOT NULL CONSTRAINT fk_legal_holds_workspace_id REFERENCES workspaces,
      subject uuid,
      reason text NOT NULL CONSTRAINT ck_legal_holds_reason CHECK (length(reason) BETWEEN 1 AND 1000),
      created_by uuid NOT NULL,
      created_at timestamptz NOT NULL,
      released_by uuid,
      released_at timestamptz,
      CONSTRAINT uq_legal_holds_workspace_id_id UNIQUE (workspace_id, id),
      CONSTRAINT ck_legal_holds_released CHECK ((released_at IS NULL) = (released_by IS NULL))
    );
    CREATE UNIQUE INDEX uq_legal_holds_active ON legal_holds (workspace_id, subject) NULLS NOT DISTINCT WHERE released_at IS NULL;
    """

# `first_id`: no UUIDv7 made at that time or later is smaller. Whoever removes things takes the lock first, and so does whoever places a hold: one of them is first.
_HOLDS = """
    CREATE FUNCTION app.first_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
      SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid $$;
    CREATE FUNCTION app.is_held(p_workspace uuid, p_subject uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS $$
      SELECT EXISTS (SELECT 1 FROM public.legal_holds h WHERE h.workspace_id = p_workspace AND h.released_at IS NULL
        AND (h.subject IS NULL OR h.subject = p_subject)) $$;
    CREATE FUNCTION app.lock_retention(p_workspace uuid) RETURNS void LANGUAGE sql SET search_path = '' AS $$
      SELECT pg_advisory_xact_lock(hashtextextended('atelier.retention:' || p_workspace, 0)) $$;
    """

# Asked by the platform in no workspace's name. A few workspaces too many are fine: their sweep finds nothing.
_DUE = """
    SELECT w.id FROM public.workspaces w
    LEFT JOIN public.retention_policies p ON p.workspace_id = w.id
    WHERE EXISTS (SELECT 1 FROM public.artifacts a WHERE a.workspace_id = w.id AND a.removed_at IS NOT NULL)
       OR EXISTS (SELECT 1 FROM public.blobs b WHERE b.workspace_id = w.id AND b.refs = 0)
       OR EXISTS (SELECT 1 FROM public.uploads u WHERE u.workspace_id = w.id AND u.expires_at <= at)
       OR (NOT EXISTS (SELECT 1 FROM public.legal_holds h WHERE h.workspace_id = w.id AND h.subject IS NULL AND h.released_at IS NULL)
         AND (w.deleted_at <= at - interval '30 days' AND EXISTS (SELECT 1 FROM public.artifacts a WHERE a.workspace_id = w.id)
           OR EXISTS (
             SELECT 1 FROM jsonb_each_text(standard || coalesce(p.days, '{}')) AS kept (kind, days)
             WHERE EXISTS (SELECT 1 FROM public.artifacts a WHERE a.workspace_id = w.id AND a.retention = kept.kind
                 AND a.removed_at IS NULL AND a.created_at <= at - make_interval(days => kept.days::int))
               OR kept.kind = 'log' AND EXISTS (SELECT 1 FROM public.jobs j WHERE j.workspace_id = w.id
                 AND j.id < app.first_id(at - make_interval(days => kept.days::int))
                 AND j.finished_at <= at - make_interval(days => kept.days::int)))))
    ORDER BY w.id
"""

# Jobs end in nobody's name too (the reaper): the guard then gives back what the job held.
_TRIGGERS = """
    CREATE FUNCTION app.jobs_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN PERFORM app.quota_release(NEW.workspace_id, NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER tr_jobs_release AFTER UPDATE OF status ON jobs FOR EACH ROW
      WHEN (NEW.workspace_id IS NOT NULL AND OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL)
      EXECUTE FUNCTION app.jobs_release();
    REVOKE ALL ON FUNCTION app.jobs_release FROM PUBLIC;
    ALTER FUNCTION app.jobs_release OWNER TO atelier_guard;
    CREATE FUNCTION app.artifacts_release() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN PERFORM app.quota_release(OLD.workspace_id, OLD.id); RETURN NULL; END $$;
    CREATE TRIGGER tr_artifacts_release AFTER UPDATE ON artifacts FOR EACH ROW
      WHEN (OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL) EXECUTE FUNCTION app.artifacts_release();
    CREATE TRIGGER tr_artifacts_release_deleted AFTER DELETE ON artifacts FOR EACH ROW
      WHEN (OLD.removed_at IS NULL) EXECUTE FUNCTION app.artifacts_release();
    """
