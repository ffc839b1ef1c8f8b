"""/v1/files: what a signed link of ours leads to. The link itself is the permission."""

from typing import Annotated, Any

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, head
from litestar.params import QueryParameter

from adapters.storage.signed_urls import FileTicket, LinkInvalid, UrlSigner
from domain.artifacts.ports import BlobStore
from entrypoints.http.auth import PUBLIC
from entrypoints.http.downloads import PARTIAL, RANGES, AnyRequest, FilePart, send_file

Token = Annotated[str, QueryParameter(max_length=4096, description="From a signed link.")]


class FileController(Controller):
    path = "/files"
    tags = ("Files",)
    opt = PUBLIC

    @get(
        operation_id="getSignedFile",
        media_type="application/octet-stream",
        responses=PARTIAL,
        opt={"refusals": RANGES},
    )
    @inject
    async def show(
        self,
        request: AnyRequest,
        token: Token,
        signer: FromDishka[UrlSigner],
        store: FromDishka[BlobStore],
    ) -> Response[Any]:
        """Download what a signed link stands for; one `Range` is honoured."""
        return await send_file(store, _part(request, signer.verify(token)), request)

    @head(operation_id="headSignedFile", responses=PARTIAL, opt={"refusals": RANGES})
    @inject
    async def look(
        self,
        request: AnyRequest,
        token: Token,
        signer: FromDishka[UrlSigner],
        store: FromDishka[BlobStore],
    ) -> Response[None]:
        """The headers of that download."""
        return await send_file(store, _part(request, signer.verify(token)), request)


def _part(request: AnyRequest, ticket: FileTicket) -> FilePart:
    if [name for name, _ in request.query_params.multi_items()] != ["token"]:
        raise LinkInvalid("This link was changed.")
    return FilePart(
        key=ticket.key,
        file_name=ticket.file_name,
        media_type=ticket.media_type,
        start=ticket.start,
        length=ticket.length,
    )
