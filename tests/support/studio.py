"""The API and a worker in one process, with files of their own: Documents from end to end."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import docx
from dishka import AsyncContainer, Provider
from httpx import Response
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import Principal, bind
from api import Api, Person, running_api, settings_for
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import Artifacts, BlobStore
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from entrypoints.settings import Settings
from entrypoints.wiring.container import build_container
from entrypoints.wiring.job_engine import drain

SAMPLES = Path(__file__).parent.parent.parent / "src/entrypoints/cli/samples/documents"
LETTER = (SAMPLES / "letter.docx").read_bytes()
PEOPLE = (SAMPLES / "people.csv").read_bytes()


@dataclass(frozen=True, slots=True)
class Studio:
    """`worker` is the container of the worker's role."""

    api: Api
    worker: AsyncContainer
    settings: Settings

    async def drain(self) -> int:
        """Run every job there is; answers how many."""
        return await drain(self.worker, self.settings.worker_database_url)

    async def call(
        self, person: Person, method: str, path: str, status: int = 200, **request: Any
    ) -> Response:
        """One request as that person; its status must be as expected."""
        headers = person.headers | request.pop("headers", {})
        answer = await self.api.client.request(method, f"/v1{path}", headers=headers, **request)
        assert answer.status_code == status, answer.text
        return answer

    async def template(self, person: Person, content: bytes = LETTER, **form: str) -> Any:
        """Uploaded; the answer."""
        files = {"file": (form.pop("file_name", "letter.docx"), content)}
        answer = await self.call(person, "POST", "/templates", 201, files=files, data=form)
        return answer.json()

    async def sheet(self, person: Person, content: bytes = PEOPLE, name: str = "people.csv") -> str:
        """Uploaded; its id."""
        answer = await self.call(person, "POST", "/sheets", 201, files={"file": (name, content)})
        sheet_id: str = answer.json()["id"]
        return sheet_id

    async def run(self, person: Person, template: Any, sheet: str, **options: Any) -> Any:
        """Started and finished; as it then stands."""
        body = {"template_id": template["template"]["id"], "sheet_id": sheet} | options
        started = (await self.call(person, "POST", "/bulk-runs", 202, json=body)).json()
        await self.drain()
        return (await self.call(person, "GET", f"/bulk-runs/{started['id']}")).json()

    async def artifact(self, person: Person, artifact_id: str) -> bytes:
        """The bytes of an artifact, as they lie in the store."""
        actor = Actor(
            user_id=UserId(UUID(person.user_id)),
            workspace_id=WorkspaceId(UUID(person.workspace_id)),
            role=Role.OWNER,
        )
        async with self.worker() as scope:
            bind(await scope.get(AsyncSession), Principal(actor.user_id, actor.workspace_id))
            artifacts = await scope.get(Artifacts)
            found = await artifacts.get(actor.workspace_id, ArtifactId(UUID(artifact_id)))
            blobs = await scope.get(BlobStore)
            return b"".join([block async for block in blobs.open(found.key)])


@asynccontextmanager
async def open_studio(
    app_url: str, worker_url: str, redis_url: str, folder: Path, *extra: Provider, **changes: Any
) -> AsyncIterator[Studio]:
    """`extra` overrides the wiring of both."""
    settings = settings_for(
        app_url, redis_url, worker_database_url=worker_url, data_dir=folder, **changes
    )
    async with running_api(settings, *extra) as api:
        worker = build_container(replace(settings, database_url=worker_url), *extra)
        try:
            yield Studio(api, worker, settings)
        finally:
            await worker.close()


def sheet_of(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as CSV; the first one's keys are the heading."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def rows_of(content: bytes) -> list[dict[str, str]]:
    """A report as rows."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def word_file(*paragraphs: str) -> bytes:
    """A DOCX with these paragraphs."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
