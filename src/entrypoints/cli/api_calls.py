"""Calls of our own API from commands: refusals become errors with their own code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from httpx import AsyncClient, Response

from domain.kernel.errors import DomainError

_URN: Final = "urn:atelier:problem:"
_FIRST_REFUSAL: Final = 400


@dataclass(frozen=True, slots=True)
class ApiCalls:
    """`client` is signed in."""

    client: AsyncClient

    async def call(self, method: str, path: str, **request: Any) -> Response:
        """Raises the refusal, told in the API's own words."""
        answer = await self.client.request(method, f"/v1{path}", **request)
        if answer.status_code >= _FIRST_REFUSAL:
            raise refusal_of(answer)
        return answer

    async def json(self, method: str, path: str, **request: Any) -> Any:
        return (await self.call(method, path, **request)).json()

    async def upload_template(self, path: Path, **form: str) -> Any:
        with path.open("rb") as file:
            files = {"file": (path.name, file)}
            return await self.json("POST", "/templates", files=files, data=form)

    async def upload_sheet(self, path: Path) -> Any:
        with path.open("rb") as file:
            return await self.json("POST", "/sheets", files={"file": (path.name, file)})


def refusal_of(answer: Response) -> DomainError:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    code = str(problem.pop("type", f"http.{answer.status_code}")).removeprefix(_URN)
    message = str(problem.pop("detail", f"The API answered {answer.status_code}."))
    for member in ("title", "status", "instance"):  # of the answer, not of what went wrong
        problem.pop(member, None)
    kind = type("ApiRefusal", (DomainError,), {"code": code, "__module__": __name__})
    refusal: DomainError = kind(message, **problem)
    return refusal
