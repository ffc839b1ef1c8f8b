"""Objects in an S3 bucket, through an s3fs session; for more than one machine."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from adapters.storage.blocks import chain, in_blocks, require_range
from adapters.storage.s3_upload import KeyTaken, S3Upload, mark_of
from adapters.storage.s3_wire import CUT_OFF, S3Place, S3Session, code_of, s3_refusals
from adapters.storage.signed_urls import UrlSigner, require_short
from domain.artifacts.keys import check_key, check_prefix, is_upload_key
from domain.artifacts.media import served_as
from domain.artifacts.names import content_disposition
from domain.artifacts.ports import (
    BlobExists,
    BlobInfo,
    BlobNotFound,
    BlobStore,
    StoreUnavailable,
)
from domain.artifacts.upload import LONGEST

PART: Final = 8 << 20  # bytes; at most 10,000 parts make 80 GB
_COPY_LIMIT: Final = 5 << 30  # the server copies no more in one request
_OURS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/")  # a workspace's folder
_READ: Final = 1 << 20
_RESUMES: Final = 5  # cut connections one read may survive


class S3BlobStore(BlobStore):
    """Links to whole objects go to the bucket; links to a range of one are served by ourselves."""

    def __init__(self, place: S3Place, signer: UrlSigner, *, part_size: int = PART) -> None:
        self._session = S3Session(place)
        self._bucket = place.bucket
        self._signer = signer
        self._part_size = part_size

    async def close(self) -> None:
        await self._session.close()

    async def put(
        self, key: str, content: AsyncIterable[bytes], *, overwrite: bool = False
    ) -> BlobInfo:
        check_key(key)
        blocks = in_blocks(_unmistakable(content), self._part_size)
        try:
            with s3_refusals():
                return await self._put(key, blocks, once=not overwrite)
        except _SourceBroke as broke:
            raise broke.error from None

    async def _put(self, key: str, blocks: AsyncIterator[bytes], *, once: bool) -> BlobInfo:
        first, second = await anext(blocks, b""), await anext(blocks, None)
        upload = S3Upload(await self._session.client(), self._bucket, key, once=once)
        try:
            if second is None:
                return await upload.in_one(first)
            return await upload.in_parts(chain(first, second, blocks))
        except KeyTaken as taken:
            return await self._same(taken)

    async def open(
        self, key: str, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        require_range(start, length)
        check_key(key)
        read = _Read(await self._session.client(), self._bucket, key, start, length)
        async with aclosing(read.chunks()) as chunks:
            async for chunk in chunks:
                yield chunk

    async def head(self, key: str) -> BlobInfo | None:
        """Long objects carry no SHA-256 of the whole, so they are read."""
        check_key(key)
        try:
            with s3_refusals():
                found = await self._found(key)
        except BlobNotFound:
            return None
        sha256 = found["Metadata"].get("sha256") or await self._digest(key)
        return BlobInfo(key=key, size=found["ContentLength"], sha256=sha256)

    async def size(self, key: str) -> int | None:
        check_key(key)
        try:
            with s3_refusals():
                return int((await self._found(key))["ContentLength"])
        except BlobNotFound:
            return None

    async def local_path(self, key: str) -> Path | None:
        if await self.size(key) is None:
            raise BlobNotFound("The stored file is not there.")
        return None

    async def copy(self, source: str, target: str) -> BlobInfo:
        check_key(target)
        info = await self.head(source)
        if info is None:
            raise BlobNotFound("The stored file is not there.")
        wanted = BlobInfo(key=target, size=info.size, sha256=info.sha256)
        there = await self.head(target)
        if there is not None and there != wanted:
            raise BlobExists("Another file is already stored under this key.")
        if there is None and info.size > _COPY_LIMIT:
            return await self.put(target, self.open(source))
        if there is None:
            await self._copy(source, target, info.sha256)
        return wanted

    async def delete(self, key: str) -> None:
        check_key(key)
        with s3_refusals():
            client = await self._session.client()
            await client.delete_object(Bucket=self._bucket, Key=key)

    async def list(self, prefix: str, *, older_than: datetime | None = None) -> AsyncIterator[str]:
        check_prefix(prefix)
        with s3_refusals():
            client = await self._session.client()
            pages = client.get_paginator("list_objects_v2")
            async for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for entry in page.get("Contents", ()):
                    if older_than is None or entry["LastModified"] < older_than:
                        yield entry["Key"]

    async def sign(
        self,
        key: str,
        *,
        file_name: str,
        media_type: str,
        ttl: timedelta,
        start: int = 0,
        length: int | None = None,
    ) -> str:
        if (start, length) != (0, None):
            return self._signer.url(
                key, file_name=file_name, media_type=media_type, ttl=ttl, start=start, length=length
            )
        require_short(ttl)
        client = await self._session.link_client()
        url: str = await client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": check_key(key),
                "ResponseContentDisposition": content_disposition(file_name),
                "ResponseContentType": served_as(media_type),
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=int(ttl.total_seconds()),
        )
        return url

    async def sweep_unfinished(self, older_than: datetime) -> int:
        """Large files arrive over days: theirs are left alone for as long as they may take."""
        with s3_refusals():
            client = await self._session.client()
            pages = client.get_paginator("list_multipart_uploads")
            swept = 0
            async for page in pages.paginate(Bucket=self._bucket):
                for upload in page.get("Uploads", ()):
                    key = upload["Key"]
                    patience = LONGEST if is_upload_key(key) else timedelta(0)
                    ours = _OURS.match(key)  # a bucket may have other tenants
                    if ours and upload["Initiated"] < older_than - patience:
                        await client.abort_multipart_upload(
                            Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        swept += 1
            return swept

    async def _found(self, key: str) -> dict[str, Any]:
        client = await self._session.client()
        found: dict[str, Any] = await client.head_object(
            Bucket=self._bucket, Key=key, ChecksumMode="ENABLED"
        )
        return found

    async def _digest(self, key: str) -> str:
        digest = hashlib.sha256()
        async for chunk in self.open(key):
            digest.update(chunk)
        return digest.hexdigest()

    async def _same(self, taken: KeyTaken) -> BlobInfo:
        """Fine if what is there is what we wanted to write: the checksum tells without reading."""
        found = await self._found(taken.info.key)
        same_size = found["ContentLength"] == taken.info.size
        if same_size and mark_of(found) == taken.mark:
            return taken.info
        if same_size and await self.head(taken.info.key) == taken.info:
            return taken.info
        raise BlobExists("Another file is already stored under this key.")

    async def _copy(self, source: str, target: str, sha256: str) -> None:
        with s3_refusals():
            client = await self._session.client()
            await client.copy_object(
                Bucket=self._bucket,
                Key=target,
                CopySource={"Bucket": self._bucket, "Key": source},
                MetadataDirective="REPLACE",
                Metadata={"sha256": sha256},
            )


class _SourceBroke(Exception):
    """What we were to store failed to arrive: not a fault of the store."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


async def _unmistakable(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    try:
        async for chunk in content:
            yield chunk
    except Exception as error:
        raise _SourceBroke(error) from error


class _Read:
    """One reading, resumed where the connection broke; never mixes two versions of an object."""

    def __init__(self, client: Any, bucket: str, key: str, start: int, length: int | None) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": key}
        self._next = start
        self._end = None if length is None else start + length
        self._version: dict[str, str] = {}

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for resumes in range(_RESUMES + 1):
            try:
                async with aclosing(self._rest()) as rest:
                    async for chunk in rest:
                        self._next += len(chunk)
                        yield chunk
            except CUT_OFF as error:
                if resumes == _RESUMES:
                    raise StoreUnavailable("The file store keeps breaking off.") from error
                await asyncio.sleep(0.05 * 2**resumes)
            else:
                return

    async def _rest(self) -> AsyncGenerator[bytes, None]:
        with s3_refusals():
            if self._next == self._end:
                await self._client.head_object(**self._where)
                return
            got = await self._get()
        if got is None:
            return
        self._version = {"IfMatch": got["ETag"]}
        async with got["Body"] as body:
            while chunk := await body.read(_READ):
                yield chunk

    async def _get(self) -> dict[str, Any] | None:
        """None where the object ends before the range begins."""
        asked = dict(self._version)
        if self._next or self._end is not None:
            asked["Range"] = f"bytes={self._next}-{'' if self._end is None else self._end - 1}"
        try:
            got: dict[str, Any] = await self._client.get_object(**self._where, **asked)
        except ClientError as error:
            if code_of(error) == "InvalidRange":
                return None
            raise
        return got
