"""Small changes of one template: its name, its version in use, its fields, its place in lists."""

from dataclasses import dataclass, replace

from application.documents.template_files import TemplateFiles
from domain.audit.ports import AuditLog
from domain.documents.field_settings import FieldEdit, edited
from domain.documents.ports import Templates, TemplateVersions
from domain.documents.template import FieldsChanged, Template
from domain.documents.template_version import FieldSet, TemplateId
from domain.identity.access import Actor, Permission
from domain.kernel.pages import PageRequest
from domain.kernel.ports import Clock, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class EditTemplate:
    """None leaves a text; `archived` takes the template out of the lists, or back into them."""

    template_id: TemplateId
    expected_version: int
    name: str | None = None
    description: str | None = None
    archived: bool | None = None


@dataclass(frozen=True, slots=True)
class EditTemplateHandler:
    templates: Templates
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: EditTemplate) -> Template:
        actor.require(Permission.DOCUMENTS_WRITE)
        template = await self.templates.get(actor.workspace_id, command.template_id)
        template.expect(command.expected_version)
        now = self.clock.now()
        template.describe(now, name=command.name, description=command.description)
        if command.archived is not None:
            (template.archive if command.archived else template.restore)(now)
        self.audit.append(
            actor, "documents.template-edited", object_type="template", object_id=template.id
        )
        await self.uow.commit()
        return template


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateVersion:
    template_id: TemplateId
    number: int
    expected_version: int


@dataclass(frozen=True, slots=True)
class ActivateVersionHandler:
    """Also the way back: any earlier version can be put to use again."""

    templates: Templates
    versions: TemplateVersions
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: ActivateVersion) -> Template:
        actor.require(Permission.DOCUMENTS_WRITE)
        template = await self.templates.get(actor.workspace_id, command.template_id)
        template.expect(command.expected_version)
        version = await self.versions.get(actor.workspace_id, template.id, command.number)
        template.activate(version, self.clock.now())
        self.audit.append(
            actor,
            "documents.version-activated",
            object_type="template",
            object_id=template.id,
            number=version.number,
        )
        await self.uow.commit()
        return template


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFields:
    """Edits of the fields of one version; `expected_revision` is the one that was read."""

    template_id: TemplateId
    number: int
    expected_revision: int
    edits: tuple[FieldEdit, ...]


@dataclass(frozen=True, slots=True)
class EditFieldsHandler:
    """An edit never changes what runs under way use: it is a further revision."""

    versions: TemplateVersions
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: EditFields) -> FieldSet:
        actor.require(Permission.DOCUMENTS_WRITE)
        where = (actor.workspace_id, command.template_id, command.number)
        version = await self.versions.get(*where)
        before = await self.versions.fields(*where)
        if before.revision != command.expected_revision:
            raise FieldsChanged(
                "Someone edited the fields since you read them; read them again.",
                revision=before.revision,
            )
        after = replace(
            before,
            revision=before.revision + 1,
            fields=edited(before.fields, command.edits),
            created_by=actor.user_id,
            created_at=self.clock.now(),
        )
        await self.versions.revise(version, after)
        self.audit.append(
            actor,
            "documents.fields-edited",
            object_type="template",
            object_id=command.template_id,
            number=command.number,
            revision=after.revision,
        )
        await self.uow.commit()
        return after


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTemplate:
    template_id: TemplateId
    expected_version: int


@dataclass(frozen=True, slots=True)
class DeleteTemplateHandler:
    templates: Templates
    versions: TemplateVersions
    files: TemplateFiles
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: DeleteTemplate) -> None:
        actor.require(Permission.DOCUMENTS_DELETE)
        template = await self.templates.get(actor.workspace_id, command.template_id)
        template.expect(command.expected_version)
        request: PageRequest | None = PageRequest()
        while request is not None:
            page = await self.versions.of(actor.workspace_id, template.id, request)
            for version in page.items:
                await self.files.drop(version)
            request = PageRequest(after=page.next) if page.next else None
        await self.templates.remove(template)
        self.audit.append(
            actor, "documents.template-deleted", object_type="template", object_id=template.id
        )
        await self.uow.commit()
