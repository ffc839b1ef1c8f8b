"""Make one large document in the background; running it twice makes one artifact."""

from dataclasses import dataclass

import msgspec

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.documents.assets import Assets
from application.documents.web_access import WebAccess
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import Artifacts, BlobInfo, BlobStore
from domain.documents.effort import weigh
from domain.documents.ports import TemplateEngine, TemplateVersions
from domain.documents.rendering import FillOrder, source_of
from domain.documents.run_options import MEDIA_TYPES, DocumentFormat, FillOptions
from domain.documents.template_version import TemplateId
from domain.documents.web_pictures import picture_addresses
from domain.identity.access import Actor, Permission
from domain.jobs.ports import JobRun
from domain.kernel.ports import UnitOfWork
from domain.kernel.retention import RetentionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderDocument:
    """`data_id` is the artifact with the row, as JSON."""

    template_id: TemplateId
    number: int
    revision: int
    data_id: ArtifactId
    format: DocumentFormat
    options: FillOptions
    file_name: str


@dataclass(frozen=True, slots=True)
class RenderDocumentHandler:
    """Idempotent: the artifact is recorded in a step, so a second run finds it."""

    versions: TemplateVersions
    artifacts: Artifacts
    assets: Assets
    web: WebAccess
    engine: TemplateEngine
    blobs: BlobStore
    shelf: ArtifactShelf
    job: JobRun
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RenderDocument) -> None:
        actor.require(Permission.DOCUMENTS_WRITE)
        order = await self._order(actor, command)
        await self.uow.commit()  # no transaction stays open while the document is made
        key = artifact_key(
            actor.workspace_id, self.job.id, self.job.fence, f"document.{command.format}"
        )
        async with self.engine.fill(order) as filled:
            blob = await self.blobs.put(key, filled.content())
            note: dict[str, object] = {
                "engine": filled.engine,
                "grade": filled.fidelity,
                "warnings": filled.warnings,
            }

        async def record() -> dict[str, object]:
            return await self._record(actor, command, blob, note)

        await self.job.progress(100, await self.job.step("document", record))

    async def _order(self, actor: Actor, command: RenderDocument) -> FillOrder:
        where = (actor.workspace_id, command.template_id, command.number)
        version = await self.versions.get(*where)
        fields = await self.versions.fields(*where, revision=command.revision)
        stored = await self.artifacts.get(actor.workspace_id, command.data_id)
        data = msgspec.json.decode(b"".join([block async for block in self.blobs.open(stored.key)]))
        urls = await self.web.allowed(actor.workspace_id)
        return FillOrder(
            source=source_of(version),
            fields=fields.fields,
            data=data,
            format=command.format,
            options=command.options,
            assets=await self.assets.find(actor.workspace_id, weigh(data)[1]),
            urls=urls,
            addresses=picture_addresses(fields.fields, data) if urls else frozenset(),
            patient=True,
        )

    async def _record(
        self, actor: Actor, command: RenderDocument, blob: BlobInfo, note: dict[str, object]
    ) -> dict[str, object]:
        artifact = await self.shelf.record(
            actor,
            NewArtifact(
                kind=f"documents.{command.format}",
                blob=blob,
                file_name=f"{command.file_name}.{command.format}",
                media_type=MEDIA_TYPES[command.format],
                retention=RetentionClass.ARTIFACT,
                job_id=self.job.id,
            ),
        )
        return note | {"artifact_id": str(artifact.id)}
