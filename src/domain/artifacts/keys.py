"""Names of objects in the store: chosen by us, below the workspace they belong to."""

import re
from typing import Final
from uuid import UUID

from domain.identity.access import WorkspaceId
from domain.kernel.errors import Malformed

LONGEST: Final = 512
_UPLOADS: Final = "uploads"
_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class UnsafeKey(Malformed):
    code = "artifacts.unsafe-key"


def check_key(key: str) -> str:
    """The key itself, if it can name nothing but an object below the store's root."""
    segments = key.split("/")
    if len(key) > LONGEST or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise UnsafeKey("An object key is made of letters, digits, dots, dashes and slashes.")
    return key


def check_prefix(prefix: str) -> str:
    """A whole number of segments, with a slash at the end, or nothing: everything."""
    if prefix:
        if not prefix.endswith("/"):
            raise UnsafeKey("A prefix ends with a slash.")
        check_key(prefix[:-1])
    return prefix


def artifact_key(workspace_id: WorkspaceId, job_id: UUID, fence: int, name: str) -> str:
    """What one attempt of a job made; a later attempt has a higher fence, so never overwrites."""
    return check_key(f"{workspace_id}/artifacts/{job_id}/{fence}/{name}")


def content_key(workspace_id: WorkspaceId, sha256: str, generation: str = "") -> str:
    """An asset named by its content; a `generation` tells it from one that is being removed."""
    suffix = f".{generation}" if generation else ""
    return check_key(f"{workspace_id}/blobs/{sha256[:2]}/{sha256}{suffix}")


def source_key(workspace_id: WorkspaceId, folder: str, owner_id: UUID, extension: str) -> str:
    """A large original that somebody uploaded, such as `videos/{video}/source.mp4`."""
    return check_key(f"{workspace_id}/{folder}/{owner_id}/source.{extension}")


def upload_key(workspace_id: WorkspaceId, upload_id: UUID) -> str:
    """A large file that arrives in pieces; what the store needs meanwhile lies beside it."""
    return source_key(workspace_id, _UPLOADS, upload_id, "bin")


def is_upload_key(key: str) -> bool:
    return key.split("/")[1:2] == [_UPLOADS]


def folder_of(key: str) -> str:
    """The prefix of everything that lies beside the object."""
    return check_key(key).rpartition("/")[0] + "/"


def workspace_prefix(workspace_id: WorkspaceId) -> str:
    return f"{workspace_id}/"
