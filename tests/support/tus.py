"""A plain speaker of tus, for tests that look at single requests."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from httpx import Response

from api import Api, Person, ask

VERSION = {"Tus-Resumable": "1.0.0"}
PIECE = VERSION | {"Content-Type": "application/offset+octet-stream"}
TEXT = b"Minutes of the meeting\n" * 4000


def metadata(**values: str) -> str:
    return ",".join(f"{key} {b64encode(text.encode()).decode()}" for key, text in values.items())


def checksum(algorithm: str, digest: bytes) -> dict[str, str]:
    return {"Upload-Checksum": f"{algorithm} {b64encode(digest).decode()}"}


@dataclass(frozen=True)
class Sender:
    api: Api
    who: Person | None

    async def create(self, length: object, headers: dict[str, str] | None = None,
                     content: bytes | None = None, **sent: str) -> Response:  # fmt: skip
        known = {"filename": "minutes.txt"} | sent
        base = VERSION if content is None else PIECE
        more: dict[str, Any] = {} if content is None else {"content": content}
        asked = base | {"Upload-Length": str(length), "Upload-Metadata": metadata(**known)}
        return await ask(self.api, self.who, "POST", "/uploads", headers=asked | (headers or {}),
                         **more)  # fmt: skip

    async def begin(self, length: int, **sent: str) -> str:
        """The path of a new upload."""
        answer = await self.create(length, **sent)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"]).removeprefix("/v1")

    async def send(
        self, path: str, offset: object, content: Any, headers: dict[str, str] | None = None
    ) -> Response:
        asked = PIECE | {"Upload-Offset": str(offset)} | (headers or {})
        return await ask(self.api, self.who, "PATCH", path, headers=asked, content=content)

    async def offset(self, path: str) -> int:
        answer = await ask(self.api, self.who, "HEAD", path, headers=VERSION)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    async def shown(self, path: str) -> dict[str, Any]:
        answer = await ask(self.api, self.who, "GET", path)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def uploaded(self, content: bytes, **sent: str) -> dict[str, Any]:
        path = await self.begin(len(content), **sent)
        answer = await self.send(path, 0, content)
        assert answer.status_code == 204, answer.text
        return await self.shown(path)

    async def stored(self) -> int:
        usage = (await ask(self.api, self.who, "GET", "/usage")).json()["items"]
        return int({use["quota"]: use["used"] for use in usage}["bytes_stored"])
