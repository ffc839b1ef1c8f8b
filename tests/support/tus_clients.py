"""Uploads by clients of other makers, each in a process of its own."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TUS_JS_CLIENT = "tus-js-client@4.3.1"

_TUSPY = """
import json, sys
from tusclient.client import TusClient
a = json.loads(sys.argv[1])
client = TusClient(a["endpoint"], headers=a["headers"])
more = {"chunk_size": a["chunk"]} if a["chunk"] else {}
uploader = client.uploader(a["file"], metadata=a["metadata"], retries=200, retry_delay=0.1,
                           upload_checksum=a["checksum"], **more)
while uploader.url is None:
    try:
        uploader.set_url(uploader.create_url())
    except Exception:
        continue
uploader.upload()
print(uploader.url)
"""

_TUS_JS = """
const fs = require('fs'), tus = require('tus-js-client');
const a = JSON.parse(process.argv[2]);
const upload = new tus.Upload(fs.createReadStream(a.file), {
  endpoint: a.endpoint, headers: a.headers, metadata: a.metadata,
  chunkSize: a.chunk || Infinity, retryDelays: Array(200).fill(100),
  onError(error) { console.error(String(error)); process.exit(1); },
  // requests that were refused linger on
  onSuccess() { process.stdout.write(upload.url, () => process.exit(0)); },
});
upload.start();
"""


@dataclass(frozen=True)
class TusClient:
    command: tuple[str, ...]
    folder: Path

    async def upload(self, endpoint: str, file: Path, headers: dict[str, str], *, chunk: int = 0,
                     checksum: bool = False, **metadata: str) -> str:  # fmt: skip
        """The address of the upload, once the client believes that all of it is there."""
        asked = {"endpoint": endpoint, "file": str(file), "headers": headers, "chunk": chunk,
                 "checksum": checksum, "metadata": {"filename": file.name} | metadata}  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *self.command, json.dumps(asked), cwd=self.folder, stdout=-1, stderr=-1
        )
        said, failed = await process.communicate()
        assert process.returncode == 0, failed.decode()
        return said.decode().strip()


def tuspy(folder: Path) -> TusClient:
    return TusClient((sys.executable, "-c", _TUSPY), folder)


def tus_js(folder: Path) -> TusClient | None:
    """None where there is no npm, or nothing to install from."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", TUS_JS_CLIENT]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    script = folder / "upload.cjs"
    script.write_text(_TUS_JS)
    return None if done.returncode else TusClient((node, str(script)), folder)
