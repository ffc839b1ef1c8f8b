"""A workspace's files on a clock that tests move, and the retention that works on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifact_removals import SqlArtifactRemovals
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.audit import SqlAuditLog
from adapters.sql.documents_expiry import SqlDocumentsExpiry
from adapters.sql.job_expiry import SqlJobExpiry
from adapters.sql.retention import SqlLegalHolds, SqlPolicies
from adapters.sql.session import Principal, bind, new_session
from adapters.sql.unit_of_work import SqlUnitOfWork
from adapters.sql.uploads import SqlUploads
from adapters.sql.usage import SqlQuotas
from adapters.storage.local import LocalBlobStore
from adapters.storage.local_growing import LocalGrowingBlobs
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import Uuid7
from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.retention.artifact_expiry import ArtifactExpiry
from application.retention.edit_holds import PlaceHold, PlaceHoldHandler
from application.retention.report_due import DueLine, ReportDue, ReportDueHandler
from application.retention.sweep import SweepWorkspace, SweepWorkspaceHandler
from application.retention.sweep_orphans import (
    SweepOrphansOfWorkspace,
    SweepOrphansOfWorkspaceHandler,
)
from application.retention.upload_expiry import UploadExpiry
from domain.artifacts.artifact import Artifact
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import BlobStore
from domain.audit.entry import Origin
from domain.identity.access import Actor, WorkspaceId
from domain.jobs.system import SystemActor
from domain.kernel.retention import RetentionClass
from domain.retention.hold import LegalHold
from domain.retention.policy import RetentionPolicy
from domain.retention.ports import Expirables
from domain.usage.quota import PLATFORM, Catalogue
from streams import stream
from tenants import NEW, MovableClock, Tenants

IDS = Uuid7()


@dataclass
class Archive:
    tenants: Tenants
    store: BlobStore
    growing: Any
    clock: MovableClock

    async def keep(
        self, actor: Actor, kind: RetentionClass | None, content: bytes = b"x", *, key: str = ""
    ) -> Artifact:
        """A file made now."""
        key = key or artifact_key(actor.workspace_id, NEW(), 1, "a.bin")
        blob = await self.store.put(key, stream(content))
        async with self.tenants.session(actor) as session:
            new = NewArtifact(
                kind="test", blob=blob, file_name="a.bin", media_type="x/y", retention=kind
            )
            artifact = await self.shelf(session).record(actor, new)
            await session.commit()
        return artifact

    def shelf(self, session: AsyncSession) -> ArtifactShelf:
        return ArtifactShelf(SqlArtifacts(session), self.quotas(session), self.clock, IDS)

    def quotas(self, session: AsyncSession) -> SqlQuotas:
        return SqlQuotas(session, Catalogue.of(*PLATFORM), self.clock)

    def parts(self, session: AsyncSession) -> dict[str, Any]:
        """Everything the handlers here ask for, by the names of their fields."""
        uow = SqlUnitOfWork(session)
        removals = SqlArtifactRemovals(session)
        expiry = ArtifactExpiry(removals, self.store, self.clock, uow)
        quotas = self.quotas(session)
        uploads = UploadExpiry(
            SqlUploads(session), self.growing, self.store, quotas, self.clock, IDS, uow
        )
        return {
            "uploads": uploads,
            "policies": SqlPolicies(session),
            "holds": SqlLegalHolds(session),
            "artifacts": expiry,
            "expirables": Expirables(
                (SqlJobExpiry(session, uow), SqlDocumentsExpiry(session, uow), expiry)
            ),
            "removals": removals,
            "store": self.store,
            "quotas": quotas,
            "audit": SqlAuditLog(session, self.clock, IDS, Origin()),
            "clock": self.clock,
            "ids": IDS,
            "uow": uow,
        }

    def made(self, handler: type[Any], session: AsyncSession, **more: Any) -> Any:
        parts = self.parts(session) | more
        return handler(**{name: parts[name] for name in handler.__dataclass_fields__})

    @asynccontextmanager
    async def platform(self, workspace_id: UUID) -> AsyncIterator[AsyncSession]:
        """As a system job in that workspace: the worker's role, and nobody as user."""
        async with new_session(self.tenants.worker) as session:
            bind(session, Principal(None, workspace_id))
            yield session

    async def sweep(self, workspace_id: WorkspaceId, **more: Any) -> None:
        async with self.platform(workspace_id) as session:
            handle = self.made(SweepWorkspaceHandler, session, **more)
            await handle(SystemActor(workspace_id=workspace_id), SweepWorkspace())

    async def sweep_orphans(self, workspace_id: WorkspaceId) -> None:
        async with self.platform(workspace_id) as session:
            handle = self.made(SweepOrphansOfWorkspaceHandler, session)
            await handle(SystemActor(workspace_id=workspace_id), SweepOrphansOfWorkspace())

    async def report(self, actor: Actor, **days: int) -> tuple[DueLine, ...]:
        async with self.tenants.session(actor) as session:
            handle = self.made(ReportDueHandler, session)
            command = ReportDue(days={RetentionClass(kind): n for kind, n in days.items()})
            lines: tuple[DueLine, ...] = await handle(actor, command)
            return lines

    async def hold(self, actor: Actor, artifact: Artifact | None = None) -> LegalHold:
        async with self.tenants.session(actor) as session:
            handle = self.made(PlaceHoldHandler, session, artifacts=SqlArtifacts(session))
            command = PlaceHold(reason="a lawsuit", artifact_id=artifact and artifact.id)
            hold: LegalHold = await handle(actor, command)
            return hold

    async def keep_for(self, actor: Actor, kind: RetentionClass, days: int) -> None:
        async with self.tenants.session(actor) as session:
            policy = await SqlPolicies(session).get(actor.workspace_id)
            changed: RetentionPolicy = policy.changed(
                {kind: days},
                expected_version=policy.version,
                by=actor.user_id,
                now=self.clock.now(),
            )
            await SqlPolicies(session).save(changed)
            await session.commit()

    async def is_there(self, artifact: Artifact) -> tuple[bool, bool, bool]:
        """(object, row, row of the object)"""
        rows = self.tenants.ask("SELECT count(*) FROM artifacts WHERE id = %s", artifact.id)
        blobs = self.tenants.ask("SELECT count(*) FROM blobs WHERE key = %s", artifact.key)
        return (await self.store.size(artifact.key) is not None, rows == 1, blobs == 1)

    def audited(self, actor: Actor, action: str) -> int:
        count = self.tenants.ask(
            "SELECT count(*) FROM audit_entries WHERE workspace_id = %s AND action = %s",
            actor.workspace_id,
            action,
        )
        return count if isinstance(count, int) else 0

    def do(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.tenants.admin_url) as owner:
            owner.execute(statement, values)  # type: ignore[call-overload]


def an_archive(tenants: Tenants, folder: Path) -> Archive:
    clock = MovableClock()
    store = LocalBlobStore(folder, UrlSigner((b"k" * 32,), clock))
    return Archive(tenants, store, LocalGrowingBlobs(folder), clock)


def days(number: int) -> timedelta:
    return timedelta(days=number)
