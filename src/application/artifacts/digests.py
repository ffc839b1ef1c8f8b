"""SHA-256 of uploads under way, in this process's memory: what is missing is read again."""

import hashlib
from collections import OrderedDict
from typing import Any, Final

from domain.artifacts.upload import UploadId

_MOST: Final = 1000  # uploads; some hundred bytes each


class Digests:
    """The state of a hash cannot be stored, and need not be: the store can be read at the end."""

    def __init__(self) -> None:
        self._known: OrderedDict[UploadId, tuple[int, Any]] = OrderedDict()

    def at(self, upload_id: UploadId, offset: int) -> Any | None:
        """A hash over the first `offset` bytes, free to go on with; None where it is not known."""
        if offset == 0:
            return hashlib.sha256()
        size, digest = self._known.get(upload_id, (0, None))
        return digest.copy() if digest is not None and size == offset else None

    def keep(self, upload_id: UploadId, offset: int, digest: Any) -> None:
        self._known[upload_id] = (offset, digest)
        self._known.move_to_end(upload_id)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def forget(self, upload_id: UploadId) -> None:
        self._known.pop(upload_id, None)
