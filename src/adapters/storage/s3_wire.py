"""A session with an S3 server, and what its refusals mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import ClientError as HttpError
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from s3fs import S3FileSystem

from domain.artifacts.ports import BlobNotFound, StoreFull, StoreUnavailable

_MISSING: Final = frozenset({"NoSuchKey", "NotFound", "404"})
_FULL: Final = frozenset({"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"})
CUT_OFF: Final = (BotoCoreError, HTTPClientError, HttpError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """`public_url` is the server as browsers reach it; without keys the machine's own role acts."""

    bucket: str
    endpoint_url: str = ""
    public_url: str = ""
    region: str = "us-east-1"
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    attempts: int = 5  # tries of one request; its time-outs are 5 s to connect and 60 s to read

    def file_system(self, endpoint_url: str) -> S3FileSystem:
        """s3fs without its caches: other processes write too, and sessions belong to one loop."""
        return S3FileSystem(
            asynchronous=True,
            skip_instance_cache=True,
            use_listings_cache=False,
            key=self.access_key_id or None,
            secret=self.secret_access_key or None,
            endpoint_url=endpoint_url or None,
            client_kwargs={"region_name": self.region},
            config_kwargs={
                "connect_timeout": 5,
                "read_timeout": 60,
                "retries": {"mode": "standard", "total_max_attempts": self.attempts},
                "signature_version": "s3v4",
                "s3": {"addressing_style": "path" if endpoint_url else "auto"},
                # our own SHA-256 goes along; the default's trailing checksums break other servers
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
                "max_pool_connections": 32,
                "tcp_keepalive": True,
            },
        )


class S3Session:
    """Clients made on first use, in the running loop; one for requests, one for browsers' links."""

    def __init__(self, place: S3Place) -> None:
        self._files = place.file_system(place.endpoint_url)
        self._links = place.file_system(place.public_url or place.endpoint_url)
        self._open: dict[int, Any] = {}

    async def client(self) -> Any:
        return await self._client_of(self._files)

    async def link_client(self) -> Any:
        return await self._client_of(self._links)

    async def close(self) -> None:
        for client in self._open.values():
            await client.close()
        self._open.clear()

    async def _client_of(self, files: S3FileSystem) -> Any:
        client = await files.set_session()
        self._open[id(files)] = client
        return client


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def s3_refusals() -> Iterator[None]:
    """What the server or the network refuses, in our words."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in _MISSING:
            raise BlobNotFound("The stored file is not there.") from error
        if code in _FULL:
            raise StoreFull("There is no room for files; free some space, try again.") from error
        raise StoreUnavailable("The file store refused a request.", code=code) from error
    except CUT_OFF as error:
        raise StoreUnavailable("The file store cannot be reached.") from error
