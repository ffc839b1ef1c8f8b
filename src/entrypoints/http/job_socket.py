"""/v1/ws: events as they happen. Open with a ticket, subscribe to runs, resume after a number.

The client sends `{"type": "subscribe", "root_id": …, "after": 0}` (and `unsubscribe`), once a run.
It hears `subscribed`, then each event as `{"type": "event", …}` in order and without gaps, or
`{"type": "error", "code": …}`. Close codes: 4400 not our language, 4401 bad ticket, 4403 no member
any more or signed out, 4404 no such run, 4429 too many sockets from your network,
1013 too slow (the reason holds the run and the last number sent).
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import structlog
from dishka import AsyncContainer
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import Principal, bind
from application.jobs.feed import Follower, RunFeed
from domain.identity.access import Actor, Credential, Permission
from domain.identity.ports import Tickets
from domain.jobs.job import JobEvent, JobId
from domain.jobs.ports import Jobs
from domain.kernel.errors import DomainError, NotFound
from entrypoints.http.jobs import JobEventResponse
from entrypoints.http.request_limits import RequestLimits, TooManyRequests
from entrypoints.http.ws_tickets import actor_by_ticket
from entrypoints.settings import Settings

NOT_OURS: Final = 4400
BAD_TICKET: Final = 4401
EXPELLED: Final = 4403
NO_SUCH_RUN: Final = 4404
TOO_MANY: Final = 4429
TOO_SLOW: Final = 1013
_PATIENCE: Final = 5.0  # seconds one event may take to leave
_MOST_RUNS: Final = 50

log = structlog.get_logger("ws")
Socket = WebSocket[Any, Any, Any]


class Subscribe(msgspec.Struct, tag="subscribe", tag_field="type", forbid_unknown_fields=True):
    root_id: UUID
    after: Annotated[int, msgspec.Meta(ge=0)] = 0


class Unsubscribe(msgspec.Struct, tag="unsubscribe", tag_field="type", forbid_unknown_fields=True):
    root_id: UUID


class _Closing(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


_wishes: Final = msgspec.json.Decoder(Subscribe | Unsubscribe)


@websocket("/v1/ws")
async def job_socket(socket: Socket) -> None:
    """Refused before it opens for a foreign Origin (403); everything later closes with a code."""
    container: AsyncContainer = socket.app.state.dishka_container
    if not _is_ours(socket.headers.get("origin"), await container.get(Settings)):
        await socket.close(code=EXPELLED)
        return
    await socket.accept()
    try:
        await _spend(container, socket)
        actor, credential = await _actor(container, socket.query_params.get("ticket", ""))
        feed = await container.get(RunFeed)
        with feed.following(actor.user_id, actor.workspace_id, credential) as follower:
            await _Conversation(socket, container, actor, follower).hold()
    except _Closing as closing:
        with suppress(TimeoutError, WebSocketException):  # who does not read hears no farewell
            async with asyncio.timeout(_PATIENCE):
                await socket.close(code=closing.code, reason=closing.reason)
    except WebSocketDisconnect:
        pass


def _is_ours(origin: str | None, settings: Settings) -> bool:
    """Browsers always say where a page comes from; other clients send our own address."""
    return origin is not None and origin.rstrip("/") in allowed_origins(settings)


def allowed_origins(settings: Settings) -> Sequence[str]:
    own = urlsplit(settings.public_url)
    return [f"{own.scheme}://{own.netloc}", *settings.allowed_origins]


async def _spend(container: AsyncContainer, socket: Socket) -> None:
    """Counted by network, before the ticket is looked up."""
    scope: Any = socket.scope
    try:
        await (await container.get(RequestLimits)).spend(scope, scope.get("network"))
    except TooManyRequests as refusal:
        raise _Closing(TOO_MANY, refusal.code) from refusal


async def _actor(container: AsyncContainer, ticket: str) -> tuple[Actor, Credential]:
    async with container() as scope:
        session = await scope.get(AsyncSession)
        try:
            actor, credential = await actor_by_ticket(session, await scope.get(Tickets), ticket)
            actor.require(Permission.JOBS_READ)
        except DomainError as refusal:
            raise _Closing(BAD_TICKET, refusal.code) from refusal
        return actor, credential


class _Conversation:
    def __init__(
        self, socket: Socket, container: AsyncContainer, actor: Actor, follower: Follower
    ) -> None:
        self._socket, self._container = socket, container
        self._actor, self._follower = actor, follower
        self._sent: dict[JobId, int] = {}

    async def hold(self) -> None:
        """Until either side has enough."""
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            task.result()

    async def _listen(self) -> None:
        while True:
            words = await self._socket.receive_data(mode="text")
            try:
                wish = _wishes.decode(words)
            except (msgspec.MsgspecError, UnicodeError) as error:
                raise _Closing(NOT_OURS, "Send subscribe or unsubscribe as JSON.") from error
            if isinstance(wish, Subscribe):
                await self._subscribe(wish)
            else:
                self._follower.leave(JobId(wish.root_id))

    async def _subscribe(self, wish: Subscribe) -> None:
        if len(self._follower.roots) >= _MOST_RUNS:
            raise _Closing(NOT_OURS, f"One socket follows at most {_MOST_RUNS} runs.")
        async with self._container() as scope:
            session = await scope.get(AsyncSession)
            bind(session, Principal(self._actor.user_id, self._actor.workspace_id))
            jobs = await scope.get(Jobs)
            try:
                job = await jobs.get(self._actor.workspace_id, JobId(wish.root_id))
            except NotFound as missing:
                raise _Closing(NO_SUCH_RUN, missing.code) from missing
        self._sent[job.root_id] = wish.after
        await self._say({"type": "subscribed", "root_id": job.root_id, "after": wish.after})
        self._follower.follow(job.root_id, wish.after)

    async def _tell(self) -> None:
        while event := await self._follower.next():
            await self._say_event(event)
        raise _Closing(EXPELLED, "identity.not-a-member")

    async def _say_event(self, event: JobEvent) -> None:
        told = msgspec.to_builtins(JobEventResponse.of(event))
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._say({**told, "event": told["type"], "type": "event"})
        except TimeoutError as error:
            last = self._sent.get(event.root_id, 0)
            raise _Closing(TOO_SLOW, f"too slow: {event.root_id} after {last}") from error
        self._sent[event.root_id] = event.run_seq

    async def _say(self, words: dict[str, Any]) -> None:
        await self._socket.send_text(msgspec.json.encode(words).decode())
