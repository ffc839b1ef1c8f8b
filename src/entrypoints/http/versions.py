"""ETag and If-Match: nobody overwrites a change they have not seen.

@patch("/{thing_id:uuid}", operation_id="renameThing", status_code=200)
async def rename(self, …, if_match: IfMatch = None) -> Response[ThingResponse]:
    thing = await handle(actor, RenameThing(…, expected_version=expected_version(if_match)))
    return versioned(ThingResponse.of(thing), thing.version)
"""

import re
from typing import Annotated, Final, TypeVar

from litestar import Response
from litestar.params import HeaderParameter

from domain.kernel.errors import PreconditionRequired

T = TypeVar("T")

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", max_length=64, description="`ETag` of what you have read."),
]
_ETAG: Final = re.compile(r'"v(\d{1,9})"')
NEVER: Final = 0  # versions start at 1, so this matches none


class VersionRequired(PreconditionRequired):
    code = "http.version-required"


def etag(version: int) -> str:
    return f'"v{version}"'


def expected_version(if_match: str | None) -> int:
    """The version the caller has seen; an ETag that is none of ours matches nothing.

    Raises VersionRequired when the header is missing.
    """
    if if_match is None:
        raise VersionRequired("Send If-Match with the ETag of what you have read.")
    found = _ETAG.fullmatch(if_match.strip())
    return int(found[1]) if found else NEVER


def versioned(body: T, version: int, *, status_code: int = 200) -> Response[T]:
    return Response(body, status_code=status_code, headers={"ETag": etag(version)})
