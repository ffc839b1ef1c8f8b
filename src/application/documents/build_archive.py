"""Build the ZIP of a run again, from the shards, once its own one is gone."""

from dataclasses import dataclass

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.documents.archives import Archives
from domain.artifacts.keys import artifact_key
from domain.documents.bulk_run import BulkRunId
from domain.documents.ports import BulkRuns, BulkShards
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobId
from domain.jobs.ports import JobQueue, JobRun
from domain.kernel.ports import Ids, UnitOfWork
from domain.kernel.retention import RetentionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestArchive:
    """Ask for the ZIP of a run whose own one is gone, or was never made."""

    run_id: BulkRunId


@dataclass(frozen=True, slots=True)
class RequestArchiveHandler:
    runs: BulkRuns
    jobs: JobQueue
    uow: UnitOfWork
    ids: Ids

    async def __call__(self, actor: Actor, command: RequestArchive) -> JobId:
        actor.require(Permission.DOCUMENTS_WRITE)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        run.require_documents()
        job_id = await self.jobs.enqueue(actor, BuildArchive(run_id=run.id), subject=self.ids.new())
        await self.uow.commit()
        return job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildArchive:
    run_id: BulkRunId


@dataclass(frozen=True, slots=True)
class BuildArchiveHandler:
    """Idempotent: the same shards make the same bytes, recorded in the one last transaction."""

    runs: BulkRuns
    shards: BulkShards
    archives: Archives
    shelf: ArtifactShelf
    job: JobRun
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: BuildArchive) -> None:
        actor.require(Permission.DOCUMENTS_WRITE)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        objects = await self.shards.objects(run)
        await self.uow.commit()  # no transaction stays open while bytes travel
        key = artifact_key(actor.workspace_id, self.job.id, self.job.fence, "documents.zip")
        blob = await self.archives.build(objects, key)

        async def record() -> str:
            current = await self.runs.get(actor.workspace_id, command.run_id, lock=True)
            artifact = await self.shelf.record(
                actor,
                NewArtifact(
                    kind="documents.zip",
                    blob=blob,
                    file_name=f"{run.name.rsplit('.', 1)[0]}.zip",
                    media_type="application/zip",
                    retention=RetentionClass.BULK_ZIP,
                    job_id=self.job.id,
                ),
            )
            current.archive_id = artifact.id
            return str(artifact.id)

        await self.job.step("archive", record)
