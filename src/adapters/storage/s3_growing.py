"""Objects that arrive in pieces, as multipart uploads; a tail too short for a part waits beside."""

import asyncio
import hashlib
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from adapters.storage.blocks import in_blocks
from adapters.storage.s3_upload import MOST_PARTS, mark_of
from adapters.storage.s3_wire import S3Place, S3Session, code_of, s3_refusals
from domain.artifacts.growing import (
    LINK_LIFE,
    GrowingBlobs,
    Growth,
    GrowthLost,
    GrowthPart,
    PartLink,
)
from domain.artifacts.keys import check_key, folder_of
from domain.artifacts.ports import BlobNotFound, StoreUnavailable

PART: Final = 8 << 20  # bytes; S3 takes no part below 5 MiB but the last
DIRECT_PART: Final = 32 << 20
_SPARE: Final = 100  # part numbers that are left free
_MEBIBYTE: Final = 1 << 20
_WRONG: Final = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "NoSuchUpload"})
_TRIES: Final = 4


class S3GrowingBlobs(GrowingBlobs):
    """Senders may write the parts themselves, straight into the bucket, at presigned addresses."""

    def __init__(
        self, place: S3Place, *, part_size: int = PART, direct_part_size: int = DIRECT_PART
    ) -> None:
        self._session = S3Session(place)
        self._bucket = place.bucket
        self._part_size = part_size
        self._direct_part_size = direct_part_size

    async def close(self) -> None:
        await self._session.close()

    async def begin(self, key: str, total: int, *, direct: bool = False) -> Growth:
        """Senders' own parts bear no checksum of ours, and a server that expects one refuses."""
        check_key(key)
        least = self._direct_part_size if direct else self._part_size
        checked = {} if direct else {"ChecksumAlgorithm": "SHA256"}
        with s3_refusals():
            begun = await (await self._session.client()).create_multipart_upload(
                Bucket=self._bucket, Key=key, **checked
            )
        return Growth(
            key=key, total=total, store_id=begun["UploadId"], part_size=_part_size(total, least)
        )

    async def append(
        self, growth: Growth, content: AsyncIterable[bytes]
    ) -> AsyncGenerator[Growth, None]:
        check_key(growth.key)
        await self._drop(growth.stale)
        tail = await self._read(growth.tail) if growth.tail else b""
        whole = replace(growth, size=growth.size - len(tail))  # what the parts hold
        async for block in in_blocks(_behind(tail, content), growth.part_size):
            if len(block) == growth.part_size or whole.size + len(block) == growth.total:
                whole = await self._with_part(whole, block)
                yield whole
            elif len(block) > len(tail) or whole.parts != growth.parts:
                yield await self._with_tail(whole, block)

    async def finish(self, growth: Growth) -> None:
        check_key(growth.key)
        with s3_refusals():
            try:
                if growth.parts:  # none: it was found finished
                    await self._complete(growth)
            except ClientError as error:
                if code_of(error) not in _WRONG:
                    raise
            try:
                await self._verify(growth)
            except BlobNotFound:
                raise _lost() from None
        await self._clear(growth)

    async def abort(self, growth: Growth) -> None:
        with s3_refusals():
            client = await self._session.client()
            try:
                await client.abort_multipart_upload(**self._upload(growth))
            except ClientError as error:
                if code_of(error) != "NoSuchUpload":
                    raise
        await self._clear(growth)

    async def links(self, growth: Growth, numbers: Sequence[int]) -> tuple[PartLink, ...]:
        client = await self._session.link_client()
        life = int(LINK_LIFE.total_seconds())
        made = []
        for number in numbers:
            offset = (number - 1) * growth.part_size
            size = min(growth.part_size, growth.total - offset)
            url = await client.generate_presigned_url(
                "upload_part",
                Params={**self._upload(growth), "PartNumber": number, "ContentLength": size},
                ExpiresIn=life,
            )
            made.append(PartLink(number=number, offset=offset, size=size, url=url, expires_in=life))
        return tuple(made)

    async def received(self, growth: Growth) -> Growth:
        parts = []
        with s3_refusals():
            client = await self._session.client()
            pages = client.get_paginator("list_parts")
            try:
                async for page in pages.paginate(**self._upload(growth)):
                    parts += [
                        GrowthPart(number=one["PartNumber"], size=one["Size"], etag=one["ETag"])
                        for one in page.get("Parts", ())
                    ]
            except ClientError as error:
                if code_of(error) != "NoSuchUpload":
                    raise
                return await self._finished(client, growth)
        return replace(growth, parts=tuple(parts), size=sum(part.size for part in parts))

    async def _finished(self, client: Any, growth: Growth) -> Growth:
        """The object is there already: an earlier answer was lost on its way."""
        try:
            found = await client.head_object(Bucket=self._bucket, Key=growth.key)
        except ClientError:
            raise _lost() from None
        return replace(growth, size=found["ContentLength"])

    async def _with_part(self, growth: Growth, block: bytes) -> Growth:
        number = len(growth.parts) + 1
        mark = b64encode(await asyncio.to_thread(_sha256, block)).decode()
        with s3_refusals():
            client = await self._session.client()
            try:
                done = await client.upload_part(
                    **self._upload(growth), PartNumber=number, Body=block, ChecksumSHA256=mark
                )
            except ClientError as error:
                if code_of(error) == "NoSuchUpload":
                    raise _lost() from error
                raise
        part = GrowthPart(number=number, size=len(block), etag=done["ETag"], mark=mark)
        stale = growth.tail or growth.stale
        size = growth.size + len(block)
        return replace(growth, parts=(*growth.parts, part), size=size, tail="", stale=stale)

    async def _with_tail(self, growth: Growth, block: bytes) -> Growth:
        """Under a new name: the one that counts stays as it is until this one is recorded."""
        name = f"{folder_of(growth.key)}tail-{uuid4().hex}"
        mark = b64encode(await asyncio.to_thread(_sha256, block)).decode()
        with s3_refusals():
            client = await self._session.client()
            await client.put_object(Bucket=self._bucket, Key=name, Body=block, ChecksumSHA256=mark)
        stale = growth.tail or growth.stale
        return replace(growth, size=growth.size + len(block), tail=name, stale=stale)

    async def _read(self, key: str) -> bytes:
        try:
            with s3_refusals():
                client = await self._session.client()
                got = await client.get_object(Bucket=self._bucket, Key=key)
                async with got["Body"] as body:
                    content: bytes = await body.read()
                return content
        except BlobNotFound:
            raise _lost() from None

    async def _drop(self, key: str) -> None:
        if key:
            with s3_refusals():
                client = await self._session.client()
                await client.delete_object(Bucket=self._bucket, Key=key)

    async def _complete(self, growth: Growth) -> None:
        client = await self._session.client()
        parts = [
            {"PartNumber": part.number, "ETag": part.etag}
            | ({"ChecksumSHA256": part.mark} if part.mark else {})
            for part in growth.parts
        ]
        for wait in range(_TRIES):
            try:
                await client.complete_multipart_upload(
                    **self._upload(growth), MultipartUpload={"Parts": parts}
                )
            except ClientError as error:
                if code_of(error) not in {"InternalError", "ConditionalRequestConflict"}:
                    raise
                await asyncio.sleep(0.05 * 2**wait)
            else:
                return
        raise StoreUnavailable("The file store did not put the file together; try again.")

    async def _verify(self, growth: Growth) -> None:
        """What the server holds: its size, and the checksum over the parts where it keeps one."""
        client = await self._session.client()
        found = await client.head_object(
            Bucket=self._bucket, Key=growth.key, ChecksumMode="ENABLED"
        )
        marks = [part.mark for part in growth.parts]
        wanted = {"", _mark_over(marks)} if marks and all(marks) else {mark_of(found)}
        if found["ContentLength"] != growth.size or mark_of(found) not in wanted:
            raise _lost()

    async def _clear(self, growth: Growth) -> None:
        for tail in {growth.tail, growth.stale}:
            await self._drop(tail)

    def _upload(self, growth: Growth) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": check_key(growth.key), "UploadId": growth.store_id}


def _part_size(total: int, least: int) -> int:
    """Whole mebibytes, so large that the numbers of parts suffice."""
    mebibytes = -(-total // ((MOST_PARTS - _SPARE) * _MEBIBYTE))
    return max(least, mebibytes * _MEBIBYTE) if total > least * (MOST_PARTS - _SPARE) else least


def _sha256(block: bytes) -> bytes:
    return hashlib.sha256(block).digest()


def _mark_over(marks: Sequence[str]) -> str:
    return b64encode(_sha256(b"".join(b64decode(mark) for mark in marks))).decode()


async def _behind(tail: bytes, content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if tail:
        yield tail
    async for chunk in content:
        yield chunk


def _lost() -> GrowthLost:
    return GrowthLost("The store does not hold what was sent any more; begin this upload again.")
