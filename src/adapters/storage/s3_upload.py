"""Writing one object to S3: in one request when it is short, else in parts, always checked."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from adapters.storage.s3_wire import CUT_OFF, code_of
from domain.artifacts.ports import BlobInfo, StoreUnavailable
from domain.kernel.errors import TooLarge

PARALLEL: Final = 3  # parts on the wire at once; memory is this many parts and one more
MOST_PARTS: Final = 10_000
_TAKEN: Final = frozenset({"PreconditionFailed", "412"})
_BUSY: Final = frozenset({"ConditionalRequestConflict", "409"})
_TRIES: Final = 5


class KeyTaken(Exception):
    """The server holds an object under this key already; `mark` is what ours would look like."""

    def __init__(self, info: BlobInfo, mark: str) -> None:
        super().__init__(info.key)
        self.info = info
        self.mark = mark


class TooManyParts(TooLarge):
    code = "artifacts.too-large"


@dataclass(frozen=True, slots=True)
class S3Upload:
    """`once` asks the server to refuse when the key is taken."""

    client: Any
    bucket: str
    key: str
    once: bool

    async def in_one(self, content: bytes) -> BlobInfo:
        digest = hashlib.sha256(content)
        info = BlobInfo(key=self.key, size=len(content), sha256=digest.hexdigest())
        mark = _text(digest.digest())
        done = await self._finish(
            self.client.put_object,
            KeyTaken(info, mark),
            Body=content,
            ChecksumSHA256=mark,
            Metadata={"sha256": info.sha256},
        )
        if done is None or mark_of(done) != mark:
            await self._verify(info, mark, ours=done is not None)
        return info

    async def in_parts(self, blocks: AsyncIterator[bytes]) -> BlobInfo:
        place = {"Bucket": self.bucket, "Key": self.key}
        begun = await self.client.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")
        upload = place | {"UploadId": begun["UploadId"]}
        try:
            return await self._sent(upload, blocks)
        except BaseException:
            await asyncio.shield(self._abort(upload))
            raise

    async def _sent(self, upload: dict[str, str], blocks: AsyncIterator[bytes]) -> BlobInfo:
        digest, marks, size = hashlib.sha256(), hashlib.sha256(), 0
        tasks: list[asyncio.Task[dict[str, Any]]] = []
        try:
            async for block in blocks:
                if len(tasks) >= MOST_PARTS:
                    raise TooManyParts("The file is too large for the store.", limit=size)
                if len(tasks) >= PARALLEL:
                    await tasks[-PARALLEL]
                mark = hashlib.sha256(block).digest()
                tasks.append(
                    asyncio.create_task(self._part(upload, len(tasks) + 1, block, _text(mark)))
                )
                digest.update(block)
                marks.update(mark)
                size += len(block)
            parts = [await task for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        info = BlobInfo(key=self.key, size=size, sha256=digest.hexdigest())
        mark_of_all = _text(marks.digest())
        done = await self._finish(
            self.client.complete_multipart_upload,
            KeyTaken(info, mark_of_all),
            UploadId=upload["UploadId"],
            MultipartUpload={"Parts": parts},
        )
        await self._verify(info, mark_of_all, ours=done is not None)
        return info

    async def _part(
        self, upload: dict[str, str], number: int, block: bytes, mark: str
    ) -> dict[str, Any]:
        done = await self.client.upload_part(
            **upload, PartNumber=number, Body=block, ChecksumSHA256=mark
        )
        return {"PartNumber": number, "ETag": done["ETag"], "ChecksumSHA256": mark}

    async def _finish(self, call: Callable[..., Any], taken: KeyTaken, **what: Any) -> Any:
        """The request that makes the object appear; None when a retry finds it already did."""
        once = {"IfNoneMatch": "*"} if self.once else {}
        for wait in range(_TRIES):
            try:
                return await call(Bucket=self.bucket, Key=self.key, **once, **what)
            except ClientError as error:
                code = code_of(error)
                if code in _TAKEN:
                    raise taken from error
                if code == "NoSuchUpload":  # the answer to an earlier try was lost on the way
                    return None
                if code not in _BUSY:
                    raise
                await asyncio.sleep(0.05 * 2**wait)  # a rival is writing the same key
        raise StoreUnavailable("Another process keeps writing the same file; try again.")

    async def _verify(self, info: BlobInfo, mark: str, *, ours: bool) -> None:
        """What the server really holds: size, and checksum where it keeps one.

        Spoilt bytes that surely are `ours` go away, or a retry would find the key taken.
        """
        found = await self.client.head_object(
            Bucket=self.bucket, Key=self.key, ChecksumMode="ENABLED"
        )
        if found["ContentLength"] != info.size or mark_of(found) not in {mark, ""}:
            if ours:
                await self.client.delete_object(Bucket=self.bucket, Key=self.key)
            raise StoreUnavailable("The file store holds other bytes than were sent; try again.")

    async def _abort(self, upload: dict[str, str]) -> None:
        """What stays behind all the same is found by the sweep of unfinished writes."""
        with suppress(ClientError, *CUT_OFF):
            await self.client.abort_multipart_upload(**upload)


def mark_of(answer: Any) -> str:
    """The checksum in an answer; of an object in parts, the one over those of the parts.

    AWS appends the number of parts, others do not. Empty where the server keeps no checksums.
    """
    return str(answer.get("ChecksumSHA256", "")).partition("-")[0]


def _text(digest: bytes) -> str:
    return b64encode(digest).decode()
