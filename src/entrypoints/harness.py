"""Atelier in one process, for tests and one-shot commands: the deployed wiring on our own services.

    async with Harness.start() as atelier:
        ada = await atelier.sign_up("Ada")
        client = atelier.http(ada)
        await client.post("/v1/templates", files=...)
        await atelier.drain()  # run every job there is, and what those enqueue

PostgreSQL and Valkey are real; a fresh database is cloned from a migrated one in a few dozen
milliseconds. Two things differ from a deployment: nobody rings for jobs (`drain` finds them), and
passwords are hashed at the lowest cost argon2 takes. Give `Harness.start` services that run
already, and a suite pays for starting them once.
"""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid4

import psycopg
from dishka import AsyncContainer, Provider, Scope, provide
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.crypto.passwords import Argon2Passwords
from adapters.embedded.account import Account
from adapters.embedded.folder import DataFolder, DataFolderTaken, passing_folder
from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.services import EmbeddedServices
from adapters.sql.migrations import migrate
from adapters.sql.session import Principal, bind
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.identity.ports import Passwords
from domain.jobs.job import JobId
from domain.jobs.ports import Bell
from entrypoints.http.app import create_app
from entrypoints.http.auth import HttpAuth
from entrypoints.settings import Settings
from entrypoints.variables import Key
from entrypoints.wiring.container import build_container
from entrypoints.wiring.job_engine import drain

ADDRESS: Final = "http://testserver"
PASSWORD: Final = "a quiet harbour at dawn"  # noqa: S105 - of people who live as long as a test
_KEYS: Final = (Key("harness", bytes(range(32))),)
_PROJECT: Final = Path(__file__).parents[2]


class SilentBell(Bell):
    """Nobody listens; `drain` looks for itself."""

    async def ring(self, queue: str, job_id: JobId, fence: int) -> None:
        """Nothing to do."""


class InProcess(Provider):
    """The two differences."""

    scope = Scope.APP

    @provide(override=True)
    def bell(self) -> Bell:
        return SilentBell()

    @provide(override=True)
    def passwords(self) -> Iterator[Passwords]:
        passwords = Argon2Passwords(memory_kib=8, passes=1)
        yield passwords
        passwords.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Someone who signed up, owner of a workspace of their own."""

    email: str
    actor: Actor
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass(frozen=True, slots=True, eq=False)
class Harness:
    settings: Settings
    container: AsyncContainer
    app: Litestar
    _worker: AsyncContainer
    _clients: list[AsyncClient] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        services: EmbeddedServices | None = None,
        *providers: Provider,
        folder: Path | None = None,
        **changes: Any,
    ) -> AsyncIterator[Self]:
        """A fresh installation, gone at the end.

        `services` that run already are used; else they are started, in `folder` if given (then
        the next start finds the cluster made). `providers` override the wiring, `changes` settings.
        """
        with ExitStack() as stack:
            if services is None:
                services = stack.enter_context(_services(folder))
            database = stack.enter_context(_database(services))
            files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atelier-")))
            settings = _settings(services, database, files, changes)
            own = [InProcess(), *providers]
            api = build_container(settings, HttpAuth(), *own)
            worker = build_container(
                replace(settings, database_url=settings.worker_database_url), *own
            )
            harness = cls(settings, api, create_app(api, settings), worker)
            try:
                yield harness
            finally:
                for client in harness._clients:
                    await client.aclose()
                await worker.close()
                await api.close()

    def http(self, member: Member | None = None) -> AsyncClient:
        """A client of the API, signed in as `member`; no port, everything else as deployed."""
        transport = ASGITransport(
            self.app,  # type: ignore[arg-type]
            raise_app_exceptions=False,
            client=("127.0.0.1", 50000),
        )
        headers = member.headers if member else {}
        client = AsyncClient(transport=transport, base_url=ADDRESS, headers=headers)
        self._clients.append(client)
        return client

    async def sign_up(self, name: str = "Ada") -> Member:
        """Someone new with a workspace of their own, through the API."""
        email = f"{name.lower().replace(' ', '.')}-{uuid4().hex[:8]}@example.org"
        body = {"email": email, "password": PASSWORD, "name": name}
        answer = await self.http().post("/v1/auth/register", json=body)
        if answer.status_code != 201:  # noqa: PLR2004
            raise RuntimeError(f"nobody can sign up: {answer.text}")
        tokens = answer.json()
        return Member(
            email=email,
            actor=Actor(
                user_id=UserId(UUID(tokens["user_id"])),
                workspace_id=WorkspaceId(UUID(tokens["workspace_id"])),
                role=Role.OWNER,
            ),
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
        )

    @asynccontextmanager
    async def acting(self, actor: Actor) -> AsyncIterator[AsyncContainer]:
        """A scope whose database session works for `actor`: get handlers and ports from it."""
        async with self.container() as scope:
            session = await scope.get(AsyncSession)
            bind(session, Principal(actor.user_id, actor.workspace_id))
            yield scope

    async def drain(self) -> int:
        """Run every job there is, and what those enqueue; answers how many attempts were made."""
        return await drain(self._worker, self.settings.worker_database_url)


@contextmanager
def _services(folder: Path | None) -> Iterator[EmbeddedServices]:
    """Started for us alone; where somebody else uses `folder`, in a folder that goes again."""
    account = Account.current()
    with ExitStack() as stack:
        try:
            root = folder or stack.enter_context(passing_folder())
            sockets = stack.enter_context(DataFolder(root).claimed(account))
        except DataFolderTaken:
            root = stack.enter_context(passing_folder())
            sockets = stack.enter_context(DataFolder(root).claimed(account))
        services = EmbeddedServices.at(root, sockets, fsync=False)
        stack.enter_context(services.running())
        yield services


@contextmanager
def _database(services: EmbeddedServices) -> Iterator[str]:
    """A migrated database, cloned from a template that is made once for each set of migrations."""
    postgres = services.postgres
    if postgres is None:
        raise RuntimeError("the harness makes databases, so it needs a cluster of its own")
    name = f"h_{uuid4().hex[:12]}"
    postgres.create_database(name, template_database(postgres))
    try:
        yield name
    finally:
        postgres.drop_database(name)


def template_database(postgres: PostgresCluster, project: Path = _PROJECT) -> str:
    """The name of a database with the newest schema, to clone; nobody may be connected to it."""
    name = f"template_{_fingerprint(project / 'migrations')}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('atelier template'))")
        if not postgres.has_database(name):
            fresh = f"{name}_new"  # an interrupted migration must not pass for a whole one
            postgres.drop_database(fresh)
            postgres.create_database(fresh)
            migrate(project, postgres.url(fresh))
            postgres.rename_database(fresh, name)
    return name


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _settings(
    services: EmbeddedServices, database: str, files: Path, changes: dict[str, Any]
) -> Settings:
    known: dict[str, Any] = {
        **services.settings(database),
        "data_dir": files,
        "public_url": ADDRESS,
        "token_keys": _KEYS,
        "download_keys": _KEYS,
        "sign_in_rate": 1_000_000,
        "request_rate": 1_000_000,
        "database_pool_size": 5,
    }
    return Settings(**known | changes)
