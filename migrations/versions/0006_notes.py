"""notes: videos, the notes made of them and their parts, transcripts, chapters, highlights, screenshots, clips"""

from alembic import op
from policies import definer, drop_definers, guarded, tenant

revision = "0006"
down_revision = "0005"

_TABLES = (
    "video_assets",
    "notes",
    "note_parts",
    "transcripts",
    "segments",
    "chapters",
    "highlights",
    "screenshots",
    "clips",
)


def upgrade() -> None:
    op.execute(_VIDEOS)
    op.execute(_NOTES)
    op.execute(_TRANSCRIPTS)
    op.execute(_FINDINGS)
    for table in _TABLES:
        tenant(table, delete=3 if table == "video_assets" else 2)
    op.execute("CREATE INDEX ix_usage_entries_subject ON usage_entries (workspace_id, subject, id)")
    guarded("notes", "SELECT")
    guarded("note_parts", "SELECT")
    definer(
        "stalled_notes(patience interval)",
        _STALLED,
        returns="TABLE (workspace_id uuid, note_id uuid)",
        to="atelier_worker",
        volatility="STABLE",
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_usage_entries_subject")
    drop_definers("stalled_notes")
    op.execute(f"DROP TABLE {', '.join(reversed(_TABLES))}")


# A file goes after its retention, the video and its notes stay: `artifact_id` then names nothing any more, so it is no foreign key.
_VIDEOS = """
    CREATE TABLE video_assets (
      workspace_id uuid NOT NULL CONSTRAINT fk_video_assets_workspace_id REFERENCES workspaces ON DELETE CASCADE,
      id uuid NOT NULL,
      user_id uuid NOT NULL,
      artifact_id uuid NOT NULL,
      captions_id uuid,
      title text NOT NULL CONSTRAINT ck_video_assets_title CHECK (length(title) BETWEEN 1 AND 200),
      file_name text NOT NULL CONSTRAINT ck_video_assets_file_name CHECK (length(file_name) BETWEEN 1 AND 255),
      media_type text NOT NULL,
      size bigint NOT NULL CONSTRAINT ck_video_assets_size CHECK (size > 0),
      sha256 text NOT NULL CONSTRAINT ck_video_assets_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
      facts jsonb,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      version int NOT NULL,
      CONSTRAINT pk_video_assets PRIMARY KEY (workspace_id, id),
      CONSTRAINT uq_video_assets_content UNIQUE (workspace_id, sha256)
    );
    CREATE INDEX ix_video_assets_newest ON video_assets (workspace_id, created_at DESC, id DESC);
    CREATE INDEX ix_video_assets_user_id ON video_assets (user_id);
    """

# `parts` are what stages made. One whose input did not change is taken over by a later run; `run` says which run wants it now.
_NOTES = """
    CREATE TABLE notes (
      workspace_id uuid NOT NULL,
      id uuid NOT NULL,
      video_id uuid NOT NULL,
      artifact_id uuid NOT NULL,
      user_id uuid NOT NULL,
      title text NOT NULL CONSTRAINT ck_notes_title CHECK (length(title) BETWEEN 1 AND 200),
      options jsonb NOT NULL,
      status text NOT NULL CONSTRAINT ck_notes_status CHECK (status IN ('queued', 'processing', 'success', 'degraded', 'failed', 'cancelled')),
      run int NOT NULL CONSTRAINT ck_notes_run CHECK (run > 0),
      root_job_id uuid,
      engines jsonb NOT NULL,
      speakers jsonb NOT NULL,
      warnings jsonb NOT NULL,
      error jsonb,
      outputs jsonb NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      finished_at timestamptz,
      version int NOT NULL,
      CONSTRAINT pk_notes PRIMARY KEY (workspace_id, id),
      CONSTRAINT fk_notes_video_id FOREIGN KEY (workspace_id, video_id) REFERENCES video_assets,
      CONSTRAINT ck_notes_finished CHECK ((status IN ('queued', 'processing')) = (finished_at IS NULL)),
      CONSTRAINT ck_notes_error CHECK ((status = 'failed') = (error IS NOT NULL))
    );
    CREATE INDEX ix_notes_newest ON notes (workspace_id, created_at DESC, id DESC);
    CREATE INDEX ix_notes_status ON notes (workspace_id, status, created_at DESC, id DESC);
    CREATE INDEX ix_notes_video_id ON notes (workspace_id, video_id, created_at DESC, id DESC);
    CREATE INDEX ix_notes_going_on ON notes (updated_at) WHERE status IN ('queued', 'processing');

    CREATE TABLE note_parts (
      workspace_id uuid NOT NULL,
      note_id uuid NOT NULL,
      stage text NOT NULL CONSTRAINT ck_note_parts_stage CHECK (stage IN ('probe', 'audio', 'speech', 'stitch', 'frames', 'chapters', 'map', 'reduce', 'render')),
      shard int NOT NULL CONSTRAINT ck_note_parts_shard CHECK (shard >= 0),
      run int NOT NULL,
      input text NOT NULL,
      state text NOT NULL CONSTRAINT ck_note_parts_state CHECK (state IN ('waiting', 'done', 'failed')),
      result jsonb NOT NULL DEFAULT '{}',
      key text,
      error jsonb,
      wall_ms bigint NOT NULL DEFAULT 0,
      cpu_ms bigint NOT NULL DEFAULT 0,
      done_at timestamptz,
      CONSTRAINT pk_note_parts PRIMARY KEY (workspace_id, note_id, stage, shard),
      CONSTRAINT fk_note_parts_note_id FOREIGN KEY (workspace_id, note_id) REFERENCES notes ON DELETE CASCADE,
      CONSTRAINT ck_note_parts_done CHECK ((state = 'waiting') = (done_at IS NULL)),
      CONSTRAINT ck_note_parts_failed CHECK ((state = 'failed') = (error IS NOT NULL))
    );
    """

# Words are found as they stand and, in languages PostgreSQL knows, by their stems. Between the two lies a word nobody can ask for:
# the last word and the first stem would else stand next to each other, and phrases would be found that nobody said.
_TRANSCRIPTS = """
    CREATE TABLE transcripts (
      workspace_id uuid NOT NULL,
      note_id uuid NOT NULL,
      language text,
      origin text NOT NULL CONSTRAINT ck_transcripts_origin CHECK (origin IN ('recognised', 'embedded', 'sidecar')),
      engine text NOT NULL,
      model text NOT NULL,
      word_times boolean NOT NULL,
      CONSTRAINT pk_transcripts PRIMARY KEY (workspace_id, note_id),
      CONSTRAINT fk_transcripts_note_id FOREIGN KEY (workspace_id, note_id) REFERENCES notes ON DELETE CASCADE
    );

    CREATE TABLE segments (
      workspace_id uuid NOT NULL,
      note_id uuid NOT NULL,
      number int NOT NULL CONSTRAINT ck_segments_number CHECK (number > 0),
      start_ts int NOT NULL CONSTRAINT ck_segments_start_ts CHECK (start_ts >= 0),
      end_ts int NOT NULL,
      text text NOT NULL,
      words jsonb NOT NULL,
      shard int NOT NULL,
      speaker text,
      language text,
      edited boolean NOT NULL,
      stems regconfig NOT NULL DEFAULT 'simple',
      search tsvector GENERATED ALWAYS AS (to_tsvector('simple', text) || CAST($$' '\\:1$$ AS tsvector) || to_tsvector(stems, text)) STORED,
      CONSTRAINT pk_segments PRIMARY KEY (workspace_id, note_id, number),
      CONSTRAINT fk_segments_note_id FOREIGN KEY (workspace_id, note_id) REFERENCES transcripts ON DELETE CASCADE,
      CONSTRAINT ck_segments_end_ts CHECK (end_ts >= start_ts)
    );
    CREATE INDEX ix_segments_search ON segments USING gin (search);
    """

# Times are milliseconds in the media file that `artifact_id` names.
_FINDINGS = """
    CREATE TABLE chapters (
      workspace_id uuid NOT NULL,
      note_id uuid NOT NULL,
      number int NOT NULL CONSTRAINT ck_chapters_number CHECK (number > 0),
      start_ts int NOT NULL CONSTRAINT ck_chapters_start_ts CHECK (start_ts >= 0),
      end_ts int NOT NULL,
      title text NOT NULL,
      summary text NOT NULL,
      first_segment int,
      last_segment int,
      CONSTRAINT pk_chapters PRIMARY KEY (workspace_id, note_id, number),
      CONSTRAINT fk_chapters_note_id FOREIGN KEY (workspace_id, note_id) REFERENCES notes ON DELETE CASCADE,
      CONSTRAINT ck_chapters_end_ts CHECK (end_ts > start_ts)
    );

    CREATE TABLE highlights (
      workspace_id uuid NOT NULL,
      note_id uuid NOT NULL,
      number int NOT NULL CONSTRAINT ck_highlights_number CHECK (number > 0),
      artifact_id uuid NOT NULL,
      start_ts int NOT NULL CONSTRAINT ck_highlights_start_ts CHECK (start_ts >= 0),
      end_ts int NOT NULL,
      title text NOT NULL,
      quote text NOT NULL,
      why text NOT NULL,
      segments int[] NOT NULL CONSTRAINT ck_highlights_segments CHECK (cardinality(segments) > 0),
      grounding jsonb NOT NULL,
      CONSTRAINT pk_highlights PRIMARY KEY (workspace_id, note_id, number),
      CONSTRAINT fk_highlights_note_id FOREIGN KEY (workspace_id, note_id) REFERENCES notes ON DELETE CASCADE,
      CONSTRAINT ck_highlights_end_ts CHECK (end_ts > start_ts)
    );
    CREATE INDEX ix_highlights_artifact_id_start_ts ON highlights (artifact_id, start_ts);

    CREATE TABLE screenshots (
      workspace_id uuid NOT NULL,
      note_id uuid NOT NULL,
      number int NOT NULL CONSTRAINT ck_screenshots_number CHECK (number > 0),
      image_id uuid NOT NULL,
      at_ts int NOT NULL CONSTRAINT ck_screenshots_at_ts CHECK (at_ts >= 0),
      chapter int NOT NULL,
      kind text NOT NULL CONSTRAINT ck_screenshots_kind CHECK (kind IN ('slide', 'scene', 'still')),
      width int NOT NULL,
      height int NOT NULL,
      caption text NOT NULL,
      CONSTRAINT pk_screenshots PRIMARY KEY (workspace_id, note_id, number),
      CONSTRAINT fk_screenshots_note_id FOREIGN KEY (workspace_id, note_id) REFERENCES notes ON DELETE CASCADE
    );

    CREATE TABLE clips (
      workspace_id uuid NOT NULL,
      id uuid NOT NULL,
      note_id uuid NOT NULL,
      start_ts int NOT NULL CONSTRAINT ck_clips_start_ts CHECK (start_ts >= 0),
      end_ts int NOT NULL,
      title text NOT NULL,
      cut_id uuid,
      created_by uuid NOT NULL,
      created_at timestamptz NOT NULL,
      version int NOT NULL,
      CONSTRAINT pk_clips PRIMARY KEY (workspace_id, id),
      CONSTRAINT uq_clips_span UNIQUE (workspace_id, note_id, start_ts, end_ts),
      CONSTRAINT fk_clips_note_id FOREIGN KEY (workspace_id, note_id) REFERENCES notes ON DELETE CASCADE,
      CONSTRAINT ck_clips_end_ts CHECK (end_ts > start_ts)
    );
    """

# A note whose jobs all ended while it still waits for something will not move by itself: its shard's worker died too often, or its time was up.
_STALLED = """
    SELECT n.workspace_id, n.id FROM public.notes n
    WHERE n.status IN ('queued', 'processing') AND n.updated_at < now() - patience
      AND NOT EXISTS (SELECT 1 FROM public.jobs j WHERE j.workspace_id = n.workspace_id AND j.root_id = n.root_job_id
                      AND j.status IN ('queued', 'processing'))
"""
