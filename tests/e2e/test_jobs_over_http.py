"""Jobs over REST and WebSocket: seen, followed, stopped and repeated by their workspace alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from api import Api, Person, ask, code, invited
from application.jobs.feed import RunFeed
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.jobs.job import JobId
from domain.kernel.errors import Invalid
from served import served
from workshop import Film, Play, Stage, Workshop

ORIGIN = "http://testserver"


class Wrong(Invalid):
    code = "test.wrong"


@pytest.fixture(scope="module")
async def address(api: Api) -> AsyncIterator[str]:
    async with served(api.app) as address:
        yield address


def actor_of(person: Person) -> Actor:
    return Actor(
        user_id=UserId(UUID(person.user_id)),
        workspace_id=WorkspaceId(UUID(person.workspace_id)),
        role=Role.OWNER,
    )


@asynccontextmanager
async def socket_of(
    api: Api, address: str, person: Person, headers: dict[str, str] | None = None, **more: Any
) -> AsyncIterator[ClientConnection]:
    ticket = (await ask(api, person, "POST", "/ws-tickets", headers=headers or {})).json()["ticket"]
    url = f"ws://{address}/v1/ws?ticket={ticket}"
    async with websockets.connect(url, origin=ORIGIN, **more) as socket:
        yield socket


async def heard(socket: ClientConnection, number: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        return [json.loads(await socket.recv()) for _ in range(number)]


async def closed_with(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(30):
        await socket.wait_closed()
    return socket.close_code


async def test_members_see_a_job_and_its_events_and_strangers_do_not(
    api: Api, workshop: Workshop
) -> None:
    owner, stranger = await api.register("owner"), await api.register("stranger")
    viewer = await invited(api, owner, "viewer")

    async def refusing(stage: Stage) -> None:
        await stage.run.progress(30, {"rows": 3})
        raise Wrong("Row 3 lacks a name.", row=3)

    job = await workshop.enqueue(actor_of(owner), workshop.part(refusing))
    await workshop.drain()

    shown = await ask(api, viewer, "GET", f"/jobs/{job}")
    listed = await ask(api, viewer, "GET", "/jobs?status=failed")
    events = await ask(api, viewer, "GET", f"/jobs/{job}/events?after=1")
    foreign = await ask(api, stranger, "GET", f"/jobs/{job}")
    foreign_events = await ask(api, stranger, "GET", f"/jobs/{job}/events")

    assert shown.json()["status"] == "failed"
    assert shown.json()["error"] == {
        "code": "test.wrong",
        "message": "Row 3 lacks a name.",
        "facts": {"row": 3},
    }
    assert [row["id"] for row in listed.json()["items"]] == [str(job)]
    assert [event["type"] for event in events.json()["items"]] == [
        "processing",
        "progress",
        "failed",
    ]
    assert events.json()["last"] == 4
    assert (foreign.status_code, code(foreign)) == (404, "jobs.job-not-found")
    assert (foreign_events.status_code, code(foreign_events)) == (404, "jobs.job-not-found")


async def test_a_list_pages_through_all_jobs_once(api: Api, workshop: Workshop) -> None:
    owner = await api.register("owner")
    jobs = {str(await workshop.enqueue(actor_of(owner))) for _ in range(5)}
    await workshop.drain()

    seen: list[str] = []
    cursor = ""
    while True:
        page = (await ask(api, owner, "GET", f"/jobs?limit=2{cursor}")).json()
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert len(seen) == 5
    assert set(seen) == jobs
    assert seen == sorted(seen, reverse=True)


async def test_a_queued_job_is_cancelled_at_once_and_only_once(
    api: Api, workshop: Workshop
) -> None:
    owner = await api.register("owner")
    viewer = await invited(api, owner, "viewer")
    job = await workshop.enqueue(actor_of(owner))

    refused = await ask(api, viewer, "POST", f"/jobs/{job}/cancel")
    cancelled = await ask(api, owner, "POST", f"/jobs/{job}/cancel")
    again = await ask(api, owner, "POST", f"/jobs/{job}/cancel")

    assert (refused.status_code, code(refused)) == (403, "identity.permission-denied")
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    assert (again.status_code, code(again)) == (409, "jobs.already-finished")


async def test_cancelling_the_root_stops_the_whole_run_at_work_and_waiting(
    api: Api, workshop: Workshop
) -> None:
    owner = await api.register("owner")
    actor, started, stopped = actor_of(owner), asyncio.Event(), asyncio.Event()

    async def endless(stage: Stage) -> None:
        started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    root = await workshop.enqueue(actor, workshop.part(endless))
    waiting = await workshop.enqueue(actor, Film(), root_id=root)
    async with workshop.working(slots={"io": 2}, lease=3.0):
        await asyncio.wait_for(started.wait(), 10)
        answer = await ask(api, owner, "POST", f"/jobs/{root}/cancel")
        await asyncio.wait_for(stopped.wait(), 10)

    assert answer.json()["cancel_requested_at"] is not None
    assert workshop.job(root)["status"] == "cancelled"
    assert workshop.job(waiting)["status"] == "cancelled"
    assert workshop.events(root) == ["queued", "processing", "cancelling", "cancelled"]


async def test_a_job_born_into_a_cancelled_run_never_starts(api: Api, workshop: Workshop) -> None:
    owner = await api.register("owner")
    ran: list[str] = []

    async def child(stage: Stage) -> None:
        ran.append("child")

    late = workshop.part(child)

    async def stubborn(stage: Stage) -> None:
        await ask(api, owner, "POST", f"/jobs/{stage.run.id}/cancel")
        await stage.jobs.enqueue(
            stage.actor, late, subject=stage.run.id, shard=1, root_id=stage.run.root_id
        )
        await stage.uow.commit()

    root = await workshop.enqueue(actor_of(owner), workshop.part(stubborn))
    await workshop.drain()

    statuses = workshop.ask(
        "SELECT array_agg(status ORDER BY shard) FROM jobs WHERE root_id = %s", root
    )
    assert statuses == ["success", "cancelled"]
    assert ran == []


async def test_a_failed_job_goes_back_to_work_on_the_record(api: Api, workshop: Workshop) -> None:
    owner = await api.register("owner")
    broken = True

    async def fixed_later(stage: Stage) -> None:
        if broken:
            raise Wrong("The template is broken.")

    job = await workshop.enqueue(actor_of(owner), workshop.part(fixed_later))
    early = await ask(api, owner, "POST", f"/jobs/{job}/retry", json={"reason": "why not"})
    await workshop.drain()
    broken = False
    retried = await ask(api, owner, "POST", f"/jobs/{job}/retry", json={"reason": "fixed it"})
    await workshop.drain()

    assert (early.status_code, code(early)) == (409, "jobs.not-failed")
    assert (retried.status_code, retried.json()["status"]) == (202, "queued")
    row = workshop.job(job)
    assert (row["status"], row["attempt"], row["redrives"]) == ("success", 0, 1)
    assert (str(row["redriven_by"]), row["redrive_reason"]) == (owner.user_id, "fixed it")
    assert workshop.events(job)[2:4] == ["failed", "redriven"]


async def test_a_long_poll_answers_as_soon_as_something_happens(
    api: Api, workshop: Workshop
) -> None:
    owner = await api.register("owner")
    job = await workshop.enqueue(actor_of(owner))

    waiting = asyncio.create_task(
        ask(api, owner, "GET", f"/jobs/{job}/events?after=1&wait=20&run=true")
    )
    quiet = await ask(api, owner, "GET", f"/jobs/{job}/events?after=1&wait=0.2")
    await workshop.drain()
    answer = await waiting

    assert quiet.json() == {"items": [], "last": 1}
    assert answer.json()["items"][0]["type"] == "processing"


async def test_a_socket_replays_and_then_tells_live_without_a_gap(
    api: Api, workshop: Workshop, address: str
) -> None:
    owner = await api.register("owner")
    root = await workshop.enqueue(actor_of(owner))
    await workshop.drain()

    async with socket_of(api, address, owner) as socket:
        await socket.send(json.dumps({"type": "subscribe", "root_id": str(root), "after": 1}))
        replayed = await heard(socket, 3)
        await workshop.enqueue(actor_of(owner), Play(), root_id=root)
        await workshop.drain()
        live = await heard(socket, 3)

    assert replayed[0] == {"type": "subscribed", "root_id": str(root), "after": 1}
    assert [(word["run_seq"], word["event"]) for word in replayed[1:] + live] == [
        (2, "processing"),
        (3, "success"),
        (4, "queued"),
        (5, "processing"),
        (6, "success"),
    ]


async def test_a_socket_that_comes_back_resumes_where_it_was(
    api: Api, workshop: Workshop, address: str
) -> None:
    owner = await api.register("owner")

    async def chatty(stage: Stage) -> None:
        for percent in range(1, 40):
            await stage.run.progress(percent)

    root = await workshop.enqueue(actor_of(owner), workshop.part(chatty))
    draining = asyncio.create_task(workshop.drain())
    seen: list[int] = []
    while len(seen) < 42:
        async with socket_of(api, address, owner) as socket:
            after = seen[-1] if seen else 0
            await socket.send(
                json.dumps({"type": "subscribe", "root_id": str(root), "after": after})
            )
            words = await heard(socket, min(9, 42 - len(seen)) + 1)
            seen += [word["run_seq"] for word in words[1:]]
    await draining

    assert seen == list(range(1, 43))


async def test_a_socket_opens_for_our_origins_with_a_fresh_ticket_only(
    api: Api, address: str
) -> None:
    owner = await api.register("owner")
    ticket = (await ask(api, owner, "POST", "/ws-tickets")).json()["ticket"]
    url = f"ws://{address}/v1/ws?ticket={ticket}"
    for origin in (None, "http://evil.example", "null"):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            await websockets.connect(url, origin=origin)  # type: ignore[arg-type]
    async with websockets.connect(url, origin=ORIGIN):  # type: ignore[arg-type]
        pass
    async with websockets.connect(url, origin=ORIGIN) as again:  # type: ignore[arg-type]
        assert await closed_with(again) == 4401


async def test_a_socket_shows_no_foreign_run_and_no_nonsense(
    api: Api, workshop: Workshop, address: str
) -> None:
    owner, stranger = await api.register("owner"), await api.register("stranger")
    job = await workshop.enqueue(actor_of(owner))
    await workshop.drain()

    codes = []
    for words in (
        json.dumps({"type": "subscribe", "root_id": str(job)}),
        json.dumps({"type": "subscribe", "root_id": str(JobId(UUID(int=1)))}),
        "hello",
        json.dumps({"type": "subscribe", "root_id": str(job), "after": -1}),
    ):
        async with socket_of(api, address, stranger) as socket:
            await socket.send(words)
            codes.append(await closed_with(socket))

    assert codes == [4404, 4404, 4400, 4400]


async def test_a_removed_member_is_shown_the_door(
    api: Api, workshop: Workshop, address: str
) -> None:
    owner = await api.register("owner")
    guest = await invited(api, owner, "viewer")
    job = await workshop.enqueue(actor_of(owner))
    await workshop.drain()

    async with socket_of(api, address, guest) as socket:
        await socket.send(json.dumps({"type": "subscribe", "root_id": str(job), "after": 3}))
        await heard(socket, 1)
        workshop.do("DELETE FROM memberships WHERE user_id = %s", UUID(guest.user_id))
        assert await closed_with(socket) == 4403


@pytest.mark.parametrize("by", ["session", "key"])
async def test_a_socket_ends_with_the_session_or_key_it_was_opened_with(
    api: Api, workshop: Workshop, address: str, by: str
) -> None:
    owner, opened_with = await api.register("owner"), None
    job = await workshop.enqueue(actor_of(owner))
    await workshop.drain()
    if by == "key":
        key = {"name": "robot", "role": "viewer"}
        opened_with = (await ask(api, owner, "POST", "/api-keys", json=key)).json()
    headers = {"Authorization": f"Bearer {opened_with['key']}"} if opened_with else {}

    async with socket_of(api, address, owner, headers) as socket:
        await socket.send(json.dumps({"type": "subscribe", "root_id": str(job), "after": 3}))
        await heard(socket, 1)
        if opened_with:
            await ask(api, owner, "DELETE", f"/api-keys/{opened_with['id']}")
        else:
            token = {"refresh_token": owner.refresh_token}
            await ask(api, None, "POST", "/auth/logout", json=token)
        assert await closed_with(socket) == 4403


async def test_a_client_that_does_not_read_is_dropped_with_where_it_was(
    api: Api, workshop: Workshop, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.http.job_socket._PATIENCE", 2.0)
    owner = await api.register("owner")

    async def verbose(stage: Stage) -> None:
        for percent in range(1, 60):
            await stage.run.progress(percent, {"text": "x" * 400_000})

    root = await workshop.enqueue(actor_of(owner), workshop.part(verbose))
    await workshop.drain()
    feed = await api.container.get(RunFeed)
    async with socket_of(api, address, owner, max_queue=1, compression=None) as socket:
        await socket.send(json.dumps({"type": "subscribe", "root_id": str(root)}))
        await until(lambda: feed.followers == 1)
        await until(lambda: feed.followers == 0)  # the server has lost patience
        seen = await until_closed(socket)

    assert socket.close_code == 1013
    assert socket.close_reason == f"too slow: {root} after {seen[-1]}"
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) < 60


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - a state of the server, not an event of ours
            await asyncio.sleep(0.01)


async def until_closed(socket: ClientConnection) -> list[int]:
    """The numbers of the events that still arrive."""
    numbers: list[int] = []
    with suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(30):
            while True:
                numbers.append(json.loads(await socket.recv()).get("run_seq"))
    return numbers[1:]
