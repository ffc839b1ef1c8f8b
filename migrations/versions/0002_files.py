"""files: stored objects, the artifacts that name them, and uploads under way"""

from alembic import op
from policies import tenant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(_BLOBS)
    op.execute(_ARTIFACTS)
    op.execute(_ARTIFACT_RULES)
    op.execute(_UPLOADS)
    tenant("blobs")
    tenant("artifacts")
    tenant("uploads", delete=2)


def downgrade() -> None:
    op.execute(
        "DROP TABLE uploads, artifacts, blobs;"
        " DROP FUNCTION app.artifacts_written_once, app.artifacts_count_refs"
    )


# Several artifacts may name one content-addressed object; `refs` counts those that are not removed.
# A condemned object is about to be deleted: nothing may name it any more.
_BLOBS = """
    CREATE TABLE blobs (
      workspace_id uuid NOT NULL CONSTRAINT fk_blobs_workspace_id REFERENCES workspaces,
      key text NOT NULL CONSTRAINT ck_blobs_key CHECK (length(key) <= 512 AND starts_with(key, workspace_id::text || '/')),
      size bigint NOT NULL CONSTRAINT ck_blobs_size CHECK (size >= 0),
      sha256 text NOT NULL CONSTRAINT ck_blobs_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
      shared boolean NOT NULL GENERATED ALWAYS AS (starts_with(key, workspace_id::text || '/blobs/')) STORED,
      refs int NOT NULL DEFAULT 0 CONSTRAINT ck_blobs_refs CHECK (refs >= 0),
      created_at timestamptz NOT NULL DEFAULT now(),
      condemned_at timestamptz,
      CONSTRAINT pk_blobs PRIMARY KEY (workspace_id, key),
      CONSTRAINT ck_blobs_condemned CHECK (condemned_at IS NULL OR refs = 0)
    );
    CREATE UNIQUE INDEX uq_blobs_content ON blobs (workspace_id, sha256) WHERE shared AND condemned_at IS NULL;
    CREATE INDEX ix_blobs_sha256 ON blobs (workspace_id, sha256) WHERE condemned_at IS NULL;
    CREATE INDEX ix_blobs_unused ON blobs (workspace_id, created_at) WHERE refs = 0;
    """

_ARTIFACTS = """
    CREATE TABLE artifacts (
      id uuid CONSTRAINT pk_artifacts PRIMARY KEY,
      workspace_id uuid NOT NULL CONSTRAINT fk_artifacts_workspace_id REFERENCES workspaces,
      kind text NOT NULL CONSTRAINT ck_artifacts_kind CHECK (kind ~ '^[a-z][a-z0-9.-]{0,63}$'),
      key text NOT NULL,
      file_name text NOT NULL CONSTRAINT ck_artifacts_file_name CHECK (length(file_name) BETWEEN 1 AND 255),
      media_type text NOT NULL CONSTRAINT ck_artifacts_media_type CHECK (length(media_type) BETWEEN 3 AND 127),
      size bigint NOT NULL CONSTRAINT ck_artifacts_size CHECK (size >= 0),
      sha256 text NOT NULL CONSTRAINT ck_artifacts_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
      retention text CONSTRAINT ck_artifacts_retention CHECK (retention IN ('raw_input', 'artifact', 'log', 'bulk_zip')),
      job_id uuid,
      created_by uuid,
      created_at timestamptz NOT NULL,
      removed_at timestamptz,
      CONSTRAINT uq_artifacts_workspace_id_id UNIQUE (workspace_id, id),
      CONSTRAINT fk_artifacts_key FOREIGN KEY (workspace_id, key) REFERENCES blobs (workspace_id, key)
    );
    CREATE INDEX ix_artifacts_list ON artifacts (workspace_id, created_at DESC, id DESC) WHERE removed_at IS NULL;
    CREATE INDEX ix_artifacts_kind ON artifacts (workspace_id, kind, created_at DESC, id DESC) WHERE removed_at IS NULL;
    CREATE INDEX ix_artifacts_job ON artifacts (workspace_id, job_id, created_at DESC, id DESC) WHERE removed_at IS NULL;
    CREATE INDEX ix_artifacts_expiry ON artifacts (workspace_id, retention, created_at, id) WHERE removed_at IS NULL;
    CREATE INDEX ix_artifacts_removed ON artifacts (workspace_id, removed_at) WHERE removed_at IS NOT NULL;
    CREATE INDEX ix_artifacts_key ON artifacts (workspace_id, key);
    """

_ARTIFACT_RULES = """
    CREATE FUNCTION app.artifacts_written_once() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN
      IF (to_jsonb(NEW) - 'removed_at' - 'retention') IS DISTINCT FROM (to_jsonb(OLD) - 'removed_at' - 'retention')
         OR (OLD.removed_at IS NOT NULL AND NEW.removed_at IS DISTINCT FROM OLD.removed_at) THEN
        RAISE EXCEPTION 'an artifact is written once' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'tr_artifacts_written_once';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER tr_artifacts_written_once BEFORE UPDATE ON artifacts FOR EACH ROW EXECUTE FUNCTION app.artifacts_written_once();

    CREATE FUNCTION app.artifacts_count_refs() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        UPDATE public.blobs SET refs = refs + 1
        WHERE workspace_id = NEW.workspace_id AND key = NEW.key AND condemned_at IS NULL;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'the object is being removed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'tr_artifacts_condemned';
        END IF;
      ELSE
        UPDATE public.blobs SET refs = refs - 1 WHERE workspace_id = OLD.workspace_id AND key = OLD.key;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER tr_artifacts_named AFTER INSERT ON artifacts FOR EACH ROW EXECUTE FUNCTION app.artifacts_count_refs();
    CREATE TRIGGER tr_artifacts_removed AFTER UPDATE ON artifacts FOR EACH ROW
      WHEN (OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL) EXECUTE FUNCTION app.artifacts_count_refs();
    CREATE TRIGGER tr_artifacts_deleted AFTER DELETE ON artifacts FOR EACH ROW
      WHEN (OLD.removed_at IS NULL) EXECUTE FUNCTION app.artifacts_count_refs();
    """

# `received` bytes are in the store; a writer holds the short lease while it appends. `store_upload_id` and
# `parts` are how the store calls what is under way there; `metadata` what else is known of the upload.
_UPLOADS = """
    CREATE TABLE uploads (
      id uuid CONSTRAINT pk_uploads PRIMARY KEY,
      workspace_id uuid NOT NULL CONSTRAINT fk_uploads_workspace_id REFERENCES workspaces,
      created_by uuid NOT NULL,
      kind text NOT NULL CONSTRAINT ck_uploads_kind CHECK (kind ~ '^[a-z][a-z0-9.-]{0,63}$'),
      key text NOT NULL CONSTRAINT ck_uploads_key CHECK (length(key) <= 512 AND starts_with(key, workspace_id::text || '/')),
      file_name text NOT NULL CONSTRAINT ck_uploads_file_name CHECK (length(file_name) BETWEEN 1 AND 255),
      media_type text NOT NULL CONSTRAINT ck_uploads_media_type CHECK (length(media_type) BETWEEN 3 AND 127),
      status text NOT NULL DEFAULT 'open' CONSTRAINT ck_uploads_status CHECK (status IN ('open', 'complete', 'aborted')),
      length bigint CONSTRAINT ck_uploads_length CHECK (length >= 0),
      received bigint NOT NULL DEFAULT 0 CONSTRAINT ck_uploads_received CHECK (received >= 0 AND (length IS NULL OR received <= length)),
      sha256 text CONSTRAINT ck_uploads_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
      metadata jsonb NOT NULL DEFAULT '{}',
      store_upload_id text,
      parts jsonb NOT NULL DEFAULT '{}',
      lease_until timestamptz,
      lease_holder uuid,
      artifact_id uuid,
      created_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      version int NOT NULL DEFAULT 1,
      CONSTRAINT uq_uploads_workspace_id_id UNIQUE (workspace_id, id),
      CONSTRAINT uq_uploads_workspace_id_key UNIQUE (workspace_id, key),
      CONSTRAINT fk_uploads_artifact_id FOREIGN KEY (workspace_id, artifact_id) REFERENCES artifacts (workspace_id, id) ON DELETE SET NULL (artifact_id),
      CONSTRAINT ck_uploads_lease CHECK ((lease_until IS NULL) = (lease_holder IS NULL)),
      CONSTRAINT ck_uploads_complete CHECK (status <> 'complete' OR received = length)
    );
    CREATE INDEX ix_uploads_expiry ON uploads (workspace_id, expires_at, id);
    CREATE INDEX ix_uploads_artifact_id ON uploads (workspace_id, artifact_id);
    """
