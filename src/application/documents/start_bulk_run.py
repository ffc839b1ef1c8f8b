"""Accept a bulk run and queue the check of its rows."""

from dataclasses import dataclass

from application.documents.take_in_rows import TakeInRows
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.documents.bulk_run import BulkRun, BulkRunId
from domain.documents.file_names import FileNamePattern
from domain.documents.mapping import check_choice
from domain.documents.ports import BulkRuns, Templates, TemplateVersions
from domain.documents.run_options import RunOptions, SheetReading, SheetSource
from domain.documents.template_version import TemplateId
from domain.identity.access import Actor, Permission
from domain.jobs.ports import JobQueue
from domain.kernel.ports import Clock, Ids, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBulkRun:
    """`number` None: the active version. `name` empty: like the sheet's file."""

    template_id: TemplateId
    sheet_id: ArtifactId
    reading: SheetReading
    options: RunOptions
    number: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class StartBulkRunHandler:
    templates: Templates
    versions: TemplateVersions
    runs: BulkRuns
    artifacts: Artifacts
    jobs: JobQueue
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, command: StartBulkRun) -> BulkRun:
        actor.require(Permission.DOCUMENTS_WRITE)
        template = await self.templates.get(actor.workspace_id, command.template_id)
        number = template.version_to_use(command.number)
        version = await self.versions.get(actor.workspace_id, template.id, number)
        version.require_usable()
        fields = await self.versions.fields(actor.workspace_id, template.id, number)
        _require_sense(command.options, template.name, [each.name for each in fields.fields])
        sheet = await self.artifacts.get(actor.workspace_id, command.sheet_id)
        now = self.clock.now()
        run = BulkRun(
            id=BulkRunId(self.ids.new()),
            workspace_id=actor.workspace_id,
            template_id=template.id,
            template_number=number,
            fields_revision=fields.revision,
            name=(command.name or sheet.file_name)[:200],
            sheet=SheetSource(
                artifact_id=sheet.id, file_name=sheet.file_name, reading=command.reading
            ),
            options=command.options,
            created_by=actor.user_id,
            created_at=now,
            updated_at=now,
        )
        self.runs.add(run)
        root = await self.jobs.enqueue(actor, TakeInRows(run_id=run.id, round=1), subject=run.id)
        run.started(root, now)
        self.audit.append(
            actor,
            "documents.bulk-run-started",
            object_type="bulk_run",
            object_id=run.id,
            template=str(template.id),
            number=number,
        )
        await self.uow.commit()
        return run


def _require_sense(options: RunOptions, template_name: str, fields: list[str]) -> None:
    """What no sheet could put right is refused before any is read.

    Raises BadFileNamePattern, BadMapping.
    """
    FileNamePattern.parse(options.pattern(template_name), fields)
    check_choice(options.mapping or {}, fields)
