"""The S3 store, loaded only where a bucket is set: its libraries take a second to load."""

from adapters.storage.s3 import S3BlobStore
from adapters.storage.s3_growing import S3GrowingBlobs
from adapters.storage.s3_wire import S3Place
from adapters.storage.signed_urls import UrlSigner
from entrypoints.settings import Settings


def s3_store(settings: Settings, signer: UrlSigner) -> S3BlobStore:
    return S3BlobStore(_place(settings), signer)


def s3_growing(settings: Settings) -> S3GrowingBlobs:
    return S3GrowingBlobs(_place(settings))


def _place(settings: Settings) -> S3Place:
    return S3Place(
        bucket=settings.s3_bucket,
        endpoint_url=settings.s3_endpoint_url,
        public_url=settings.s3_public_url,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
    )
