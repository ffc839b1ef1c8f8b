"""Files, usage and retention: the store, the quotas known here, and the use cases around them."""

from dishka import Provider, Scope, provide, provide_all
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.usage import SqlQuotas, SqlUsageLedger
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from application.artifacts.shelf import ArtifactShelf
from domain.artifacts.ports import Artifacts, BlobStore
from domain.kernel.ports import Clock
from domain.usage.ports import Quotas, UsageLedger
from domain.usage.quota import PLATFORM, Catalogue
from entrypoints.settings import Settings


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
    def store(self, settings: Settings, signer: UrlSigner) -> BlobStore:
        return LocalBlobStore(settings.files_dir, signer)

    @provide(scope=Scope.APP)
    def catalogue(self) -> Catalogue:
        """Products add their quotas here."""
        return Catalogue.of(*PLATFORM)

    @provide
    def quotas(self, session: AsyncSession, catalogue: Catalogue, clock: Clock) -> Quotas:
        return SqlQuotas(session, catalogue, clock)
