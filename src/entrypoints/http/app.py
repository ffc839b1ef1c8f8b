"""The REST API."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from entrypoints.http.api_keys import ApiKeyController
from entrypoints.http.artifacts import ArtifactController
from entrypoints.http.audit import AuditController
from entrypoints.http.auth import authenticate
from entrypoints.http.direct_uploads import DirectUploadController
from entrypoints.http.document_routes import DOCUMENT_RESOURCES
from entrypoints.http.edge import Edge
from entrypoints.http.files import FileController
from entrypoints.http.health import HealthController
from entrypoints.http.housekeeping import keep_house
from entrypoints.http.invitations import InvitationController
from entrypoints.http.job_socket import job_socket
from entrypoints.http.jobs import JobController
from entrypoints.http.me import MeController
from entrypoints.http.members import MemberController
from entrypoints.http.note_routes import NOTE_RESOURCES
from entrypoints.http.openapi import openapi_config
from entrypoints.http.problems import EXCEPTION_HANDLERS
from entrypoints.http.retention import RetentionController
from entrypoints.http.sign_in import SignInController
from entrypoints.http.tus_protocol import EXPOSED, SENT, TusEdge
from entrypoints.http.uploads import UploadController
from entrypoints.http.usage import QuotaController, UsageController
from entrypoints.http.workspaces import WorkspaceController, WorkspacesController
from entrypoints.http.ws_tickets import TicketController
from entrypoints.settings import Settings

RESOURCES: Final[Sequence[ControllerRouterHandler]] = (
    SignInController,
    MeController,
    WorkspacesController,
    WorkspaceController,
    MemberController,
    InvitationController,
    ApiKeyController,
    AuditController,
    TicketController,
    ArtifactController,
    FileController,
    UploadController,
    DirectUploadController,
    RetentionController,
    UsageController,
    QuotaController,
    JobController,
    *DOCUMENT_RESOURCES,
    *NOTE_RESOURCES,
)
MAX_BODY: Final = 1024 * 1024  # routes that take files raise it for themselves
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def create_app(
    container: AsyncContainer,
    settings: Settings,
    *,
    resources: Sequence[ControllerRouterHandler] = RESOURCES,
) -> Litestar:
    """The whole API over a container that has `HttpAuth`; closes it when it stops."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        chores = asyncio.create_task(keep_house(container))
        yield
        chores.cancel()
        await asyncio.gather(chores, return_exceptions=True)
        await container.close()

    app = Litestar(
        route_handlers=[
            HealthController,
            Router("/v1", route_handlers=list(resources), guards=[authenticate]),
            job_socket,
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=MAX_BODY,
        cors_config=_cors(settings),
        lifespan=[lifespan],
        openapi_config=openapi_config(),
        logging_config=None,
    )
    setup_dishka(container, app)
    app.asgi_handler = Edge(  # type: ignore[assignment]
        TusEdge(app.asgi_handler, settings.max_upload_bytes),
        hosts=_hosts(settings),
        trusted=settings.trusted_proxies,
        https=settings.public_url.startswith("https:"),
        methods=_methods(app),
    )
    return app


def _methods(app: Litestar) -> dict[str, bytes]:
    """By path template, as `Allow` says them."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
    return {route.path_format: ", ".join(sorted(route.methods)).encode() for route in routes}


def _hosts(settings: Settings) -> frozenset[str]:
    if settings.allowed_hosts:
        return frozenset(host.lower() for host in settings.allowed_hosts)
    own = {urlsplit(settings.public_url).hostname or "", settings.host.lower()}
    return LOOPBACK | (own - {"", "0.0.0.0", "::"})  # noqa: S104 - no binding here


def _cors(settings: Settings) -> CORSConfig | None:
    """Exactly the listed origins; credentials are bearer tokens, so cookies are never asked for."""
    if not settings.allowed_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", *SENT],
        expose_headers=["ETag", "Location", "Retry-After", "X-Request-Id", "RateLimit", *EXPOSED],
        max_age=600,
    )
