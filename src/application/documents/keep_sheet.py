"""Keep a sheet that somebody uploaded, or that is published to the web."""

from dataclasses import dataclass
from typing import Final

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.documents.web_access import WebAccess
from domain.artifacts.artifact import Artifact
from domain.artifacts.keys import source_key
from domain.artifacts.media import ANYTHING, ODS, XLSX
from domain.artifacts.ports import BlobStore
from domain.audit.ports import AuditLog
from domain.documents.ports import LinkedSheets
from domain.documents.rendering import Content
from domain.identity.access import Actor, Permission
from domain.kernel.errors import Forbidden
from domain.kernel.ports import Ids, UnitOfWork
from domain.kernel.retention import RetentionClass

SHEET_KIND: Final = "documents.sheet"
_TYPES: Final = {"csv": "text/csv", "tsv": "text/csv", "txt": "text/csv", "xlsx": XLSX, "ods": ODS}


class SheetLinksNotAllowed(Forbidden):
    """The installation, or the workspace, does not let addresses be followed."""

    code = "documents.sheet-links-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSheet:
    file_name: str
    content: Content


@dataclass(frozen=True, slots=True)
class KeepSheetHandler:
    """What is in the file is judged when it is read, in a child process."""

    blobs: BlobStore
    shelf: ArtifactShelf
    audit: AuditLog
    uow: UnitOfWork
    ids: Ids

    async def __call__(self, actor: Actor, command: KeepSheet) -> Artifact:
        actor.require(Permission.DOCUMENTS_WRITE)
        ending = command.file_name.rsplit(".", 1)[-1].lower()
        key = source_key(actor.workspace_id, "sheets", self.ids.new(), "bin")
        blob = await self.blobs.put(key, command.content())
        sheet = await self.shelf.record(
            actor,
            NewArtifact(
                kind=SHEET_KIND,
                blob=blob,
                file_name=command.file_name or "sheet.csv",
                media_type=_TYPES.get(ending, ANYTHING),
                retention=RetentionClass.RAW_INPUT,
            ),
        )
        self.audit.append(
            actor,
            "documents.sheet-uploaded",
            object_type="artifact",
            object_id=sheet.id,
            size=sheet.size,
            sha256=sheet.sha256,
        )
        await self.uow.commit()
        return sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSheet:
    url: str


@dataclass(frozen=True, slots=True)
class FetchSheetHandler:
    links: LinkedSheets
    web: WebAccess
    keep: KeepSheetHandler
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: FetchSheet) -> Artifact:
        """Raises SheetLinksNotAllowed."""
        actor.require(Permission.DOCUMENTS_WRITE)
        if not await self.web.allowed(actor.workspace_id):
            raise SheetLinksNotAllowed("Sheets by link are switched off in this workspace.")
        await self.uow.commit()  # no transaction stays open while the sheet is fetched
        async with self.links.csv(command.url) as content:
            return await self.keep(
                actor, KeepSheet(file_name="linked sheet.csv", content=lambda: content)
            )
