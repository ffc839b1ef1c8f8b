"""What a part of the demonstration gets: a person, their API, a folder for results."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from httpx import AsyncClient
from websockets.asyncio.client import connect

from entrypoints.cli.api_calls import ApiCalls, refusal_of

_PASSWORD: Final = "a demonstration, nothing more"  # noqa: S105 - of a workspace made for it
_SEE_OTHER: Final = 303


@dataclass(frozen=True, slots=True)
class Stage:
    """`folder` is where a part leaves what it made."""

    address: str
    api: ApiCalls
    folder: Path

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str, folder: Path) -> AsyncIterator[Self]:
        """Signs somebody up, with a workspace of their own."""
        async with AsyncClient(base_url=address, timeout=120) as client:
            person = {
                "email": f"demo-{uuid4().hex[:12]}@example.org",
                "password": _PASSWORD,
                "name": "Demo",
            }
            answer = await client.post("/v1/auth/register", json=person)
            if answer.is_error:
                raise refusal_of(answer)
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield cls(address, ApiCalls(client), folder)

    async def events(self, root_id: str) -> AsyncIterator[dict[str, Any]]:
        """Everything that happens to a run, from its beginning, as it happens."""
        ticket = (await self.api.json("POST", "/ws-tickets"))["ticket"]
        address = f"{self.address.replace('http', 'ws', 1)}/v1/ws?ticket={ticket}"
        async with connect(address, origin=self.address) as socket:  # type: ignore[arg-type]
            await socket.send(json.dumps({"type": "subscribe", "root_id": root_id, "after": 0}))
            async for said in socket:
                event = json.loads(said)
                if event["type"] == "event":
                    yield event

    async def upload(self, path: Path, media_type: str) -> str:
        """A small file, in one request; answers its id."""
        content = await asyncio.to_thread(path.read_bytes)
        files = {"file": (path.name, content, media_type)}
        artifact = await self.api.json("POST", "/artifacts", files=files)
        return str(artifact["id"])

    async def save(self, artifact_id: str, name: str) -> Path:
        """Download an artifact by its signed link, into the folder."""
        path = self.folder / name
        link = await self.api.call("GET", f"/artifacts/{artifact_id}/download")
        assert link.status_code == _SEE_OTHER  # noqa: S101 - the API's promise
        async with (
            AsyncClient(base_url=self.address, timeout=120) as stranger,  # the link is enough
            stranger.stream("GET", link.headers["Location"]) as answer,
        ):
            if answer.is_error:
                await answer.aread()
                raise refusal_of(answer)
            with path.open("wb") as file:
                async for block in answer.aiter_bytes():
                    file.write(block)
        return path
