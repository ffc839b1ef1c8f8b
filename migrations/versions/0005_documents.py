"""documents: templates with immutable versions, field settings, bulk runs with rows and shards"""

from alembic import op
from policies import append_only, definer, drop_definers, guarded, made_by_jobs, tenant

revision = "0005"
down_revision = "0004"

# A run that goes on without a job that is queued or at work will never end by itself: its jobs failed for good, or somebody
# cancelled them one by one. What it made stays; a retry takes it up again.
_END_STALLED = """
  WITH stalled AS (
    SELECT r.workspace_id, r.id, root.cancel_at IS NOT NULL AS unwanted FROM public.bulk_runs r
    LEFT JOIN public.jobs root ON root.workspace_id = r.workspace_id AND root.id = r.root_job_id
    WHERE r.status IN ('queued', 'processing') AND r.updated_at < now() - patience
    AND NOT EXISTS (SELECT 1 FROM public.jobs j WHERE j.workspace_id = r.workspace_id AND j.root_id = r.root_job_id
                    AND j.status IN ('queued', 'processing'))
    FOR NO KEY UPDATE OF r SKIP LOCKED),
  ended AS (
    UPDATE public.bulk_runs r SET version = r.version + 1, updated_at = now(), finished_at = now(),
      status = CASE WHEN s.unwanted THEN 'cancelled' ELSE 'failed' END,
      error = CASE WHEN s.unwanted THEN NULL ELSE jsonb_build_object('code', 'documents.run-gave-up',
        'message', 'The work was given up after several tries; retry the run to go on where it stopped.') END
    FROM stalled s WHERE r.workspace_id = s.workspace_id AND r.id = s.id RETURNING 1)
  SELECT count(*) FROM ended
"""


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE templates (
          workspace_id uuid NOT NULL CONSTRAINT fk_templates_workspace_id REFERENCES workspaces ON DELETE CASCADE,
          id uuid NOT NULL,
          name text NOT NULL CONSTRAINT ck_templates_name CHECK (length(name) BETWEEN 1 AND 200),
          description text NOT NULL DEFAULT '' CONSTRAINT ck_templates_description CHECK (length(description) <= 2000),
          active_number int,
          latest_number int NOT NULL CONSTRAINT ck_templates_latest_number CHECK (latest_number > 0),
          created_by uuid NOT NULL,
          created_at timestamptz NOT NULL,
          updated_at timestamptz NOT NULL,
          archived_at timestamptz,
          version int NOT NULL,
          CONSTRAINT pk_templates PRIMARY KEY (workspace_id, id),
          CONSTRAINT ck_templates_active_number CHECK (active_number <= latest_number)
        );
        CREATE INDEX ix_templates_newest ON templates (workspace_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
        CREATE INDEX ix_templates_archived ON templates (workspace_id, created_at DESC, id DESC) WHERE archived_at IS NOT NULL;

        CREATE TABLE template_versions (
          workspace_id uuid NOT NULL,
          template_id uuid NOT NULL,
          number int NOT NULL CONSTRAINT ck_template_versions_number CHECK (number > 0),
          sha256 text NOT NULL CONSTRAINT ck_template_versions_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
          size bigint NOT NULL CONSTRAINT ck_template_versions_size CHECK (size > 0),
          file_name text NOT NULL,
          source_id uuid NOT NULL,
          source_key text NOT NULL,
          syntaxes jsonb NOT NULL,
          usable boolean NOT NULL,
          problems jsonb NOT NULL,
          fidelity text NOT NULL CONSTRAINT ck_template_versions_fidelity CHECK (fidelity IN ('exact', 'approximate', 'needs_high_fidelity')),
          findings jsonb NOT NULL,
          pages int NOT NULL CONSTRAINT ck_template_versions_pages CHECK (pages >= 0),
          preview_id uuid,
          note text NOT NULL DEFAULT '',
          created_by uuid NOT NULL,
          created_at timestamptz NOT NULL,
          CONSTRAINT pk_template_versions PRIMARY KEY (workspace_id, template_id, number),
          CONSTRAINT fk_template_versions_template_id FOREIGN KEY (workspace_id, template_id) REFERENCES templates ON DELETE CASCADE,
          CONSTRAINT fk_template_versions_source_id FOREIGN KEY (workspace_id, source_id) REFERENCES artifacts (workspace_id, id),
          CONSTRAINT fk_template_versions_preview_id FOREIGN KEY (workspace_id, preview_id) REFERENCES artifacts (workspace_id, id) ON DELETE SET NULL (preview_id)
        );
        CREATE INDEX ix_template_versions_source_id ON template_versions (workspace_id, source_id);
        CREATE INDEX ix_template_versions_preview_id ON template_versions (workspace_id, preview_id);
        CREATE INDEX ix_template_versions_sha256 ON template_versions (workspace_id, sha256);
        ALTER TABLE templates ADD CONSTRAINT fk_templates_active_number
          FOREIGN KEY (workspace_id, id, active_number) REFERENCES template_versions DEFERRABLE INITIALLY DEFERRED;
        CREATE INDEX ix_templates_active_number ON templates (workspace_id, id, active_number);

        CREATE TABLE template_fields (
          workspace_id uuid NOT NULL,
          template_id uuid NOT NULL,
          number int NOT NULL,
          revision int NOT NULL CONSTRAINT ck_template_fields_revision CHECK (revision > 0),
          position int NOT NULL CONSTRAINT ck_template_fields_position CHECK (position >= 0),
          name text NOT NULL,
          kind text NOT NULL,
          required boolean NOT NULL,
          spec jsonb NOT NULL,
          created_by uuid NOT NULL,
          created_at timestamptz NOT NULL,
          CONSTRAINT pk_template_fields PRIMARY KEY (workspace_id, template_id, number, revision, position),
          CONSTRAINT uq_template_fields_name UNIQUE (workspace_id, template_id, number, revision, name),
          CONSTRAINT fk_template_fields_number FOREIGN KEY (workspace_id, template_id, number) REFERENCES template_versions ON DELETE CASCADE
        );

        CREATE TABLE bulk_runs (
          workspace_id uuid NOT NULL CONSTRAINT fk_bulk_runs_workspace_id REFERENCES workspaces ON DELETE CASCADE,
          id uuid NOT NULL,
          template_id uuid NOT NULL,
          template_number int NOT NULL,
          fields_revision int NOT NULL,
          name text NOT NULL CONSTRAINT ck_bulk_runs_name CHECK (length(name) BETWEEN 1 AND 200),
          sheet jsonb NOT NULL,
          options jsonb NOT NULL,
          corrections jsonb NOT NULL DEFAULT '[]',
          status text NOT NULL CONSTRAINT ck_bulk_runs_status CHECK (status IN ('queued', 'processing', 'success', 'failed', 'cancelled')),
          phase text NOT NULL CONSTRAINT ck_bulk_runs_phase CHECK (phase IN ('intake', 'rendering', 'assembly', 'done')),
          round int NOT NULL CONSTRAINT ck_bulk_runs_round CHECK (round > 0),
          root_job_id uuid,
          shards int NOT NULL DEFAULT 0,
          shards_done int NOT NULL DEFAULT 0,
          rows_total int NOT NULL DEFAULT 0,
          rows_ok int NOT NULL DEFAULT 0,
          rows_invalid int NOT NULL DEFAULT 0,
          rows_failed int NOT NULL DEFAULT 0,
          rendering_since timestamptz,
          error jsonb,
          archive_id uuid,
          report_csv_id uuid,
          report_xlsx_id uuid,
          created_by uuid NOT NULL,
          created_at timestamptz NOT NULL,
          updated_at timestamptz NOT NULL,
          finished_at timestamptz,
          version int NOT NULL,
          CONSTRAINT pk_bulk_runs PRIMARY KEY (workspace_id, id),
          CONSTRAINT fk_bulk_runs_archive_id FOREIGN KEY (workspace_id, archive_id) REFERENCES artifacts (workspace_id, id) ON DELETE SET NULL (archive_id),
          CONSTRAINT fk_bulk_runs_report_csv_id FOREIGN KEY (workspace_id, report_csv_id) REFERENCES artifacts (workspace_id, id) ON DELETE SET NULL (report_csv_id),
          CONSTRAINT fk_bulk_runs_report_xlsx_id FOREIGN KEY (workspace_id, report_xlsx_id) REFERENCES artifacts (workspace_id, id) ON DELETE SET NULL (report_xlsx_id),
          CONSTRAINT fk_bulk_runs_template FOREIGN KEY (workspace_id, template_id, template_number) REFERENCES template_versions,
          CONSTRAINT ck_bulk_runs_shards CHECK (shards_done BETWEEN 0 AND shards),
          CONSTRAINT ck_bulk_runs_rows CHECK (least(rows_ok, rows_invalid, rows_failed) >= 0 AND rows_ok + rows_invalid + rows_failed <= rows_total),
          CONSTRAINT ck_bulk_runs_finished CHECK ((status IN ('success', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
        );
        CREATE INDEX ix_bulk_runs_template ON bulk_runs (workspace_id, template_id, template_number);
        CREATE INDEX ix_bulk_runs_archive_id ON bulk_runs (workspace_id, archive_id);
        CREATE INDEX ix_bulk_runs_report_csv_id ON bulk_runs (workspace_id, report_csv_id);
        CREATE INDEX ix_bulk_runs_report_xlsx_id ON bulk_runs (workspace_id, report_xlsx_id);
        CREATE INDEX ix_bulk_runs_newest ON bulk_runs (workspace_id, created_at DESC, id DESC);
        CREATE INDEX ix_bulk_runs_live ON bulk_runs (updated_at) WHERE status IN ('queued', 'processing');
        CREATE INDEX ix_bulk_runs_status ON bulk_runs (workspace_id, status, created_at DESC, id DESC);

        CREATE TABLE bulk_shards (
          workspace_id uuid NOT NULL,
          bulk_run_id uuid NOT NULL,
          round int NOT NULL,
          shard int NOT NULL CONSTRAINT ck_bulk_shards_shard CHECK (shard >= 0),
          first_row int NOT NULL,
          last_row int NOT NULL,
          rows int NOT NULL CONSTRAINT ck_bulk_shards_rows CHECK (rows > 0),
          input_key text NOT NULL,
          input_offset bigint NOT NULL,
          input_length bigint NOT NULL,
          done_at timestamptz,
          rows_ok int NOT NULL DEFAULT 0,
          rows_failed int NOT NULL DEFAULT 0,
          artifact_id uuid,
          object_key text,
          object_size bigint NOT NULL DEFAULT 0,
          members int NOT NULL DEFAULT 0,
          members_size bigint NOT NULL DEFAULT 0,
          engine text,
          duration_ms int NOT NULL DEFAULT 0,
          CONSTRAINT pk_bulk_shards PRIMARY KEY (workspace_id, bulk_run_id, round, shard),
          CONSTRAINT fk_bulk_shards_bulk_run_id FOREIGN KEY (workspace_id, bulk_run_id) REFERENCES bulk_runs ON DELETE CASCADE,
          CONSTRAINT fk_bulk_shards_artifact_id FOREIGN KEY (workspace_id, artifact_id) REFERENCES artifacts (workspace_id, id) ON DELETE SET NULL (artifact_id),
          CONSTRAINT ck_bulk_shards_done CHECK (done_at IS NULL OR rows_ok + rows_failed = rows),
          CONSTRAINT ck_bulk_shards_object CHECK ((members > 0) = (object_key IS NOT NULL))
        );
        CREATE INDEX ix_bulk_shards_artifact_id ON bulk_shards (workspace_id, artifact_id);

        CREATE TABLE bulk_rows (
          workspace_id uuid NOT NULL,
          bulk_run_id uuid NOT NULL,
          row_number int NOT NULL CONSTRAINT ck_bulk_rows_row_number CHECK (row_number > 0),
          status text NOT NULL CONSTRAINT ck_bulk_rows_status CHECK (status IN ('pending', 'ok', 'invalid', 'failed')),
          round int NOT NULL,
          shard int,
          file_name text,
          docx_offset bigint,
          docx_size bigint,
          pdf_offset bigint,
          pdf_size bigint,
          duration_us int,
          error_code text,
          error_message text,
          errors jsonb,
          CONSTRAINT pk_bulk_rows PRIMARY KEY (workspace_id, bulk_run_id, row_number),
          CONSTRAINT fk_bulk_rows_bulk_run_id FOREIGN KEY (workspace_id, bulk_run_id) REFERENCES bulk_runs ON DELETE CASCADE,
          CONSTRAINT ck_bulk_rows_shard CHECK (status = 'invalid' OR shard IS NOT NULL)
        ) WITH (fillfactor = 60, autovacuum_vacuum_insert_scale_factor = 0.05);
        CREATE INDEX ix_bulk_rows_unsuccessful ON bulk_rows (workspace_id, bulk_run_id, row_number) WHERE status IN ('invalid', 'failed');
        """
    )
    tenant("templates")
    append_only("template_versions", write=2)
    append_only("template_fields", write=2)
    tenant("bulk_runs")
    guarded("bulk_runs", "SELECT", "UPDATE")
    definer(
        "end_stalled_runs(patience interval)",
        _END_STALLED,
        returns="bigint",
        to="atelier_worker",
    )
    made_by_jobs("bulk_shards")
    made_by_jobs("bulk_rows")


def downgrade() -> None:
    drop_definers("end_stalled_runs")
    op.execute(
        """
        DROP TABLE bulk_rows, bulk_shards, bulk_runs, template_fields;
        ALTER TABLE templates DROP CONSTRAINT fk_templates_active_number;
        DROP TABLE template_versions, templates;
        """
    )
