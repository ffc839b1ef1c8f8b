"""A ZIP whose bytes depend on its members alone."""

import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_PACKED: Final = frozenset({".jpg", ".zip", ".docx", ".pdf"})  # would not get smaller


def bundle(members: Iterable[tuple[str, Path]], target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, file in members:
            member = zipfile.ZipInfo(name, _MOMENT)
            packed = Path(name).suffix.lower() in _PACKED
            member.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            with file.open("rb") as source, archive.open(member, "w") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
