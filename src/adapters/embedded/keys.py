"""Secret keys of an installation that was given none: made once, kept where only we may read."""

import base64
import os
import secrets
from pathlib import Path
from typing import Final

NAMES: Final = ("token_keys", "download_keys")


def keys_in(folder: Path) -> dict[str, Path]:
    """A file for each of NAMES, as the settings read them: `id:base64` of 32 random bytes."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {name: _kept(folder / name) for name in NAMES}


def _kept(file: Path) -> Path:
    """A key that is there is never written again: what it protects would be lost."""
    if file.exists():
        return file
    encoded = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.touch(0o600)
    with fresh.open("w") as opened:
        opened.write(f"k{secrets.token_hex(4)}:{encoded}\n")
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(fresh, file)  # refuses to overwrite, unlike rename
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return file
