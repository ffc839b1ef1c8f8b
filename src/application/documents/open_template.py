"""Look at a version of a template: its document, its first page, its problems as comments."""

from dataclasses import dataclass

from domain.artifacts.artifact import Artifact
from domain.artifacts.ports import Artifacts
from domain.documents.ports import TemplateEngine, TemplateVersions
from domain.documents.rendering import source_of
from domain.documents.template_version import PreviewMissing, TemplateId
from domain.identity.access import Actor, Permission
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTemplate:
    """`preview`: the picture of its first page instead of the document."""

    template_id: TemplateId
    number: int
    preview: bool = False


@dataclass(frozen=True, slots=True)
class OpenTemplateHandler:
    versions: TemplateVersions
    artifacts: Artifacts
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: OpenTemplate) -> Artifact:
        actor.require(Permission.DOCUMENTS_READ)
        where = (actor.workspace_id, command.template_id, command.number)
        version = await self.versions.get(*where)
        wanted = version.preview_id if command.preview else version.source_id
        if wanted is None:
            raise PreviewMissing("There is no picture of this version.")
        artifact = await self.artifacts.get(actor.workspace_id, wanted)
        await self.uow.commit()  # no transaction stays open while bytes travel
        return artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotateTemplate:
    template_id: TemplateId
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedTemplate:
    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AnnotateTemplateHandler:
    versions: TemplateVersions
    engine: TemplateEngine
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: AnnotateTemplate) -> AnnotatedTemplate:
        actor.require(Permission.DOCUMENTS_READ)
        where = (actor.workspace_id, command.template_id, command.number)
        version = await self.versions.get(*where)
        await self.uow.commit()  # no transaction stays open while the document is read
        content = await self.engine.annotated(source_of(version))
        stem = version.file_name.rsplit(".", 1)[0]
        return AnnotatedTemplate(file_name=f"{stem} (commented).docx", content=content)
