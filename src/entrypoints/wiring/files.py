"""Files, usage and retention: the store, the quotas known here, and the use cases around them."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifact_removals import SqlArtifactRemovals
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.documents_expiry import SqlDocumentsExpiry
from adapters.sql.job_expiry import SqlJobExpiry
from adapters.sql.platform_trail import SqlPlatformTrail
from adapters.sql.retention import SqlLegalHolds, SqlPolicies, SqlRetentionSchedule
from adapters.sql.uploads import SqlUploads
from adapters.sql.usage import SqlQuotas, SqlUsageLedger
from adapters.storage.local import LocalBlobStore
from adapters.storage.local_growing import LocalGrowingBlobs
from adapters.storage.signed_urls import UrlSigner
from application.artifacts.create_upload import CreateUploadHandler, UploadLimit
from application.artifacts.digests import Digests
from application.artifacts.direct_upload import (
    CompleteDirectHandler,
    LinkPartsHandler,
    ListPartsHandler,
)
from application.artifacts.finish_upload import UploadFinisher
from application.artifacts.link_download import LinkDownloadHandler
from application.artifacts.receive_piece import ReceivePieceHandler
from application.artifacts.shelf import ArtifactShelf
from application.artifacts.store_upload import StoreUploadHandler
from application.artifacts.watch_upload import EndUploadHandler, WatchUploadHandler
from application.retention.artifact_expiry import ArtifactExpiry
from application.retention.edit_holds import PlaceHoldHandler, ReleaseHoldHandler
from application.retention.edit_policy import EditPolicyHandler
from application.retention.remove_artifact import RemoveArtifactHandler
from application.retention.report_due import ReportDueHandler
from application.retention.sweep import SweepRetentionHandler, SweepWorkspaceHandler
from application.retention.sweep_orphans import (
    SweepOrphansHandler,
    SweepOrphansOfWorkspaceHandler,
)
from application.retention.upload_expiry import UploadExpiry
from application.usage.edit_limit import EditLimitHandler
from domain.artifacts.growing import GrowingBlobs
from domain.artifacts.ports import Artifacts, BlobStore
from domain.artifacts.upload_ports import Uploads
from domain.kernel.ports import Clock
from domain.retention.ports import (
    ArtifactRemovals,
    Expirables,
    LegalHolds,
    PlatformTrail,
    Policies,
    RetentionSchedule,
)
from domain.usage.ports import Quotas, UsageLedger
from domain.usage.quota import PLATFORM, Catalogue
from entrypoints.settings import Settings


class Files(Provider):
    scope = Scope.REQUEST

    artifacts = provide(SqlArtifacts, provides=Artifacts)
    uploads = provide(SqlUploads, provides=Uploads)
    digests = provide(Digests, scope=Scope.APP)
    ledger = provide(SqlUsageLedger, provides=UsageLedger)
    policies = provide(SqlPolicies, provides=Policies)
    holds = provide(SqlLegalHolds, provides=LegalHolds)
    trail = provide(SqlPlatformTrail, provides=PlatformTrail)
    schedule = provide(SqlRetentionSchedule, provides=RetentionSchedule)
    removals = provide(SqlArtifactRemovals, provides=ArtifactRemovals)
    job_expiry = provide(SqlJobExpiry)
    documents_expiry = provide(SqlDocumentsExpiry)
    use_cases = provide_all(
        *(ArtifactShelf, StoreUploadHandler, LinkDownloadHandler, RemoveArtifactHandler),
        *(EditPolicyHandler, PlaceHoldHandler, ReleaseHoldHandler, ReportDueHandler),
        *(ArtifactExpiry, SweepRetentionHandler, SweepWorkspaceHandler),
        *(CreateUploadHandler, ReceivePieceHandler, WatchUploadHandler, EndUploadHandler),
        *(LinkPartsHandler, ListPartsHandler, CompleteDirectHandler, UploadFinisher, UploadExpiry),
        *(SweepOrphansHandler, SweepOrphansOfWorkspaceHandler, EditLimitHandler),
    )

    @provide(scope=Scope.APP)
    def signer(self, settings: Settings, clock: Clock) -> UrlSigner:
        keys = tuple(key.secret for key in settings.download_keys)
        return UrlSigner(keys, clock, settings.public_url)

    @provide(scope=Scope.APP)
    async def store(self, settings: Settings, signer: UrlSigner) -> AsyncIterator[BlobStore]:
        if not settings.s3_bucket:
            yield LocalBlobStore(settings.files_dir, signer)
            return
        from entrypoints.wiring.s3 import s3_store

        store = s3_store(settings, signer)
        yield store
        await store.close()

    @provide(scope=Scope.APP)
    async def growing(self, settings: Settings) -> AsyncIterator[GrowingBlobs]:
        if not settings.s3_bucket:
            yield LocalGrowingBlobs(settings.files_dir)
            return
        from entrypoints.wiring.s3 import s3_growing

        growing = s3_growing(settings)
        yield growing
        await growing.close()

    @provide(scope=Scope.APP)
    def upload_limit(self, settings: Settings) -> UploadLimit:
        return UploadLimit(settings.max_upload_bytes)

    @provide(scope=Scope.APP)
    def catalogue(self) -> Catalogue:
        """Products add their quotas here."""
        return Catalogue.of(*PLATFORM)

    @provide
    def expirables(
        self, jobs: SqlJobExpiry, documents: SqlDocumentsExpiry, artifacts: ArtifactExpiry
    ) -> Expirables:
        """A context adds what grows old with it; what uses artifacts stands before them."""
        return Expirables((jobs, documents, artifacts))

    @provide
    def quotas(self, session: AsyncSession, catalogue: Catalogue, clock: Clock) -> Quotas:
        return SqlQuotas(session, catalogue, clock)
