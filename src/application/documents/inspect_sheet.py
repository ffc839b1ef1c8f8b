"""Look at a sheet before a run: how it reads, and which column is which field."""

from dataclasses import dataclass

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import Artifacts, BlobStore
from domain.documents.fields import TemplateField
from domain.documents.ports import BulkEngine, Templates, TemplateVersions
from domain.documents.rendering import SheetInspection
from domain.documents.run_options import SheetReading
from domain.documents.template_version import TemplateId
from domain.identity.access import Actor, Permission
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectSheet:
    """With a template, each column is matched with its fields."""

    sheet_id: ArtifactId
    reading: SheetReading
    template_id: TemplateId | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class InspectSheetHandler:
    artifacts: Artifacts
    templates: Templates
    versions: TemplateVersions
    blobs: BlobStore
    engine: BulkEngine
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: InspectSheet) -> SheetInspection:
        actor.require(Permission.DOCUMENTS_READ)
        sheet = await self.artifacts.get(actor.workspace_id, command.sheet_id)
        fields = await self._fields(actor, command)
        await self.uow.commit()  # no transaction stays open while the sheet is read
        return await self.engine.inspect_sheet(
            sheet.file_name, lambda: self.blobs.open(sheet.key), command.reading, fields
        )

    async def _fields(self, actor: Actor, command: InspectSheet) -> tuple[TemplateField, ...]:
        if command.template_id is None:
            return ()
        template = await self.templates.get(actor.workspace_id, command.template_id)
        number = template.version_to_use(command.number)
        return (await self.versions.fields(actor.workspace_id, template.id, number)).fields
