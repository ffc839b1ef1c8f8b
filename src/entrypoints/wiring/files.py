"""Files, usage and retention: the store, the quotas known here, and the use cases around them."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.usage import SqlQuotas, SqlUsageLedger
from adapters.storage.local import LocalBlobStore
from adapters.storage.s3 import S3BlobStore
from adapters.storage.s3_wire import S3Place
from adapters.storage.signed_urls import UrlSigner
from application.artifacts.shelf import ArtifactShelf
from domain.artifacts.ports import Artifacts, BlobStore
from domain.kernel.ports import Clock
from domain.usage.ports import Quotas, UsageLedger
from domain.usage.quota import PLATFORM, Catalogue
from entrypoints.settings import Settings


def s3_place(settings: Settings) -> S3Place:
    return S3Place(
        bucket=settings.s3_bucket,
        endpoint_url=settings.s3_endpoint_url,
        public_url=settings.s3_public_url,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
    )


class Files(Provider):
    scope = Scope.REQUEST

    artifacts = provide(SqlArtifacts, provides=Artifacts)
    ledger = provide(SqlUsageLedger, provides=UsageLedger)
    use_cases = provide_all(ArtifactShelf)

    @provide(scope=Scope.APP)
    def signer(self, settings: Settings, clock: Clock) -> UrlSigner:
        keys = tuple(key.secret for key in settings.download_keys)
        return UrlSigner(keys, clock, settings.public_url)

    @provide(scope=Scope.APP)
    async def store(self, settings: Settings, signer: UrlSigner) -> AsyncIterator[BlobStore]:
        if not settings.s3_bucket:
            yield LocalBlobStore(settings.files_dir, signer)
            return
        store = S3BlobStore(s3_place(settings), signer)
        yield store
        await store.close()

    @provide(scope=Scope.APP)
    def catalogue(self) -> Catalogue:
        """Products add their quotas here."""
        return Catalogue.of(*PLATFORM)

    @provide
    def quotas(self, session: AsyncSession, catalogue: Catalogue, clock: Clock) -> Quotas:
        return SqlQuotas(session, catalogue, clock)
