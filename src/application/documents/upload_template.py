"""Take in a document as a new template, or as a new version of one."""

from dataclasses import dataclass

from application.documents.template_files import TemplateFiles
from domain.artifacts.names import safe_file_name
from domain.audit.ports import AuditLog
from domain.documents.field_settings import carried_over
from domain.documents.fields import TemplateField
from domain.documents.ports import TemplateEngine, Templates, TemplateVersions
from domain.documents.problems import TemplateHasErrors, counted
from domain.documents.rendering import Content, Inspection
from domain.documents.template import MAX_NAME, Template
from domain.documents.template_version import (
    DEFAULT_SYNTAXES,
    Syntaxes,
    TemplateId,
    TemplateVersion,
)
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock, Ids, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTemplate:
    """Without `template_id` a new template is made, called `name` or else like the file.

    With `keep_draft` a document with errors is kept, so that its problems can be looked at; it
    cannot be filled. `activate` puts a further version to use at once.
    """

    file_name: str
    content: Content
    template_id: TemplateId | None = None
    name: str = ""
    description: str = ""
    note: str = ""
    syntaxes: Syntaxes = DEFAULT_SYNTAXES
    keep_draft: bool = False
    activate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """`known` when this very file was a version of the template already: that one is answered.

    `twins` are versions of any template of the workspace that are the same file.
    """

    template: Template
    version: TemplateVersion
    fields: tuple[TemplateField, ...]
    known: bool
    twins: tuple[TemplateVersion, ...]


@dataclass(frozen=True, slots=True)
class UploadTemplateHandler:
    templates: Templates
    versions: TemplateVersions
    files: TemplateFiles
    engine: TemplateEngine
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, command: UploadTemplate) -> Uploaded:
        actor.require(Permission.DOCUMENTS_WRITE)
        if command.template_id is not None:
            template = await self.templates.get(actor.workspace_id, command.template_id)
            template.require_in_use()
        await self.uow.commit()  # no transaction stays open while the document is compiled
        found = await self.engine.inspect(command.content, command.syntaxes)
        if found.errors() and not command.keep_draft:
            raise _refusal(found)
        twins = await self.versions.with_content(actor.workspace_id, found.sha256)
        for twin in twins:
            if (twin.template_id, twin.syntaxes) == (command.template_id, command.syntaxes):
                return await self._known(actor, twin, twins)
        template, version, fields = await self._record(actor, command, found)
        self.audit.append(
            actor,
            "documents.template-uploaded",
            object_type="template",
            object_id=template.id,
            number=version.number,
            sha256=version.sha256,
        )
        await self.uow.commit()
        return Uploaded(template=template, version=version, fields=fields, known=False, twins=twins)

    async def _known(
        self, actor: Actor, version: TemplateVersion, twins: tuple[TemplateVersion, ...]
    ) -> Uploaded:
        template = await self.templates.get(actor.workspace_id, version.template_id)
        fields = await self.versions.fields(actor.workspace_id, template.id, version.number)
        return Uploaded(
            template=template, version=version, fields=fields.fields, known=True, twins=twins
        )

    async def _record(
        self, actor: Actor, command: UploadTemplate, found: Inspection
    ) -> tuple[Template, TemplateVersion, tuple[TemplateField, ...]]:
        file_name = safe_file_name(command.file_name, "template.docx")
        source, preview_id = await self.files.keep(actor, command.content, found, file_name)
        template, fields = await self._place(actor, command, found)
        version = TemplateVersion(
            workspace_id=actor.workspace_id,
            template_id=template.id,
            number=template.latest_number,
            sha256=found.sha256,
            size=found.size,
            file_name=source.file_name,
            source_id=source.id,
            source_key=source.key,
            syntaxes=command.syntaxes,
            usable=not found.errors(),
            problems=found.problems,
            fidelity=found.fidelity,
            findings=found.findings,
            pages=found.pages,
            preview_id=preview_id,
            note=command.note[:500],
            created_by=actor.user_id,
            created_at=self.clock.now(),
        )
        await self.versions.add(version, fields)
        if version.usable and (command.activate or template.active_number is None):
            template.activate(version, self.clock.now())
        return template, version, fields

    async def _place(
        self, actor: Actor, command: UploadTemplate, found: Inspection
    ) -> tuple[Template, tuple[TemplateField, ...]]:
        """The template the version belongs to, and the fields with what people set before."""
        now = self.clock.now()
        if command.template_id is None:
            template = Template(
                id=TemplateId(self.ids.new()),
                workspace_id=actor.workspace_id,
                name=command.name or _stem(command.file_name) or "Template",
                description=command.description,
                created_by=actor.user_id,
                created_at=now,
                updated_at=now,
            )
            self.templates.add(template)
            return template, found.fields
        template = await self.templates.get(actor.workspace_id, command.template_id)
        before = await self.versions.fields(
            actor.workspace_id, template.id, template.active_number or template.latest_number
        )
        template.next_number(now)
        return template, carried_over(found.fields, before.fields)


def _stem(file_name: str) -> str:
    """What the file is called, as far as a template's name may be long."""
    stem = file_name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].rsplit(".", 1)[0]
    return " ".join(stem.split())[:MAX_NAME].strip()


def _refusal(found: Inspection) -> TemplateHasErrors:
    errors = found.errors()
    return TemplateHasErrors(
        f"The template has {counted(errors)}. Correct them and upload it again, or keep it "
        "as a draft to look at them.",
        problems=errors,
        warnings=tuple(each for each in found.problems if not each.is_error()),
    )
