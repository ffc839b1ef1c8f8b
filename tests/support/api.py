"""The API over real services, as tests call it."""

import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dishka import AsyncContainer, Provider, Scope, provide
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from adapters.crypto.passwords import Argon2Passwords
from domain.identity.ports import Passwords
from entrypoints.http.app import RESOURCES, create_app
from entrypoints.http.auth import HttpAuth
from entrypoints.settings import LogFormat, Settings
from entrypoints.telemetry import start_logging
from entrypoints.variables import Key
from entrypoints.wiring.container import build_container

KEYS = (Key("k1", bytes(range(32))),)
PASSWORD = "a quiet harbour at dawn"


class QuickPasswords(Provider):
    """The real hasher with the least memory it takes: tests sign in often."""

    @provide(scope=Scope.APP, override=True)
    def passwords(self) -> Iterator[Passwords]:
        passwords = Argon2Passwords(memory_kib=8, passes=1)
        yield passwords
        passwords.close()


def settings_for(database_url: str, redis_url: str, **changes: Any) -> Settings:
    known: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "public_url": "http://testserver",
        "token_keys": KEYS,
        "download_keys": KEYS,
        "sign_in_rate": 1_000_000,
        "request_rate": 1_000_000,
        "database_pool_size": 5,
        "log_format": LogFormat.JSON,
        "log_level": "error",
    }
    return Settings(**known | changes)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone signed in; `headers` carries their token."""

    email: str
    user_id: str
    workspace_id: str
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass(frozen=True, slots=True)
class Api:
    app: Litestar
    container: AsyncContainer
    client: AsyncClient

    async def register(self, who: str = "someone", /, **more: str) -> Person:
        email = f"{who}-{uuid.uuid4().hex[:8]}@example.org"
        body = {"email": email, "password": PASSWORD} | more
        answer = await self.client.post("/v1/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        return person(body["email"], answer.json())


def person(email: str, tokens: dict[str, Any]) -> Person:
    return Person(
        email=email,
        user_id=tokens["user_id"],
        workspace_id=tokens["workspace_id"],
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
    )


@asynccontextmanager
async def running_api(
    settings: Settings,
    *extra: Provider,
    address: str = "127.0.0.1",
    resources: Sequence[ControllerRouterHandler] = RESOURCES,
) -> AsyncIterator[Api]:
    """In process: no port, no lifespan, everything else as deployed."""
    start_logging(settings)
    container = build_container(settings, HttpAuth(), QuickPasswords(), *extra)
    app = create_app(container, settings, resources=resources)
    transport = ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))
    async with AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield Api(app, container, client)
    await container.close()


async def ask(api: Api, who: Person | None, method: str, path: str, **more: Any) -> Response:
    """One call as somebody; answers whatever came back."""
    headers = dict(who.headers if who else {}) | more.pop("headers", {})
    return await api.client.request(method, f"/v1{path}", headers=headers, **more)


async def invited(api: Api, by: Person, role: str, who: str = "guest") -> Person:
    """A fresh account that joined `by`'s workspace through an invitation."""
    email = f"{who}-{uuid.uuid4().hex[:8]}@example.org"
    sent = await ask(api, by, "POST", "/invitations", json={"email": email, "role": role})
    assert sent.status_code == 201, sent.text
    body = {"email": email, "password": PASSWORD, "invitation_token": sent.json()["token"]}
    answer = await api.client.post("/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return person(email, answer.json())


def code(answer: Response) -> str:
    """The problem's code: what tests compare."""
    return str(answer.json()["type"]).removeprefix("urn:atelier:problem:")
