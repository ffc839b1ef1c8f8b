"""Render the rows of one shard into one object; safe to run twice.

What a dead attempt left in the store is named by its fence and never recorded; the object, the
rows, the shard and the run's counts change in one transaction, or not at all. A shard that fails
for good fails its rows, one by one, and the run goes on.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.documents.assemble_run import AssembleRun
from application.documents.assets import Assets
from application.documents.row_intake import ShardRow, read_shard
from application.documents.web_access import WebAccess
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import BlobInfo, BlobStore
from domain.documents.bulk_run import BulkRun, BulkRunId, RunStatus
from domain.documents.effort import NAMES_FILES, DataTooLarge, weigh
from domain.documents.field_settings import flat
from domain.documents.fields import TemplateField
from domain.documents.ports import BulkEngine, BulkRuns, BulkShards, TemplateVersions
from domain.documents.rendering import Asset, ShardOrder, source_of
from domain.documents.shards import RunProgress, Settled, Shard, ShardResult
from domain.documents.web_pictures import picture_addresses
from domain.identity.access import Actor, Permission
from domain.jobs.ports import JobQueue, JobRun
from domain.kernel.errors import ChangedMeanwhile, DomainError, Unavailable
from domain.kernel.ports import Clock, UnitOfWork
from domain.kernel.retention import RetentionClass

TRANSIENT: Final = (Unavailable, ChangedMeanwhile)
TRIES: Final = 4  # of a job, as its kind says


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderShard:
    run_id: BulkRunId
    round: int
    shard: int


@dataclass(frozen=True, slots=True)
class RenderShardHandler:
    """Idempotent: a settled shard is left alone."""

    runs: BulkRuns
    shards: BulkShards
    versions: TemplateVersions
    assets: Assets
    web: WebAccess
    blobs: BlobStore
    shelf: ArtifactShelf
    engine: BulkEngine
    jobs: JobQueue
    job: JobRun
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: RenderShard) -> None:
        actor.require(Permission.DOCUMENTS_WRITE)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        if run.status is not RunStatus.PROCESSING or run.round != command.round:
            return
        shard = await self.shards.get(run, command.shard)
        if shard.done_at is not None:
            return
        order = await self._order(run, shard)
        await self.uow.commit()  # no transaction stays open while rows are rendered

        async def tell(rows: int) -> None:
            progress = await self.runs.progress(run.workspace_id, run.id)
            await self.job.progress(min(99, 100 * rows // shard.rows), _note(progress, rows))
            await self.uow.commit()

        try:
            result = await self.engine.render(order, tell)
        except DomainError as error:
            if isinstance(error, TRANSIENT) and self.job.attempt + 1 < TRIES:
                raise
            await self.uow.rollback()
            result = given_up(await self._rows(shard), error)
        await self._settle(actor, run, shard, result)

    async def _order(self, run: BulkRun, shard: Shard) -> ShardOrder:
        where = (run.workspace_id, run.template_id, run.template_number)
        version = await self.versions.get(*where)
        fields = await self.versions.fields(*where, revision=run.fields_revision)
        name = f"shard-{shard.number:05}.zip.part"
        assets, addresses = await self._named(run, shard, fields.fields)
        return ShardOrder(
            source=source_of(version),
            fields=fields.fields,
            options=run.options,
            shard=shard,
            target_key=artifact_key(run.workspace_id, self.job.id, self.job.fence, name),
            assets=assets,
            addresses=addresses,
        )

    async def _named(
        self, run: BulkRun, shard: Shard, fields: tuple[TemplateField, ...]
    ) -> tuple[tuple[Asset, ...], frozenset[str]]:
        """Files and pictures of the web its rows name, where the template has fields for them."""
        if not any(field.kind in NAMES_FILES for _, field in flat(fields)):
            return (), frozenset()
        rows = await self._rows(shard)
        refs: set[str] = set()
        for _, _, values in rows:
            with suppress(DataTooLarge):  # the row is at fault, not its shard
                refs |= weigh(values)[1]
        addresses: frozenset[str] = frozenset()
        if await self.web.allowed(run.workspace_id):
            addresses = addresses.union(*(picture_addresses(fields, row) for _, _, row in rows))
        return await self.assets.find(run.workspace_id, refs), addresses

    async def _rows(self, shard: Shard) -> Sequence[ShardRow]:
        place = shard.input
        stream = self.blobs.open(place.key, start=place.offset, length=place.length)
        return read_shard(b"".join([block async for block in stream]))

    async def _settle(self, actor: Actor, run: BulkRun, shard: Shard, result: ShardResult) -> None:
        settled = await self.shards.settle(run, shard, result, self.clock.now())
        if settled is Settled.TOO_LATE:
            await self.uow.rollback()
            return
        if result.object is not None:
            artifact_id = await self._record(actor, run, shard, result.object)
            await self.shards.attach(run, shard, artifact_id)
        if settled is Settled.LAST:
            await self.jobs.enqueue(
                actor,
                AssembleRun(run_id=run.id, round=run.round),
                subject=run.id,
                version=run.round,
                root_id=self.job.root_id,
            )
        progress = await self.runs.progress(run.workspace_id, run.id)
        await self.job.progress(100, _note(progress, 0))  # joins the transaction
        await self.uow.commit()

    async def _record(self, actor: Actor, run: BulkRun, shard: Shard, blob: BlobInfo) -> ArtifactId:
        artifact = await self.shelf.record(
            actor,
            NewArtifact(
                kind="documents.shard",
                blob=blob,
                file_name=f"{run.name}.{run.round}-{shard.number}.part",
                media_type="application/octet-stream",
                retention=RetentionClass.ARTIFACT,
                job_id=self.job.id,
            ),
        )
        return artifact.id


def given_up(rows: Sequence[ShardRow], error: DomainError) -> ShardResult:
    """No row has a document, and each says why."""
    told = {"s": "failed", "c": error.code, "m": f"This row could not be rendered: {error}"}
    return ShardResult(
        rows_ok=0,
        rows_failed=len(rows),
        rows_json=msgspec.json.encode([{"n": number, **told} for number, _, _ in rows]),
        object=None,
        members=0,
        members_size=0,
        engine="none",
        duration_ms=0,
    )


def _note(progress: RunProgress, rows: int) -> dict[str, object]:
    """How far the whole run is; `rows` of this shard are made and not recorded yet."""
    now = progress.with_more(rows)
    eta = now.eta_seconds
    return {
        "phase": "rendering",
        "rows_total": progress.counts.total,
        "rows_done": progress.counts.done,
        "rows_at_work": rows,
        "rows_ok": progress.counts.ok,
        "rows_failed": progress.counts.failed,
        "rows_invalid": progress.counts.invalid,
        "rows_per_second": round(now.rows_per_second, 1),
        "eta_seconds": None if eta is None else round(eta, 1),
    }
