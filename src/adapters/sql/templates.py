"""Templates, their versions and the settings of their fields, in SQL."""

from typing import Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    String,
    Table,
    Uuid,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, Value, mapper_registry, metadata
from adapters.sql.pages import read_page
from adapters.sql.refusals import refuse
from domain.documents.fields import TemplateField
from domain.documents.layout.findings import Fidelity, Finding
from domain.documents.ports import Templates, TemplateVersions
from domain.documents.problems import TemplateProblem
from domain.documents.template import (
    FieldsChanged,
    Template,
    TemplateInUse,
    TemplateNotFound,
)
from domain.documents.template_version import (
    FieldSet,
    Syntaxes,
    TemplateId,
    TemplateVersion,
    VersionNotFound,
)
from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest

_SAME_CONTENT: Final = 20

templates: Final = Table(
    "templates",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    Column("description", String, nullable=False),
    Column("active_number", Integer),
    Column("latest_number", Integer, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
    Column("archived_at", DateTimeUTC(timezone=True)),
    Column("version", Integer, nullable=False),
)
versions: Final = Table(
    "template_versions",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("template_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sha256", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("file_name", String, nullable=False),
    Column("source_id", Uuid, nullable=False),
    Column("source_key", String, nullable=False),
    Column("syntaxes", Value(Syntaxes), nullable=False),
    Column("usable", Boolean, nullable=False),
    Column("problems", Value(tuple[TemplateProblem, ...]), nullable=False),
    Column("fidelity", TextEnum(Fidelity), nullable=False),
    Column("findings", Value(tuple[Finding, ...]), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("preview_id", Uuid),
    Column("note", String, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
)
fields: Final = Table(
    "template_fields",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("template_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("spec", Value(TemplateField), nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
)
mapper_registry.map_imperatively(Template, templates, version_id_col=templates.c.version)
mapper_registry.map_imperatively(TemplateVersion, versions)
refuse(
    "fk_bulk_runs_template",
    TemplateInUse,
    "Bulk runs were made from this template; archive it instead.",
)
refuse(
    "pk_template_fields",
    FieldsChanged,
    "Someone else edited the fields first; read them again.",
)


class SqlTemplates(Templates):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, template: Template) -> None:
        self._session.add(template)

    async def get(self, workspace_id: WorkspaceId, template_id: TemplateId) -> Template:
        template = await self._session.get(Template, (workspace_id, template_id))
        if template is None:
            raise TemplateNotFound("There is no such template.")
        return template

    async def remove(self, template: Template) -> None:
        await self._session.delete(template)
        await self._session.flush()


class SqlTemplateVersions(TemplateVersions):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, version: TemplateVersion, found: tuple[TemplateField, ...]) -> None:
        self._session.add(version)
        await self._session.flush()
        await self._write(
            version,
            FieldSet(
                template_id=version.template_id,
                number=version.number,
                revision=1,
                fields=found,
                created_by=version.created_by,
                created_at=version.created_at,
            ),
        )

    async def get(
        self, workspace_id: WorkspaceId, template_id: TemplateId, number: int
    ) -> TemplateVersion:
        version = await self._session.get(TemplateVersion, (workspace_id, template_id, number))
        if version is None:
            raise VersionNotFound(f"The template has no version {number}.")
        return version

    async def of(
        self, workspace_id: WorkspaceId, template_id: TemplateId, request: PageRequest
    ) -> Page[TemplateVersion]:
        c = versions.c
        query = select(TemplateVersion, c.number).where(
            c.workspace_id == workspace_id, c.template_id == template_id
        )
        return await read_page(
            self._session, query, (c.number,), request, lambda row: row["TemplateVersion"]
        )

    async def with_content(
        self, workspace_id: WorkspaceId, sha256: str
    ) -> tuple[TemplateVersion, ...]:
        c = versions.c
        query = (
            select(TemplateVersion)
            .where(c.workspace_id == workspace_id, c.sha256 == sha256)
            .order_by(c.created_at)
            .limit(_SAME_CONTENT)
        )
        return tuple((await self._session.scalars(query)).all())

    async def fields(
        self,
        workspace_id: WorkspaceId,
        template_id: TemplateId,
        number: int,
        *,
        revision: int | None = None,
    ) -> FieldSet:
        version = await self.get(workspace_id, template_id, number)
        c = fields.c
        here = (
            c.workspace_id == workspace_id,
            c.template_id == template_id,
            c.number == number,
        )
        newest = select(func.max(c.revision)).where(*here).scalar_subquery()
        query = (
            select(c.revision, c.spec, c.created_by, c.created_at)
            .where(*here, c.revision == (newest if revision is None else revision))
            .order_by(c.position)
        )
        rows = (await self._session.execute(query)).all()
        newest_row = rows[0] if rows else None
        return FieldSet(
            template_id=template_id,
            number=number,
            revision=newest_row.revision if newest_row else 1,
            fields=tuple(row.spec for row in rows),
            created_by=newest_row.created_by if newest_row else version.created_by,
            created_at=newest_row.created_at if newest_row else version.created_at,
        )

    async def revise(self, version: TemplateVersion, revised: FieldSet) -> None:
        await self._write(version, revised)

    async def _write(self, version: TemplateVersion, written: FieldSet) -> None:
        if not written.fields:
            return
        shared = {
            "workspace_id": version.workspace_id,
            "template_id": written.template_id,
            "number": written.number,
            "revision": written.revision,
            "created_by": written.created_by,
            "created_at": written.created_at,
        }
        await self._session.execute(
            insert(fields),
            [
                shared
                | {
                    "position": position,
                    "name": field.name,
                    "kind": field.kind.value,
                    "required": field.required,
                    "spec": field,
                }
                for position, field in enumerate(written.fields)
            ],
        )
