"""Fill a template once: at once if it is little work, else as a job."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.documents.assets import Assets
from application.documents.render_document import RenderDocument
from application.documents.web_access import WebAccess
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.keys import source_key
from domain.artifacts.ports import BlobStore
from domain.audit.ports import AuditLog
from domain.documents.effort import QUICK_ADDRESSES, is_quick, weigh
from domain.documents.layout.findings import Fidelity
from domain.documents.ports import TemplateEngine, Templates, TemplateVersions
from domain.documents.rendering import FillOrder, Preview, PreviewKind, source_of
from domain.documents.run_options import DocumentFormat, FillOptions
from domain.documents.template import Template
from domain.documents.template_version import FieldSet, TemplateId, TemplateVersion
from domain.documents.web_pictures import picture_addresses
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobId
from domain.jobs.ports import JobQueue
from domain.kernel.ports import Ids, UnitOfWork
from domain.kernel.retention import RetentionClass


class Waiting(StrEnum):
    AUTO = "auto"  # an answer at once where that is quick, else a job
    JOB = "job"


@dataclass(frozen=True, slots=True, kw_only=True)
class FillTemplate:
    """`number` None: the active version. `file_name` is without extension."""

    template_id: TemplateId
    data: Mapping[str, Any]
    number: int | None = None
    format: DocumentFormat
    options: FillOptions
    file_name: str = ""
    waiting: Waiting = Waiting.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledDocument:
    file_name: str
    format: DocumentFormat
    content: bytes
    engine: str
    fidelity: Fidelity
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fillings:
    """What is needed to fill a template: its version, its fields, and the files the data names."""

    templates: Templates
    versions: TemplateVersions
    assets: Assets
    web: WebAccess

    async def order(
        self, actor: Actor, command: FillTemplate
    ) -> tuple[Template, TemplateVersion, FieldSet, FillOrder, int]:
        """Everything read for the engine, and how many values the data has."""
        template = await self.templates.get(actor.workspace_id, command.template_id)
        number = template.version_to_use(command.number)
        version = await self.versions.get(actor.workspace_id, template.id, number)
        version.require_usable()
        fields = await self.versions.fields(actor.workspace_id, template.id, number)
        values, refs = weigh(command.data)
        urls = await self.web.allowed(actor.workspace_id)
        order = FillOrder(
            source=source_of(version),
            fields=fields.fields,
            data=command.data,
            format=command.format,
            options=command.options,
            assets=await self.assets.find(actor.workspace_id, refs),
            urls=urls,
            addresses=picture_addresses(fields.fields, command.data) if urls else frozenset(),
        )
        return template, version, fields, order, values


@dataclass(frozen=True, slots=True)
class FillTemplateHandler:
    fillings: Fillings
    engine: TemplateEngine
    blobs: BlobStore
    shelf: ArtifactShelf
    jobs: JobQueue
    audit: AuditLog
    uow: UnitOfWork
    ids: Ids

    async def __call__(self, actor: Actor, command: FillTemplate) -> FilledDocument | JobId:
        actor.require(Permission.DOCUMENTS_WRITE)
        template, version, fields, order, values = await self.fillings.order(actor, command)
        file_name = command.file_name or template.name
        quick = is_quick(version, command.format, command.options.pdf_engine, values)
        quick = quick and len(order.addresses) <= QUICK_ADDRESSES
        if command.waiting is Waiting.JOB or not quick:
            return await self._queue(actor, command, version, fields, file_name)
        await self.uow.commit()  # no transaction stays open while the document is made
        async with self.engine.fill(order) as filled:
            content = b"".join([block async for block in filled.content()])
        self._note(actor, version, "documents.template-filled")
        await self.uow.commit()
        return FilledDocument(
            file_name=f"{file_name}.{command.format}",
            format=command.format,
            content=content,
            engine=filled.engine,
            fidelity=filled.fidelity,
            warnings=filled.warnings,
        )

    async def _queue(
        self,
        actor: Actor,
        command: FillTemplate,
        version: TemplateVersion,
        fields: FieldSet,
        file_name: str,
    ) -> JobId:
        """The data goes into the store: it may be large, and a job's row is read often."""
        await self.uow.commit()
        subject = self.ids.new()
        key = source_key(actor.workspace_id, "fills", subject, "json")
        blob = await self.blobs.put(key, _once(msgspec.json.encode(command.data)))
        data = await self.shelf.record(
            actor,
            NewArtifact(
                kind="documents.fill-data",
                blob=blob,
                file_name=f"{file_name}.json",
                media_type="application/json",
                retention=RetentionClass.RAW_INPUT,
            ),
        )
        job_id = await self.jobs.enqueue(
            actor,
            RenderDocument(
                template_id=version.template_id,
                number=version.number,
                revision=fields.revision,
                data_id=ArtifactId(data.id),
                format=command.format,
                options=command.options,
                file_name=file_name,
            ),
            subject=subject,
        )
        self._note(actor, version, "documents.fill-queued", job_id=str(job_id))
        await self.uow.commit()
        return job_id

    def _note(self, actor: Actor, version: TemplateVersion, action: str, **facts: str) -> None:
        self.audit.append(
            actor,
            action,
            object_type="template",
            object_id=version.template_id,
            number=version.number,
            **facts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewTemplate:
    filling: FillTemplate
    kind: PreviewKind


@dataclass(frozen=True, slots=True)
class PreviewTemplateHandler:
    """How a template looks with some data; nothing is kept."""

    fillings: Fillings
    engine: TemplateEngine
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: PreviewTemplate) -> Preview:
        actor.require(Permission.DOCUMENTS_READ)
        _, _, _, order, _ = await self.fillings.order(actor, command.filling)
        await self.uow.commit()  # no transaction stays open while the page is drawn
        return await self.engine.preview(order, command.kind)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
