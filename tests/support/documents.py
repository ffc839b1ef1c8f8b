"""Templates, versions and bulk runs, valid in one call; name only what a test is about."""

import hashlib
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.bulk_runs import SqlBulkRuns
from adapters.sql.templates import SqlTemplates, SqlTemplateVersions
from domain.artifacts.artifact import Artifact, ArtifactId
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import BlobInfo
from domain.documents.bulk_run import BulkRun, BulkRunId
from domain.documents.fields import TemplateField
from domain.documents.layout.findings import Fidelity
from domain.documents.run_options import RunOptions, SheetSource
from domain.documents.shards import Shard, ShardResult, Slice
from domain.documents.template import Template
from domain.documents.template_version import Syntaxes, TemplateId, TemplateVersion
from domain.identity.access import Actor
from tenants import NEW, MovableClock

CLOCK = MovableClock()
FIELDS = (TemplateField(name="first_name", required=True), TemplateField(name="city"))


def an_artifact(actor: Actor, **changes: Any) -> Artifact:
    job = NEW()
    return Artifact(
        **{
            "id": ArtifactId(NEW()),
            "workspace_id": actor.workspace_id,
            "kind": "documents.template",
            "key": artifact_key(actor.workspace_id, job, 1, "file"),
            "file_name": "letter.docx",
            "media_type": "application/octet-stream",
            "size": 10,
            "sha256": hashlib.sha256(job.bytes).hexdigest(),
            "retention": None,
            "created_at": CLOCK.now(),
        }
        | changes
    )


def a_template(actor: Actor, **changes: Any) -> Template:
    CLOCK.move(timedelta(seconds=1))
    return Template(
        **{
            "id": TemplateId(NEW()),
            "workspace_id": actor.workspace_id,
            "name": "Letter",
            "created_by": actor.user_id,
            "created_at": CLOCK.now(),
            "updated_at": CLOCK.now(),
        }
        | changes
    )


def a_version(template: Template, source: Artifact, **changes: Any) -> TemplateVersion:
    return TemplateVersion(
        **{
            "workspace_id": template.workspace_id,
            "template_id": template.id,
            "number": template.latest_number,
            "sha256": source.sha256,
            "size": source.size,
            "file_name": source.file_name,
            "source_id": source.id,
            "source_key": source.key,
            "syntaxes": Syntaxes(),
            "usable": True,
            "problems": (),
            "fidelity": Fidelity.EXACT,
            "findings": (),
            "pages": 1,
            "preview_id": None,
            "created_by": template.created_by,
            "created_at": template.created_at,
        }
        | changes
    )


def a_run(template: Template, actor: Actor, **changes: Any) -> BulkRun:
    CLOCK.move(timedelta(seconds=1))
    return BulkRun(
        **{
            "id": BulkRunId(NEW()),
            "workspace_id": template.workspace_id,
            "template_id": template.id,
            "template_number": 1,
            "fields_revision": 1,
            "name": "people.csv",
            "sheet": SheetSource(artifact_id=ArtifactId(NEW()), file_name="people.csv"),
            "options": RunOptions(),
            "created_by": actor.user_id,
            "created_at": CLOCK.now(),
            "updated_at": CLOCK.now(),
        }
        | changes
    )


async def stored_template(session: AsyncSession, actor: Actor, **changes: Any) -> Template:
    """With version 1 in use; does not commit."""
    template, source = a_template(actor, **changes), an_artifact(actor)
    await SqlArtifacts(session).add(source)
    SqlTemplates(session).add(template)
    version = a_version(template, source)
    await SqlTemplateVersions(session).add(version, FIELDS)
    template.activate(version, CLOCK.now())
    return template


async def stored_run(session: AsyncSession, actor: Actor, **changes: Any) -> BulkRun:
    """Of a template of its own; does not commit."""
    run = a_run(await stored_template(session, actor), actor, **changes)
    SqlBulkRuns(session).add(run)
    await session.flush()
    return run


def a_shard(number: int, first: int, last: int, **changes: Any) -> Shard:
    return Shard(
        **{
            "round": 1,
            "number": number,
            "first_row": first,
            "last_row": last,
            "rows": last - first + 1,
            "input": Slice(key="k", offset=0, length=1),
        }
        | changes
    )


def checked_rows(
    first: int, last: int, *, shard: int = 0, invalid: frozenset[int] = frozenset()
) -> bytes:
    """Rows as an intake stores them."""
    return msgspec.json.encode(
        [
            {"n": n, "s": "invalid", "c": "documents.value-missing", "m": "city is missing",
             "e": [{"field": "city", "message": "is missing"}]}
            if n in invalid
            else {"n": n, "s": "pending", "k": shard, "f": f"Letter {n}"}
            for n in range(first, last + 1)
        ]
    )  # fmt: skip


def a_result(shard: Shard, *, failed: frozenset[int] = frozenset(), **changes: Any) -> ShardResult:
    """What a shard becomes when rows of 100 bytes lie one after the other."""
    numbers = range(shard.first_row, shard.last_row + 1)
    rows = [
        {"n": n, "s": "failed", "us": 7, "c": "documents.value-missing", "m": "no city"}
        if n in failed
        else {"n": n, "s": "ok", "dxo": 100 * at + 30, "dxs": 70, "us": 75}
        for at, n in enumerate(numbers)
    ]
    good = len(rows) - len(failed)
    return ShardResult(
        **{
            "rows_ok": good,
            "rows_failed": len(failed),
            "rows_json": msgspec.json.encode(rows),
            "object": BlobInfo(key="shard", size=110 * good, sha256="0" * 64) if good else None,
            "members": good,
            "members_size": 100 * good,
            "engine": "docx",
            "duration_ms": 12,
        }
        | changes
    )
